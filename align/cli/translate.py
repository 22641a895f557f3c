"""`align translate`: the best translations of words."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from align.cli.progress import Bars, note
from align.cli.runs import RETRIEVAL, RUN, open_run
from align.retrieve import Retrieval


@click.command()
@RUN
@click.argument("words", nargs=-1)
@click.option("-k", type=click.IntRange(min=1), default=5, show_default=True, help="How many.")
@RETRIEVAL
@click.option("--reverse", is_flag=True, help="From target to source.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per word.")
@click.pass_context
def translate(
    ctx: click.Context,
    folder: Path,
    words: tuple[str, ...],
    k: int,
    retrieval: Retrieval,
    reverse: bool,
    as_json: bool,
) -> None:
    """Print the k best translations of WORDS, or of the words on stdin, one per line.

    Each line holds the word, a translation and its score, separated by tabs, best first. A word
    outside the vocabulary is named on stderr, and the exit code is then 1.

    \b
    Examples:
      align translate runs/en-fr-supervised house dog
      align translate runs/en-fr-supervised --reverse maison
      align translate runs/en-fr-supervised -k 1 < words.txt > translations.tsv
    """
    asked = list(words) or _stdin_words()
    if not asked:
        raise click.UsageError("no words: give some as arguments or on stdin", ctx)
    run = open_run(folder, Bars())
    vocabulary, other = (run.target, run.source) if reverse else (run.source, run.target)
    answers = run.translate_all(asked, k, retrieval, reverse=reverse)
    for word, found in zip(asked, answers, strict=True):
        if not found:
            remedy = "drop --reverse" if reverse else "use --reverse"
            hint = f"; it is a word of {other.name}: {remedy}" if word in other else ""
            note(f"{word!r} is not among the {len(vocabulary):,} words of {vocabulary.name}{hint}")
        elif as_json:
            listed = [asdict(candidate) for candidate in found]
            click.echo(json.dumps({"word": word, "translations": listed}, ensure_ascii=False))
        else:
            for candidate in found:
                click.echo(f"{word}\t{candidate.word}\t{candidate.score:.4f}")
    if not all(answers):
        ctx.exit(1)


def _stdin_words() -> list[str]:
    lines = sys.stdin.buffer.read().decode("utf-8").split("\n")
    return [line.strip() for line in lines if line.strip()]
