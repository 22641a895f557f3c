"""`align analogies`: score a run on analogies of one language."""

from __future__ import annotations

import json
from pathlib import Path

import click

from align.cli.progress import Bars
from align.cli.runs import RUN, open_run
from align.cli.tasks import Side, mapped, sides_of, unmapped
from align.report.tasks import When, analogies_signature, analogies_table, plain
from align.tasks import Analogies, analogies, read_questions


@click.command("analogies")
@RUN
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--side",
    type=click.Choice(["source", "target"]),
    help="The language of the words.  [default: that whose vocabulary holds more questions]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per vectors.")
def analogies_command(folder: Path, file: Path, side: Side | None, as_json: bool) -> None:
    """Answer "a is to b as c is to which word" by 3CosAdd and 3CosMul, by category and in total.

    FILE is Google's questions-words.txt or one like it: four words on each line, and a line
    ": NAME" before each category. The answer is the best of the whole vocabulary but a, b and c,
    after mapping and, where the vectors of the run are still at their place, before.

    A word is looked up as it is written, then in lower case.

    \b
    Example:
      align analogies runs/en-fr-supervised questions-words.txt
    """
    questions = read_questions(file)
    run = open_run(folder)
    choices: list[tuple[Side, ...]] = [("source",) * 4, ("target",) * 4]
    found: dict[When, Analogies] = {}
    with Bars() as bars:
        language = side or sides_of(run, questions.words, choices)[0]
        if vectors := unmapped(run, language, bars):
            found["before"] = analogies(vectors, questions, seed=run.record.seed, on_step=bars)
        vectors = mapped(run, language)
        found["after"] = analogies(vectors, questions, seed=run.record.seed, on_step=bars)
    if not as_json:
        click.echo(analogies_table(run.record, found))
        return
    for when, one in found.items():
        signature = analogies_signature(run.record, one.task, [when])
        data = {"vectors": when, **plain(one), "signature": signature}
        click.echo(json.dumps(data, ensure_ascii=False))
