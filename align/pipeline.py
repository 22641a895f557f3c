"""The stages in order: words to rows, normalise, solve, measure neighbourhoods, evaluate."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast

import numpy as np

import dictionaries
from align.alignment import Alignment
from align.auto import Auto
from align.gold import MIN_PAIRS, covered, gold_of, require_lexicon, rows_of
from align.judge import judged
from align.maps import LinearMap
from align.normalize import Normalization
from align.presets import FREQUENT
from align.problem import Problem
from align.record import LexiconRecord, Record, Repeat, VectorsRecord, versions
from align.retrieve import Space, ahead, require_faiss, require_neighbourhood
from align.retrieve.neighbours import Rows
from align.run import Run
from align.selection import Best
from align.solvers import Identity, Refinement, Solution, Solver
from align.solvers.attempt import Attempt
from align.solvers.kept import keeping
from align.solvers.solution import describe, seeded
from align.steps import OnStep, Step, silent
from dictionaries import Lexicon
from embeddings import Embeddings

ASKED = 2000  # words of which seeds are asked whether they agree
TURNED = 0.1  # the share of a dictionary that, the wrong way round, is worth a remark
log = logging.getLogger(__name__)


def supervised(
    source: Embeddings,
    target: Embeddings,
    lexicon: Lexicon,
    *,
    solver: Solver = Best(),  # noqa: B008  # frozen, so safe to share
    normalize: str = "unit,center,unit",
    k: int = 10,
    test: Lexicon | None = None,
    seed: int = 0,
    steps: Path | str | None = None,
    on_step: OnStep = silent,
) -> Run:
    """Align two languages with a seed lexicon.

    Parameters
    ----------
    source, target : Embeddings
        Their dimensions may differ; the joint space then has those of the target, or, of a solver
        that maps both sides, the fewer ones.
    lexicon : Lexicon
        The seeds; pairs outside the vocabularies are passed over.
    solver : Solver
        Finds the map; the default tries several, and keeps the best on held-out seeds.
    normalize : str
        ``none``, ``iternorm``, or unit, center and pca:N joined by commas.
    k : int
        The neighbourhood of CSLS.
    test : Lexicon, optional
        Scores the run; takes no part in anything else.
    seed : int
        Of the bootstrap (and of the solver, where it is stochastic, through its own field).
    steps : Path or str, optional
        A folder where the solutions that others start from are kept, and from time to time the
        state of a long solver: the same call after a kill goes on from them.
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
    task = _Task(source, target, lexicon, normalize, k, test, seed, steps)
    seeds = usable(lexicon, source, target)
    return _aligned("supervised", task, seeds, solver, on_step)


def unsupervised(
    source: Embeddings,
    target: Embeddings,
    *,
    solver: Solver | None = None,
    normalize: str = "unit,center,unit",
    k: int = 10,
    test: Lexicon | None = None,
    seed: int = 0,
    seeds: int = 1,
    steps: Path | str | None = None,
    on_step: OnStep = silent,
) -> Run:
    """Align two languages without a dictionary, and say whether it worked.

    Parameters
    ----------
    source, target : Embeddings
        Of the same dimensions.
    solver : Solver, optional
        By default `align.Auto`. Its problem has the words spelled alike as pairs, or none; those
        that are numbers, where it is one that starts on ``numerals``.
    seed : int
        Of everything random, the solver included.
    seeds : int
        Align with so many seeds, from ``seed`` on, and return the run with the best verdict; its
        record has of each the verdict, how far it agrees with the best one, and the score where
        there is a test dictionary. A seed that cannot solve is told, and the others go on.

    The other parameters are those of `supervised`.

    Returns
    -------
    Run
        Whose ``record.verdict`` is worked, doubtful or failed. A failed one is returned as well.

    Raises
    ------
    ValueError
        If the vectors do not fit each other, or no start can solve.
    TypeError
        If an argument is not the value it should be.
    ImportError
        If FAISS is not installed.
    """
    if seeds < 1:
        raise ValueError(f"need at least 1 seed, got {seeds}")
    _require_embeddings(source, target)
    on_numbers = isinstance(solver, Auto) and solver.on_numbers
    spelled = dictionaries.numerals if on_numbers else dictionaries.identical
    alike = spelled(source.words, target.index)

    def learned(each: int) -> Run:
        task = _Task(source, target, alike, normalize, k, test, each, steps)
        return _aligned("unsupervised", task, alike, seeded(solver or Auto(), each), on_step)

    if seeds > 1:
        return _best_of(learned, range(seed, seed + seeds), on_step)
    run = learned(seed)
    return replace(run, record=replace(run.record, repeats=(Repeat.of(run.record, 1.0),)))


def _best_of(learned: Callable[[int], Run], seeds: range, on_step: OnStep) -> Run:
    """Learn with several seeds; return the run with the best verdict, which tells of all."""
    best, ended = None, list[tuple[Record, Rows] | Repeat]()
    for seed in seeds:
        try:
            run = learned(seed)
        except ValueError as error:
            log.warning("seed %d has no map: %s", seed, error)
            ended.append(Repeat(seed, "failed", 0.0, 0, 0, 0.0, str(error)))
        else:
            words = run.space.best(np.arange(min(ASKED, len(run.source))))[0]
            ended.append((run.record, words))
            best = max(best or (run, words), (run, words), key=lambda one: _merit(one[0]))
        on_step(Step("seeds", len(ended), len(seeds)))
    if best is None:
        raise ValueError(f"no seed could solve; the first: {cast(Repeat, ended[0]).failure}")
    run, known = best
    repeats = (
        each if isinstance(each, Repeat) else Repeat.of(each[0], float(np.mean(each[1] == known)))
        for each in ended
    )
    return replace(run, record=replace(run.record, repeats=tuple(repeats)))


def _merit(run: Run) -> tuple[int, float]:
    return run.record.verdict.merit if run.record.verdict else (-1, 0.0)


@dataclass(frozen=True)
class _Task:
    """What is asked of a run."""

    source: Embeddings
    target: Embeddings
    lexicon: Lexicon
    normalize: str
    k: int
    test: Lexicon | None
    seed: int
    steps: Path | str | None


def _aligned(method: str, task: _Task, seeds: Lexicon, solver: Solver, on_step: OnStep) -> Run:
    """Go through the stages."""
    started = time.perf_counter()
    source, target, k, test = task.source, task.target, task.k, task.test
    if isinstance(solver, type) or not callable(solver):
        raise TypeError(
            f"expected a solver, got {solver!r}: use align.PRESETS['vecmap'], or one of its own "
            "settings, as align.Refinement(rounds=5)"
        )
    if not isinstance(task.normalize, str) or not isinstance(k, (int, np.integer)):
        raise TypeError(f"expected normalize as str and k as int, got {task.normalize!r}, {k!r}")
    require_faiss()
    ahead(len(source) * target.vectors.size)
    require_neighbourhood(k, len(source), len(target))
    if test is not None:
        gold_of(test, source, target)  # its error now, not after hours of work
    x_normalization, x = Normalization.fitted(source.vectors, task.normalize)
    y_normalization, y = Normalization.fitted(target.vectors, task.normalize)
    rows = rows_of(seeds.pairs, source, target)
    alike = _alike(source, target) if method == "supervised" else rows[:0]
    problem = Problem(x, y, rows, alike)
    with keeping(problem, task.steps):
        solution = solver(problem, on_step=on_step)
        if method == "unsupervised" and not solution.attempts:
            verdict = judged(problem, solution, problem.pairs, seed=task.seed, on_step=on_step)
            solution = replace(solution, attempts=(Attempt(solver.name, task.seed, verdict),))
    space = _space(solution, problem, k, on_step)
    record = Record(
        method=method,
        solver=describe(solver),
        normalize=x_normalization.recipe,
        k=k,
        seed=task.seed,
        source=VectorsRecord.of(source),
        target=VectorsRecord.of(target),
        train=LexiconRecord.of(task.lexicon, source, target),
        trials=solution.trials,
        attempts=solution.attempts,
        repeats=(),
        chosen=solution.chosen,
        seconds=0.0,
        **_told(solution, space),
    )
    alignment = Alignment(x_normalization, y_normalization, solution.map, solution.target)
    joint = replace(source, vectors=space.x), replace(target, vectors=space.y)
    x, y = (side[np.unique(own)] for side, own in zip((x, y), rows.T, strict=True))
    run = Run(*joint, seeds, alignment, space, (x, y), record)
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
        attempts=(),  # whose verdict is that of the old map
        repeats=(),
        **_told(solution, space),
    )
    refined = replace(
        run,
        source=joint[0],
        target=joint[1],
        alignment=alignment,
        space=space,
        record=record,
    )
    return _scored(refined, test, started, on_step)


def _alike(source: Embeddings, target: Embeddings) -> Rows:
    """Return the rows of frequent words that are spelled alike."""
    shared = dictionaries.identical(source.words[:FREQUENT], target.index)
    rows = rows_of(shared.pairs, source, target)
    return rows[rows[:, 1] < FREQUENT]


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
    _require_embeddings(source, target)
    require_lexicon(lexicon)
    if not len(lexicon):
        raise ValueError(
            f"no seed pairs{f' ({lexicon.origin})' if lexicon.origin else ''}: the vocabularies "
            "share none; give a training dictionary with --train FILE"
        )
    seeds = covered("training", lexicon, source, target)
    _tell_turned(lexicon, seeds, source, target)
    if len(seeds) < MIN_PAIRS:
        raise ValueError(
            f"only {len(seeds)} usable of {len(lexicon):,} pairs in the training dictionary "
            f"{lexicon.origin}: an alignment needs at least {MIN_PAIRS}, and hundreds to be good; "
            "use a larger dictionary or --seeds identical"
        )
    return seeds


def _tell_turned(lexicon: Lexicon, seeds: Lexicon, source: Embeddings, target: Embeddings) -> None:
    """Tell of a dictionary of which some lines have the languages the other way round."""
    there = set(seeds.pairs)
    back = lexicon.reversed.within(source, target).pairs
    turned = [(a, b) for b, a in back if (a, b) not in there]
    if len(turned) > max(MIN_PAIRS, TURNED * len(lexicon)):
        log.warning(
            "%d of the %d pairs of the training dictionary, as %r, fit the vocabularies only with "
            "source and target exchanged: are some of its lines turned?",
            len(turned),
            len(lexicon),
            " ".join(turned[0]),
        )


def _require_embeddings(*sides: Embeddings) -> None:
    for side in sides:
        if not isinstance(side, Embeddings):
            raise TypeError(
                f"expected Embeddings, got {type(side).__name__}: use embeddings.load(path)"
            )
