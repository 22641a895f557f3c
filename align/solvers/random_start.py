"""The start of a null: a rotation drawn by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from align.maps import LinearMap
from align.problem import Problem
from align.solvers.solution import Solution
from align.steps import OnStep, silent


@dataclass(frozen=True, kw_only=True)
class RandomStart:
    """An orthogonal map drawn uniformly, of which nothing is right but by chance.

    Parameters
    ----------
    seed : int
        Of the draw.
    """

    name: ClassVar[str] = "random"

    seed: int = 0

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; the solution has no pairs and no losses."""
        d, e = problem.x.shape[1], problem.y.shape[1]
        drawn = np.random.default_rng(self.seed).standard_normal((max(d, e), max(d, e)))
        q, r = np.linalg.qr(drawn)
        w = (q * np.sign(np.diag(r)))[:d, :e]  # else not uniform
        return Solution(LinearMap(w), np.empty((0, 2), dtype=np.intp), (), converged=True)
