"""`align supervised`: learn a map from a seed lexicon, score it, keep the run."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

import align
import dictionaries
from align.cli.learning import FILE, Given, learning
from align.cli.progress import Bars
from align.cli.runs import JSON, MAX_RANK, searching
from align.presets import PRESETS
from align.selection import Best
from align.solvers import Refinement, Solver
from align.solvers.solution import seeded

DEFAULT = ParameterSource.DEFAULT
SPELLING = {"identical": dictionaries.identical, "numerals": dictionaries.numerals}


@click.command()
@learning
@click.option("--train", type=FILE, help="Seed dictionary: two words per line, space or tab.")
@click.option(
    "--seeds",
    type=click.Choice(["dictionary", "identical", "numerals"]),
    default="dictionary",
    show_default=True,
    help="Where the seed pairs come from: the dictionary, or the words (or the numbers) that both "
    "vocabularies spell alike, which needs no dictionary.",
)
@click.option(
    "--method",
    type=click.Choice(["best", *PRESETS]),
    default="best",
    show_default="best; procrustes with --refine",
    help="best runs several solvers, and chooses by the translations of held-out seeds; the others "
    "name what they reproduce.",
)
@click.option(
    "--refine",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Rounds of refinement on mutual CSLS neighbours after the method; of its joint space, "
    "as by align refine.",
)
@MAX_RANK
@JSON
@searching
@click.pass_context
def supervised(
    ctx: click.Context,
    given: Given,
    train: Path | None,
    seeds: str,
    method: str,
    refine: int,
    max_rank: int,
    as_json: bool,
) -> None:
    """Learn a map from SRC to TGT with a seed dictionary, score it, keep the run.

    SRC and TGT are language codes or paths of vector files. Prints precision@1, 5 and 10 by
    nearest neighbour and by CSLS with 95 % intervals; the run is kept in a folder for
    translate, evaluate, refine, lexicon and apply. A command that was stopped goes on from what it
    had solved when it is given again.

    \b
    Examples:
      align supervised en fr
      align supervised en es --method procrustes --refine 5 --json > scores.json
      align supervised wiki.de.vec.gz wiki.en.vec.gz --train de-en.txt --max-vocab 50000
      align supervised pt gl --seeds identical
    """
    named = {name for name in ctx.params if ctx.get_parameter_source(name) != DEFAULT}
    if seeds != "dictionary" and train:
        raise click.UsageError(f"--seeds {seeds} takes no dictionary: drop it, or --train", ctx)
    if "max_rank" in named and not refine:
        raise click.UsageError("--max-rank is about --refine, which is 0: give --refine 5", ctx)
    with Bars() as bars:
        work = given.work("supervised", bars)
        sources, pair = work.sources, work.pair
        lexicon = sources.train(train, pair) if seeds == "dictionary" else None
        scored = sources.test(given.test, pair)
        source, target = map(sources.vectors, work.found)
        if lexicon is None:
            lexicon = SPELLING[seeds](source.words, target.index)
        used = (source.origin, target.origin, lexicon.origin, scored.origin if scored else "")
        sources.tell_samples(used)
        if refine and "method" not in named:
            method = "procrustes"
        best = Best(k=given.k, alike=seeds != "numerals")  # numbers alone were asked for
        solver: Solver = best if method == "best" else PRESETS[method]
        after = refine and method != "procrustes"  # on its joint space, so that nothing is lost
        if refine and not after:
            solver = Refinement(rounds=refine, start=solver, k=given.k, max_rank=max_rank)
        with work.steps() as steps:
            run = align.supervised(
                source,
                target,
                lexicon,
                solver=seeded(solver, given.seed),
                normalize=given.normalize,
                k=given.k,
                test=None if after else scored,
                seed=given.seed,
                steps=steps,
                on_step=bars,
            )
            if after:
                run = align.refine(run, rounds=refine, max_rank=max_rank, test=scored, on_step=bars)
    given.keep(run, work.folder, as_json)
