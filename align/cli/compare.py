"""`align compare`: runs on the same words."""

from __future__ import annotations

import json
from pathlib import Path

import click

import align
from align.cli.progress import Bars, note
from align.cli.runs import FORCE, SCORED_BY, TEST, open_run, read_test, refuse_existing, searching
from align.report import comparison_dict, comparison_table, comparison_words
from align.retrieve import Retrieval
from align.storage import load_record
from embeddings.files import replacing


@click.command()
@click.argument("folders", metavar="RUN RUN...", nargs=-1, type=click.Path(path_type=Path))
@TEST
@click.option("--retrieval", type=SCORED_BY, default="csls", show_default=True, help="How to rank.")
@click.option("--strict", is_flag=True, help="Stop at a dictionary line of the wrong shape.")
@click.option(
    "--words",
    type=click.Path(path_type=Path),
    help="Write a table of all words: right answers, rank in each run, and which run is alone "
    "right.",
)
@FORCE
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all words.")
@searching
@click.pass_context
def compare(
    ctx: click.Context,
    folders: tuple[Path, ...],
    test: Path | None,
    retrieval: Retrieval,
    strict: bool,
    words: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Score two RUNs or more on the words that all can answer, and test each against the first.

    Prints P@1 and MRR with 95 % intervals, differences from the first run with paired bootstrap
    intervals and the p of approximate randomisation, and words that one run alone gets right.

    \b
    Example:
      align compare runs/en-fr-supervised runs/en-fr-refined --words words.tsv
    """
    if len(folders) < 2:
        raise click.UsageError(f"a comparison needs at least 2 runs, got {len(folders)}", ctx)
    if words:
        refuse_existing(words, force)
    lexicon = read_test(test, load_record(folders[0]), strict)
    with Bars() as bars:
        runs = [open_run(folder) for folder in folders]
        found = align.compare(
            runs, lexicon, names=[str(f) for f in folders], retrieval=retrieval, on_step=bars
        )
    if as_json:
        click.echo(json.dumps(comparison_dict(found), ensure_ascii=False))
    else:
        click.echo(comparison_table(found))
    if words:
        with replacing(words) as beside:
            beside.write_text("".join(f"{line}\n" for line in comparison_words(found)), "utf-8")
        note(f"{len(found.pairs.sources):,} words in {words}")
