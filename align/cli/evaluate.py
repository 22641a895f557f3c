"""`align evaluate`: score a run on another dictionary."""

from __future__ import annotations

import json
from pathlib import Path

import click

import dictionaries
from align.cli.doubts import doubts
from align.cli.progress import Bars, remark_all
from align.cli.runs import RUN, open_run, searching
from align.report import evaluation_table
from align.report.machine import evaluation_dict
from align.retrieve import Retrieval
from align.storage import load_record


@click.command()
@RUN
@click.option(
    "--test", required=True, type=click.Path(path_type=Path), help="Dictionary to score on."
)
@click.option(
    "--retrieval",
    "retrievals",
    type=click.Choice(["nn", "csls", "invsoftmax", "margin"]),
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
    test: Path,
    retrievals: tuple[Retrieval, ...],
    strict: bool,
    as_json: bool,
) -> None:
    """Print precision@1, 5 and 10 of a run on a dictionary, by NN and by CSLS or as asked.

    \b
    Example:
      align evaluate runs/en-fr-supervised --test en-fr.5000-6500.txt
    """
    record = load_record(folder)
    lexicon = dictionaries.load(test, lower=record.source.lower, strict=strict)
    remark_all(test, lexicon.report.remarks)
    with Bars() as bars:
        run = open_run(folder)
        evaluation = run.evaluate(lexicon, retrievals=retrievals, on_step=bars)
    if as_json:
        click.echo(json.dumps(evaluation_dict(record, evaluation), ensure_ascii=False))
    else:
        click.echo(evaluation_table(record, evaluation))
    doubts(record, evaluation)
