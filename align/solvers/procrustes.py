"""The orthogonal Procrustes solution on the seed pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from align.maps import Array, LinearMap
from align.problem import Problem
from align.solvers.solution import Solution, mean_squared_distance
from align.steps import OnStep, silent


@dataclass(frozen=True, kw_only=True)
class Procrustes:
    """The orthogonal map that brings the seed rows closest, in closed form [1]_ [2]_.

    References
    ----------
    .. [1] Schönemann, "A generalized solution of the orthogonal Procrustes problem",
       Psychometrika 31, 1966.
    .. [2] Xing et al., "Normalized word embedding and orthogonal transform for bilingual word
       translation", NAACL 2015.
    """

    name: ClassVar[str] = "procrustes"

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where there are no seed pairs."""
        if not len(problem.pairs):
            raise ValueError("this solver needs a seed lexicon, got 0 usable pairs")
        map_ = procrustes(*problem.paired)
        loss = mean_squared_distance(problem, map_)
        return Solution(map_, problem.pairs, losses=(loss,), converged=True)


def procrustes(x: Array, y: Array) -> LinearMap:
    """Find the orthogonal ``w`` that minimises ``||x @ w - y||`` (Frobenius).

    With ``x.T @ y = u s vt``, the minimum is at ``w = u @ vt``.

    Parameters
    ----------
    x, y : (p, d) array
        Row ``i`` of ``x`` should land on row ``i`` of ``y``.

    Returns
    -------
    LinearMap
        Orthogonal to machine precision; a reflection is allowed.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if x.shape != y.shape:
        raise ValueError(f"paired rows must have one shape, got {x.shape}, {y.shape}")
    u, _, vt = np.linalg.svd(x.astype(np.float64).T @ y.astype(np.float64))
    return LinearMap(u @ vt)
