"""`align evaluate`: score a run on another dictionary."""

from __future__ import annotations

import json
from pathlib import Path

import click

import dictionaries
from align.cli.progress import Bars, note, remark_all
from align.cli.runs import RUN, open_run
from align.report import evaluation_table
from align.report.machine import evaluation_dict


@click.command()
@RUN
@click.option(
    "--test", required=True, type=click.Path(path_type=Path), help="Dictionary to score on."
)
@click.option("--strict", is_flag=True, help="Stop at a dictionary line of the wrong shape.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(folder: Path, test: Path, strict: bool, as_json: bool) -> None:
    """Print precision@1, 5 and 10 of a run on a dictionary, by NN and by CSLS.

    \b
    Example:
      align evaluate runs/en-fr-supervised --test en-fr.5000-6500.txt
    """
    bars = Bars()
    run = open_run(folder, bars)
    lexicon = dictionaries.load(test, lower=run.record.source.lower, strict=strict)
    remark_all(test, lexicon.report.remarks)
    evaluation = run.evaluate(lexicon, on_step=bars)
    if evaluation.shared_with_train:
        note(
            f"{evaluation.shared_with_train} source words of {test} were trained on, "
            "so the scores are too high"
        )
    if as_json:
        click.echo(json.dumps(evaluation_dict(run.record, evaluation), ensure_ascii=False))
    else:
        click.echo(evaluation_table(run.record, evaluation))
