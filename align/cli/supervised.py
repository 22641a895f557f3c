"""`align supervised`: learn a map from a seed lexicon, score it, keep the run."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from click.core import ParameterSource

import align
import dictionaries
from align.cli.doubts import doubts
from align.cli.progress import Bars, note
from align.cli.runs import JSON, MAX_RANK, REPLACE, print_record, searching
from align.cli.sources import Open, Vectors, reading
from align.normalize import parse
from align.presets import PRESETS
from align.selection import Best
from align.solvers import Refinement, Solver
from align.storage import check_writable

FILE = click.Path(path_type=Path)
DEFAULT = ParameterSource.DEFAULT
SPELLING = {"identical": dictionaries.identical, "numerals": dictionaries.numerals}


def _recipe(ctx: click.Context, param: click.Parameter, value: str) -> str:
    try:
        parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error
    return value


@click.command()
@click.argument("src", type=Vectors())
@click.argument("tgt", type=Vectors())
@click.option("--train", type=FILE, help="Seed dictionary: two words per line, space or tab.")
@click.option("--test", type=FILE, help="Dictionary to score on; takes no part in the learning.")
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
    help="Rounds of refinement on mutual CSLS neighbours after the method.",
)
@MAX_RANK
@click.option(
    "--normalize",
    default="unit,center,unit",
    show_default=True,
    callback=_recipe,
    help="none, iternorm, or unit, center and pca:N (keep N dimensions) joined by commas.",
)
@click.option(
    "-k",
    type=click.IntRange(min=1),
    default=Refinement.k,
    show_default=True,
    help="Neighbours in the neighbourhood means of CSLS.",
)
@reading
@click.option(
    "-o",
    "--out",
    type=FILE,
    help="Folder of the run.  [default: runs/SRC-TGT-supervised]",
)
@REPLACE
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap intervals.")
@JSON
@searching
@click.pass_context
def supervised(
    ctx: click.Context,
    src: str,
    tgt: str,
    train: Path | None,
    test: Path | None,
    seeds: str,
    method: str,
    refine: int,
    max_rank: int,
    normalize: str,
    k: int,
    out: Path | None,
    force: bool,
    seed: int,
    as_json: bool,
    sources: Open,
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
      align supervised pt gl --seeds identical --refine 5
    """
    given = {name for name in ctx.params if ctx.get_parameter_source(name) != DEFAULT}
    if seeds != "dictionary" and train:
        raise click.UsageError(f"--seeds {seeds} takes no dictionary: drop it, or --train", ctx)
    if "max_rank" in given and not refine:
        raise click.UsageError("--max-rank is about --refine, which is 0: give --refine 5", ctx)
    with Bars() as bars:
        read = sources(bars)
        found = read.find(src), read.find(tgt)
        pair = "-".join(side.name for side in found)
        folder = out or Path("runs") / f"{pair}-supervised"
        check_writable(folder, force=force)
        lexicon = read.train(train, pair) if seeds == "dictionary" else None
        scored = read.test(test, pair)
        source, target = map(read.vectors, found)
        if lexicon is None:
            lexicon = SPELLING[seeds](source.words, target.index)
        used = (source.origin, target.origin, lexicon.origin, scored.origin if scored else "")
        read.tell_samples(used)
        if refine and "method" not in given:
            method = "procrustes"
        solver: Solver = Best(k=k) if method == "best" else PRESETS[method]
        if refine:
            solver = Refinement(rounds=refine, start=solver, k=k, max_rank=max_rank)
        steps = folder.absolute().with_name(f".{folder.name}.steps")
        try:
            run = align.supervised(
                source,
                target,
                lexicon,
                solver=solver,
                normalize=normalize,
                k=k,
                test=scored,
                seed=seed,
                steps=steps,
                on_step=bars,
            )
        except ValueError:  # not a kill: the same command would fail again
            shutil.rmtree(steps, ignore_errors=True)
            raise
    align.save(run, folder, force=force)
    shutil.rmtree(steps, ignore_errors=True)
    record = run.record
    print_record(record, as_json)
    doubts(record, record.evaluation)
    words = [word for word in run.seeds.sources if word.isalpha()] or run.seeds.sources
    note(f"kept in {folder}; try: align translate {folder} {words[len(words) // 2]}")
