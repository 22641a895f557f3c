"""`align refine`: go on from a run."""

from __future__ import annotations

from pathlib import Path

import click

import align
from align.cli.doubts import doubts
from align.cli.progress import Bars, note
from align.cli.runs import (
    JSON,
    MAX_RANK,
    REPLACE,
    RUN,
    TEST,
    open_run,
    print_record,
    read_test,
    searching,
)
from align.solvers import Refinement
from align.storage import check_writable, load_record


@click.command()
@RUN
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=Refinement.rounds,
    show_default=True,
    help="At most so many; fewer where a round finds the pairs of the one before.",
)
@MAX_RANK
@TEST
@click.option("--strict", is_flag=True, help="Stop at a dictionary line of the wrong shape.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the new run.  [default: RUN-refined]",
)
@REPLACE
@JSON
@searching
def refine(
    folder: Path,
    rounds: int,
    max_rank: int,
    test: Path | None,
    strict: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Refine the map of a RUN on mutual CSLS neighbours, and keep the result as a new run.

    Works on the run of any method, and needs no file but the run: its joint space is rotated.

    \b
    Example:
      align refine runs/en-fr-supervised --rounds 5 --test en-fr.5000-6500.txt
    """
    record = load_record(folder)
    whole = folder.resolve()  # of . and .., which have no name
    beside = folder.parent if folder.name == whole.name else whole.parent
    out = out or beside / f"{whole.name}-refined"
    check_writable(out, force=force)
    lexicon = read_test(test, record, strict)
    with Bars() as bars:
        run = align.refine(
            open_run(folder), rounds=rounds, max_rank=max_rank, test=lexicon, on_step=bars
        )
    print_record(run.record, as_json)
    align.save(run, out, force=force)
    if run.record.evaluation:
        doubts(run.record, run.record.evaluation)
    note(f"kept in {out}")
