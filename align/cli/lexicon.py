"""`align lexicon`: induce a bilingual lexicon."""

from __future__ import annotations

from pathlib import Path

import click

from align.cli.progress import Bars, note
from align.cli.runs import FORCE, RETRIEVAL, RUN, open_run, refuse_existing, searching
from align.retrieve import Direction, Retrieval
from embeddings.files import replacing


@click.command()
@RUN
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="File to write; - for stdout.",
)
@RETRIEVAL
@click.option(
    "--min-score",
    type=float,
    default=None,
    help="Leave out pairs that score lower.  [default: none]",
)
@click.option(
    "--max-rank",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Only pairs of the so many most frequent words of both sides; 0 for all.",
)
@click.option(
    "--direction",
    type=click.Choice(["mutual", "forward", "backward", "union"]),
    default="mutual",
    show_default=True,
    help="Words that are each other's best, or the best of every source word (forward), of every "
    "target word (backward), or of either (union).",
)
@FORCE
@searching
def lexicon(
    folder: Path,
    out: Path,
    retrieval: Retrieval,
    min_score: float | None,
    max_rank: int,
    direction: Direction,
    force: bool,
) -> None:
    """Write the pairs of words that are each other's nearest neighbour, with their scores.

    One pair per line, source, target and score separated by tabs, in order of the source
    vocabulary; it can be read as a dictionary again.

    \b
    Examples:
      align lexicon runs/en-fr-supervised -o en-fr.tsv
      align lexicon runs/en-fr-supervised -o - --min-score 0.1 --max-rank 5000 | head
    """
    to_stdout = str(out) == "-"
    if not to_stdout:
        refuse_existing(out, force)
    low = float("-inf") if min_score is None else min_score
    with Bars() as bars:
        run = open_run(folder)
        pairs = run.lexicon(
            retrieval, min_score=low, max_rank=max_rank, direction=direction, on_step=bars
        )
    text = "".join(f"{source}\t{target}\t{score:.6f}\n" for source, target, score in pairs)
    if to_stdout:
        click.echo(text, nl=False)
        return
    with replacing(out) as beside:
        beside.write_text(text, encoding="utf-8")
    note(f"{len(pairs):,} pairs in {out}")
