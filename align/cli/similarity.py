"""`align similarity`: score a run on lists of word pairs."""

from __future__ import annotations

import json
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Literal

import click

from align.cli.progress import Bars
from align.cli.runs import RUN, open_run
from align.cli.tasks import Side, mapped, sides_of, unmapped
from align.report.tasks import When, plain, similarity_signature, similarity_table
from align.tasks import Similarity, read_pairs, similarity

Between = Literal["source", "target", "cross"]
SIDES: dict[Between, tuple[tuple[Side, Side], ...]] = {
    "source": (("source", "source"),),
    "target": (("target", "target"),),
    "cross": (("source", "target"), ("target", "source")),
}


@click.command("similarity")
@RUN
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--between",
    type=click.Choice(list(SIDES)),
    help="The language of the words: of the source, of the target, or of both.  [default: of each "
    "file, what the vocabularies hold most of]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per list and vectors.")
def similarity_command(
    folder: Path, files: tuple[Path, ...], between: Between | None, as_json: bool
) -> None:
    """Correlate the cosines of a run with the scores that people gave to pairs of words.

    Each of FILES has two words and a score on each line, separated by tabs or spaces. Words of
    one language are also scored before they were mapped, where the vectors of the run are still
    at their place.

    A word is looked up as it is written, then in lower case. SemEval-2017 ranks by the harmonic
    mean of both correlations, and its systems had to answer every pair: under "middle", pairs
    that are not covered are given 0.5, the middle of the scale; under "skip", they are left out.

    \b
    Examples:
      align similarity runs/en-fr-supervised EN_WS-353-ALL.txt EN_SIMLEX-999.txt
      align similarity runs/en-fr-supervised en-fr-pairs.txt --json
    """
    lists = [read_pairs(file) for file in files]
    choices = SIDES[between] if between else list(chain.from_iterable(SIDES.values()))
    run = open_run(folder)
    with Bars() as bars:
        original = cache(lambda side: unmapped(run, side, bars))
        found: list[dict[When, Similarity]] = []
        for pairs in lists:
            first, second = sides_of(run, pairs.pairs, choices)
            scores: dict[When, Similarity] = {}
            if first == second and (vectors := original(first)):
                scores["before"] = similarity(vectors, pairs, seed=run.record.seed)
            scores["after"] = similarity(
                mapped(run, first), pairs, mapped(run, second), seed=run.record.seed
            )
            found.append(scores)
    if not as_json:
        click.echo(similarity_table(run.record, found))
        return
    for scores in found:
        for when, one in scores.items():
            signature = similarity_signature(run.record, [one.task], [when])
            data = {"vectors": when, **plain(one), "signature": signature}
            click.echo(json.dumps(data, ensure_ascii=False))
