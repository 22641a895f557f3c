"""`align lexicon`: induce a bilingual lexicon."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from align.cli.progress import Bars, note
from align.cli.runs import FORCE, RETRIEVAL, RUN, open_run, refuse_existing, searching
from align.retrieve import Direction, Retrieval
from align.run import Run
from align.solvers.audit import DOUBTFUL
from embeddings.files import replacing

INDUCED = ("retrieval", "max_rank", "direction")  # the options that --audit has no use for


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
    help="Leave out pairs that score lower, or with --audit are less doubtful.  [default: none; "
    f"with --audit {DOUBTFUL}]",
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
@click.option(
    "--audit",
    is_flag=True,
    help="List the run's own seed pairs that are probably wrong, in place of induced pairs.",
)
@FORCE
@searching
@click.pass_context
def lexicon(
    ctx: click.Context,
    folder: Path,
    out: Path,
    retrieval: Retrieval,
    min_score: float | None,
    max_rank: int,
    direction: Direction,
    audit: bool,
    force: bool,
) -> None:
    """Write the pairs of words that are each other's nearest neighbour, with their scores.

    One pair per line, source, target and score separated by tabs, in order of the source
    vocabulary; it can be read as a dictionary again.

    With --audit, the pairs of the training dictionary that are probably wrong, the most doubtful
    first: source, target, the probability that the pair is wrong, its cosine under a map learned
    without the source word, and the run's own best translation of it.

    \b
    Examples:
      align lexicon runs/en-fr-supervised -o en-fr.tsv
      align lexicon runs/en-fr-supervised -o - --min-score 0.1 --max-rank 5000 | head
      align lexicon runs/en-fr-supervised -o - --audit
    """
    given = {name for name in INDUCED if ctx.get_parameter_source(name) != ParameterSource.DEFAULT}
    if audit and given:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in INDUCED if name in given)
        raise click.UsageError(
            f"{options} is about pairs that are induced, not about seeds: drop it, or --audit", ctx
        )
    to_stdout = str(out) == "-"
    if not to_stdout:
        refuse_existing(out, force)
    low = float("-inf") if min_score is None else min_score
    with Bars() as bars:
        run = open_run(folder)
        if audit:
            lines = _audit(run, min_score, bars)
        else:
            pairs = run.lexicon(
                retrieval, min_score=low, max_rank=max_rank, direction=direction, on_step=bars
            )
            lines = [f"{source}\t{target}\t{score:.6f}\n" for source, target, score in pairs]
    text = "".join(lines)
    if to_stdout:
        click.echo(text, nl=False)
        return
    with replacing(out) as beside:
        beside.write_text(text, encoding="utf-8")
    note(f"{len(lines):,} pairs in {out}")


def _audit(run: Run, min_doubt: float | None, bars: Bars) -> list[str]:
    found = run.audit(min_doubt=DOUBTFUL if min_doubt is None else min_doubt, on_step=bars)
    note(f"{len(found):,} of {len(run.seeds):,} seed pairs are doubtful")
    return [
        f"{pair.source}\t{pair.target}\t{pair.doubt:.4f}\t{pair.cosine:.4f}\t{pair.suggestion}\n"
        for pair in found
    ]
