"""`align sentences`: score a run on sentences and their translations."""

from __future__ import annotations

import json
from pathlib import Path

import click

from align.cli.progress import Bars
from align.cli.runs import RUN, open_run, searching
from align.report.tasks import plain, sentences_signature, sentences_table
from align.tasks import read_sentences, sentences


@click.command("sentences")
@RUN
@click.argument("source", metavar="SRC_FILE", type=click.Path(path_type=Path))
@click.argument("target", metavar="TGT_FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@searching
def sentences_command(folder: Path, source: Path, target: Path, as_json: bool) -> None:
    """Find the translations of sentences by averages of word vectors, and mine the pairs.

    The files have one sentence per line; those of equal number are translations. A sentence is
    the average of the vectors of its words, weighted by rarity (idf), as in MUSE. Retrieval is by
    NN and CSLS in both directions; mining by the ratio margin over 4 neighbours (Artetxe and
    Schwenk 2019), whose threshold is chosen on the same pairs, as published, or on other ones.

    \b
    Example:
      align sentences runs/en-fr-supervised tatoeba.eng tatoeba.fra
    """
    tasks = read_sentences(source), read_sentences(target)
    with Bars() as bars:
        run = open_run(folder)
        vectors, record = (run.source, run.target), run.record
        found = sentences(vectors, tasks, k=record.k, seed=record.seed, on_step=bars)
    if as_json:
        signature = sentences_signature(run.record, found)
        click.echo(json.dumps({**plain(found), "signature": signature}, ensure_ascii=False))
    else:
        click.echo(sentences_table(run.record, found))
