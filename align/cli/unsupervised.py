"""`align unsupervised`: learn a map without a dictionary, and say whether it worked."""

from __future__ import annotations

from typing import NoReturn

import click

import align
from align.auto import Auto
from align.cli.learning import Given, learning
from align.cli.progress import Bars, note
from align.cli.runs import JSON, searching
from align.presets import UNSUPERVISED
from align.record import Record


@click.command()
@learning
@click.option(
    "--method",
    type=click.Choice(["auto", *UNSUPERVISED]),
    default="auto",
    show_default=True,
    help="auto tries starts, the cheapest first, until the verdict is that one has worked; the "
    "others name one start.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=Auto.budget,
    show_default=True,
    help="Seconds after which auto tries no other start.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Learn with so many seeds, from --seed on; tell how each ended, and keep the best.",
)
@JSON
@searching
def unsupervised(given: Given, method: str, budget: float, seeds: int, as_json: bool) -> None:
    """Learn a map from SRC to TGT without a dictionary, judge it, keep the run.

    SRC and TGT are language codes or paths of vector files. Prints the verdict, worked, doubtful
    or failed, with its evidence; where there is a test dictionary, the scores as well, which take
    no part in the verdict. Exits with 1 where it has failed; the run is kept nevertheless.

    \b
    Examples:
      align unsupervised en es
      align unsupervised zh.vec en.vec --seeds 10
    """
    with Bars() as bars:
        work = given.work("unsupervised", bars)
        scored = work.sources.test(given.test, work.pair)
        source, target = map(work.sources.vectors, work.found)
        origins = (source.origin, target.origin, scored.origin if scored else "")
        work.sources.tell_samples(origins)
        with work.steps() as steps:
            run = align.unsupervised(
                source,
                target,
                solver=Auto(budget=budget) if method == "auto" else Auto.only(method),
                normalize=given.normalize,
                k=given.k,
                test=scored,
                seed=given.seed,
                seeds=seeds,
                steps=steps,
                on_step=bars,
            )
    given.keep(run, work.folder, as_json)
    if run.record.verdict and run.record.verdict.outcome == "failed":
        _fail(run.record, seeds)


def _fail(record: Record, seeds: int) -> NoReturn:
    """Say what to try, and exit with 1."""
    names = f"{record.source.name} {record.target.name}"
    note(
        f"the alignment has failed, by all signs but a dictionary. Try --seeds {seeds + 9}; "
        "vectors of more text, or of the same domain; a language in between that is near to both; "
        f"or a hundred pairs of words in a file: align supervised {names} --train FILE"
    )
    raise SystemExit(1)
