"""`align evaluate`: all scores of a run on a dictionary."""

from __future__ import annotations

import json
from pathlib import Path

import click

from align.cli.doubts import doubts
from align.cli.progress import Bars
from align.cli.runs import RUN, SCORED_BY, TEST, open_run, read_test, searching
from align.report import detail_table
from align.report.machine import evaluation_dict
from align.retrieve import Retrieval
from align.storage import load_record


@click.command()
@RUN
@TEST
@click.option(
    "--retrieval",
    "retrievals",
    type=SCORED_BY,
    multiple=True,
    default=["nn", "csls"],
    show_default=True,
    help="How to rank; may be given several times.",
)
@click.option("--strict", is_flag=True, help="Stop at a dictionary line of the wrong shape.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@searching
def evaluate(
    folder: Path,
    test: Path | None,
    retrievals: tuple[Retrieval, ...],
    strict: bool,
    as_json: bool,
) -> None:
    """Print all scores of a RUN on a dictionary, in both directions.

    Precision@1, 5 and 10, MRR and MAP, under every rule for words that the vocabularies lack, with
    95 % intervals; P@1 by frequency, spelling and number of translations; and what the dictionary
    shares with the seeds.

    \b
    Examples:
      align evaluate runs/en-fr-supervised
      align evaluate runs/en-fr-supervised --test en-fr.5000-6500.txt --retrieval invsoftmax
    """
    record = load_record(folder)
    lexicon = read_test(test, record, strict)
    with Bars() as bars:
        run = open_run(folder)
        evaluation = run.evaluate(lexicon, retrievals=retrievals, on_step=bars)
    if as_json:
        click.echo(json.dumps(evaluation_dict(record, evaluation), ensure_ascii=False))
    else:
        click.echo(detail_table(record, evaluation))
    doubts(record, evaluation)
