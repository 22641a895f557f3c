"""Another solver with the words that are spelled alike as further seeds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from align.problem import Problem
from align.retrieve.neighbours import Rows
from align.solvers.kept import solved
from align.solvers.multistep import Multistep
from align.solvers.solution import Solution, Solver
from align.steps import OnStep, silent


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Solve on the seeds and on the words spelled alike [1]_ that `joined` adds to them.

    Names, numbers and loans are spelled alike, so many languages that share a script need few
    seeds or none. Where the problem tells of no such words, this is ``solver``.

    Parameters
    ----------
    solver : Solver

    References
    ----------
    .. [1] Smith et al., "Offline bilingual word vectors, orthogonal transformations and the
       inverted softmax", ICLR 2017.
    """

    name: ClassVar[str] = "alike"

    solver: Solver = field(default_factory=Multistep)

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; the pairs of the solution are those of ``solver``."""
        both = replace(problem, pairs=joined(problem), alike=problem.alike[:0])
        return solved(self.solver, both, on_step=on_step)


def joined(problem: Problem) -> Rows:
    """Return the seeds, and then the words spelled alike neither of which is in a seed, (p, 2)."""
    seen = [np.isin(*sides) for sides in zip(problem.alike.T, problem.pairs.T, strict=True)]
    return np.concatenate([problem.pairs, problem.alike[~np.logical_or(*seen)]])
