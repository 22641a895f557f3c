"""`align translate`: the best translations of words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path

import click

from align.cli.progress import Bars, note
from align.cli.runs import RETRIEVAL, RUN, open_run
from align.cli.unknown import Unknown
from align.retrieve import Retrieval
from embeddings import Embeddings

BATCH = 1000  # words of stdin translated at once


@click.command()
@RUN
@click.argument("words", nargs=-1)
@click.option("-k", type=click.IntRange(min=1), default=5, show_default=True, help="How many.")
@RETRIEVAL
@click.option("--reverse", is_flag=True, help="From target to source.")
@click.option(
    "--bin",
    "model",
    type=click.Path(path_type=Path),
    help="fastText .bin of the language asked: translates words outside the vocabulary as well, by "
    "their character n-grams.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per word.")
@click.pass_context
def translate(
    ctx: click.Context,
    folder: Path,
    words: tuple[str, ...],
    k: int,
    retrieval: Retrieval,
    reverse: bool,
    model: Path | None,
    as_json: bool,
) -> None:
    """Print the k best translations of WORDS, or of the words on stdin, one per line.

    Each line holds the word, a translation and its score, separated by tabs, best first. A word
    outside the vocabulary is named on stderr, and the exit code is then 1.

    \b
    Examples:
      align translate runs/en-fr-supervised house dog
      align translate runs/en-fr-supervised --reverse maison
      align translate runs/en-fr-supervised --bin cc.en.300.bin mispeling
      align translate runs/en-fr-supervised -k 1 < words.txt > translations.tsv
    """
    asked: Iterator[str] = iter(words) if words else _stdin_words()
    if (first := next(asked, None)) is None:
        raise click.UsageError("no words: give some as arguments or on stdin", ctx)
    run = open_run(folder)
    vocabulary, other = (run.target, run.source) if reverse else (run.source, run.target)
    unknown = Unknown(run, model, reverse) if model else None
    asked = chain([first], asked)
    missing = False
    while batch := list(islice(asked, BATCH)):
        with Bars() as bars:
            answers = run.translate_all(batch, k, retrieval, reverse=reverse, on_step=bars)
            missed = [word for word, found in zip(batch, answers, strict=True) if not found]
            others = unknown.translate(missed, k, retrieval, bars) if unknown else {}
        for word, found in zip(batch, answers, strict=True):
            if not (found := found or others.get(word, ())):
                missing = True
                if not unknown:  # which has told why
                    _tell_missing(word, vocabulary, other, reverse)
            elif as_json:
                listed = [asdict(candidate) for candidate in found]
                click.echo(json.dumps({"word": word, "translations": listed}, ensure_ascii=False))
            else:
                for candidate in found:
                    click.echo(f"{word}\t{candidate.word}\t{candidate.score:.4f}")
    if missing:
        ctx.exit(1)


def _tell_missing(word: str, asked: Embeddings, other: Embeddings, reverse: bool) -> None:
    remedy = "drop --reverse" if reverse else "use --reverse"
    hint = f"; it is a word of {other.name}: {remedy}" if word in other else ""
    if not hint and word.lower() in asked:
        hint = f"; {word.lower()!r} is"
    note(f"{word!r} is not among the {len(asked):,} words of {asked.name}{hint}")


def _stdin_words() -> Iterator[str]:
    if sys.stdin is None:  # closed by the caller
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            word = line.decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise ValueError(f"line {number} of stdin is not UTF-8: {line[:40]!r}") from error
        if word:
            yield word
