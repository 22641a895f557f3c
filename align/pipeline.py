"""The stages in order: words to rows, normalise, solve, measure neighbourhoods, evaluate."""

from __future__ import annotations

import platform
import time
from dataclasses import replace
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from align.alignment import Alignment
from align.gold import covered, gold_of, rows_of
from align.maps import LinearMap
from align.normalize import Normalization
from align.problem import Problem
from align.record import LexiconRecord, Record, VectorsRecord
from align.retrieve import Space, ahead, require_faiss, require_neighbourhood
from align.run import Run
from align.solvers import Identity, Procrustes, Refinement, Solution, Solver
from align.solvers.kept import keeping
from align.solvers.solution import describe
from align.steps import OnStep, silent
from dictionaries import Lexicon
from embeddings import Embeddings

MIN_PAIRS = 10
PACKAGES = ("align-embeddings", "numpy", "scipy", "torch", "numba", "polars", "safetensors")
FAISS = ("faiss-cpu", "faiss-gpu")


def supervised(
    source: Embeddings,
    target: Embeddings,
    lexicon: Lexicon,
    *,
    solver: Solver = Procrustes(),  # noqa: B008  # frozen, so safe to share
    normalize: str = "unit,center,unit",
    k: int = 10,
    test: Lexicon | None = None,
    seed: int = 0,
    steps: Path | None = None,
    on_step: OnStep = silent,
) -> Run:
    """Align two languages with a seed lexicon.

    Parameters
    ----------
    source, target : Embeddings
        Their dimensions may differ; the joint space then has those of the target.
    lexicon : Lexicon
        The seeds; pairs outside the vocabularies are passed over.
    solver : Solver
        Finds the map.
    normalize : str
        ``none``, ``iternorm``, or unit, center and pca:N joined by commas.
    k : int
        The neighbourhood of CSLS.
    test : Lexicon, optional
        Scores the run; takes no part in anything else.
    seed : int
        Of the bootstrap (and of the solver, where it is stochastic, through its own field).
    steps : Path, optional
        A folder where the solutions that others start from are kept: the same call after a kill
        goes on from them.
    on_step : callable
        Told what is done.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If the vectors and the lexicon do not fit each other, or fewer than 10 pairs are usable.
    TypeError
        If an argument is not the value it should be.
    ImportError
        If FAISS is not installed.
    """
    started = time.perf_counter()
    require_faiss()
    ahead(len(source) * target.vectors.size)
    seeds = usable(lexicon, source, target)
    require_neighbourhood(k, len(source), len(target))
    if test is not None:
        gold_of(test, source, target)  # its error now, not after hours of work
    x_normalization, x = Normalization.fitted(source.vectors, normalize)
    y_normalization, y = Normalization.fitted(target.vectors, normalize)
    problem = Problem(x, y, rows_of(seeds.pairs, source, target))
    with keeping(problem, steps):
        solution = solver(problem, on_step=on_step)
    space = _space(solution, problem, k, on_step)
    record = Record(
        method="supervised",
        solver=describe(solver),
        normalize=x_normalization.recipe,
        k=k,
        seed=seed,
        source=VectorsRecord.of(source),
        target=VectorsRecord.of(target),
        train=LexiconRecord.of(lexicon, source, target),
        trials=solution.trials,
        chosen=solution.chosen,
        seconds=0.0,
        **_told(solution, space),
    )
    alignment = Alignment(x_normalization, y_normalization, solution.map, solution.target)
    joint = replace(source, vectors=space.x), replace(target, vectors=space.y)
    run = Run(joint[0], joint[1], seeds, alignment, space, record)
    return _scored(run, test, started, on_step)


def refine(
    run: Run,
    *,
    rounds: int = 5,
    max_rank: int = Refinement.max_rank,
    test: Lexicon | None = None,
    on_step: OnStep = silent,
) -> Run:
    """Go on from a run: refine its map on mutual CSLS neighbours.

    The joint space of the run is rotated, round by round, by orthogonal Procrustes, so that a run
    of any method can be refined.

    Parameters
    ----------
    run : Run
    rounds, max_rank : int
        As in `align.Refinement`.
    test : Lexicon, optional
        Scores the new run; by default the dictionary that the old one was scored on.

    Returns
    -------
    Run
        Whose record tells the solver of the old run as the start of its own.

    Raises
    ------
    ValueError
        If no pair of words is mutual.
    """
    started = time.perf_counter()
    test = run.test if test is None else test
    if test is not None:
        gold_of(test, run.source, run.target)
    record = run.record
    solver = Refinement(rounds=rounds, start=Identity(), k=record.k, max_rank=max_rank)
    rows = rows_of(run.seeds.pairs, run.source, run.target)
    problem = Problem(run.space.x, run.space.y, rows)
    solution = solver(problem, on_step=on_step)
    if not isinstance(solution.map, LinearMap):  # of Procrustes it is
        raise TypeError(f"expected a rotation, got {type(solution.map).__name__}")
    space = _space(solution, problem, record.k, on_step)
    alignment = replace(run.alignment, map=run.alignment.map.then(solution.map))
    joint = replace(run.source, vectors=space.x), replace(run.target, vectors=space.y)
    record = replace(
        record,
        solver={**describe(solver), "start": record.solver},
        **_told(solution, space),
    )
    return _scored(Run(*joint, run.seeds, alignment, space, record), test, started, on_step)


def _space(solution: Solution, problem: Problem, k: int, on_step: OnStep) -> Space:
    """Return both sides in the joint space; the solver's own where it saw the map it returns."""
    space = solution.space if solution.converged else None
    if space is None or space.k != k:
        space = Space.of(*solution.mapped(problem), k, like=solution.space, on_step=on_step)
    return space


def _scored(run: Run, test: Lexicon | None, started: float, on_step: OnStep) -> Run:
    """Return the run with its scores, and the time it took."""
    evaluation = None if test is None else run.evaluate(test, on_step=on_step)
    seconds = round(time.perf_counter() - started, 3)
    record = replace(run.record, evaluation=evaluation, seconds=seconds)
    return replace(run, record=record, test=test)


def _told(solution: Solution, space: Space) -> dict[str, Any]:
    """Return what a record tells of the solution, and of where and when it was found."""
    return {
        "losses": solution.losses,
        "converged": solution.converged,
        "stopped": solution.stopped,
        "fitted_pairs": len(solution.pairs),
        "evaluation": None,
        "versions": versions(),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "recall": space.recall,
    }


def usable(lexicon: Lexicon, source: Embeddings, target: Embeddings) -> Lexicon:
    """Return the pairs that both vocabularies hold; an error where these are too few to align."""
    for value, kind, remedy in (
        (source, Embeddings, "embeddings.load(path)"),
        (target, Embeddings, "embeddings.load(path)"),
        (lexicon, Lexicon, "dictionaries.load(path), or Lexicon(pairs)"),
    ):
        if not isinstance(value, kind):
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}: use {remedy}")
    if not len(lexicon):
        raise ValueError(
            f"no seed pairs{f' ({lexicon.origin})' if lexicon.origin else ''}: the vocabularies "
            "share none; give a training dictionary with --train FILE"
        )
    seeds = covered("training", lexicon, source, target)
    if len(seeds) < MIN_PAIRS:
        raise ValueError(
            f"only {len(seeds)} usable of {len(lexicon):,} pairs in the training dictionary "
            f"{lexicon.origin}: an alignment needs at least {MIN_PAIRS}, and hundreds to be good; "
            "use a larger dictionary or --seeds identical"
        )
    return seeds


def versions() -> dict[str, str]:
    """Return the versions of Python, of this package and of those its numbers depend on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in (*PACKAGES, *FAISS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
