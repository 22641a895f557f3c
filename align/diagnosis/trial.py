"""Quick maps, and how well each translates words of the seeds that it did not see."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from align.evaluate import bootstrap_interval
from align.presets import PLENTY
from align.problem import Problem
from align.retrieve.neighbours import Rows
from align.selection import rarest_first, translated
from align.solvers import GeoMM, Multistep, Procrustes, Refinement, Solver
from align.steps import OnStep, silent

log = logging.getLogger(__name__)
FOLDS, ASKED = 5, 50  # a fifth of the seeds is asked; of few seeds, several fifths
ENOUGH = 1_000  # source words of a dictionary, beside which other seeds need not be tried


@dataclass(frozen=True)
class HeldOut:
    """How a quick map translates words of the seeds that it did not see.

    Parameters
    ----------
    seeds : str
        What it learned from: ``dictionary``, ``identical`` or ``numerals``.
    method : str
        ``procrustes``; or ``grown``, which adds pairs of mutual neighbours twice.
    hits, asked : int
        Words that it translates rightly, first of all by CSLS, out of those asked. They are of the
        dictionary, where there is one.
    interval : (float, float)
        95 % bootstrap interval over the words asked.
    """

    seeds: str
    method: str
    hits: int
    asked: int
    interval: tuple[float, float]

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return self.hits / self.asked


def quick(words: int) -> dict[str, Solver]:
    """Return the methods of a trial, by the number of source words of the seeds."""
    start: Solver = Multistep() if words >= PLENTY else GeoMM(penalty=30)
    grown = Refinement(rounds=2, start=start, solver=Multistep(), keep_seeds=True, max_rank=10_000)
    return {"procrustes": Procrustes(), "grown": grown}


def tried(problems: Mapping[str, Problem], *, on_step: OnStep = silent) -> Iterator[HeldOut]:
    """Translate words of the first seeds by maps that were learned without them.

    Where these are a dictionary of few words, the next seeds are tried on its words as well.

    Parameters
    ----------
    problems : mapping of Problem
        By the name of their seeds.
    """
    if not problems:
        return
    (seeds, problem), *others = problems.items()
    sources = problem.pairs[:, 0]
    words = np.unique(sources)
    held_out = (part for part in rarest_first(words, FOLDS, ASKED) if len(part))
    parts = [problem.pairs[np.isin(sources, part)] for part in held_out]
    plans = [(seeds, method, problem, parts) for method in quick(len(words))]
    if seeds == "dictionary" and len(words) < ENOUGH:
        plans += [(name, "grown", other, [problem.pairs]) for name, other in others[:1]]
    for name, method, fit, asked in plans:
        solver = quick(len(np.unique(fit.pairs[:, 0])))[method]
        try:
            right = _right(solver, fit, asked, on_step)
        except ValueError as error:
            log.info("%s of %s seeds: %s", method, name, error)
        else:
            yield HeldOut(name, method, int(right.sum()), len(right), bootstrap_interval(right))


def _right(
    solver: Solver, problem: Problem, asked: Sequence[Rows], on_step: OnStep
) -> npt.NDArray[np.bool_]:
    """Return whether each word asked was translated rightly."""
    k, right = min(10, len(problem.x), len(problem.y)), []
    for gold in asked:
        left = problem.pairs[~np.isin(problem.pairs[:, 0], gold[:, 0])]
        fit = Problem(problem.x, problem.y, left)
        right.append(translated(solver, fit, gold, k=k, on_step=on_step))
    return np.concatenate(right)
