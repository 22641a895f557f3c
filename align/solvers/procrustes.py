"""The orthogonal Procrustes solution on the seed pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from align.maps import Array, LinearMap
from align.problem import Problem
from align.solvers.solution import Solution, mean_squared_distance, require_pairs
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
        require_pairs(problem)
        map_ = procrustes(*problem.paired)
        loss = mean_squared_distance(problem, map_)
        return Solution(map_, problem.pairs, losses=(loss,), converged=True)


def procrustes(x: Array, y: Array) -> LinearMap:
    """Find the orthogonal ``w`` that minimises ``||x @ w - y||`` (Frobenius).

    With ``x.T @ y = u s vt``, the minimum is at ``w = u @ vt``.

    Parameters
    ----------
    x, y : (p, d) and (p, e) arrays
        Row ``i`` of ``x`` should land on row ``i`` of ``y``.

    Returns
    -------
    LinearMap
        Orthogonal to machine precision; a reflection is allowed. Where the pairs span fewer
        dimensions, rounding decides how the others are turned. Where d and e differ,
        semi-orthogonal: into more dimensions it keeps every angle, into fewer it maximises
        the sum of the products ``x w . y``.

    Raises
    ------
    ValueError
        If there are not as many rows on both sides.
    """
    if len(x) != len(y):
        raise ValueError(f"there must be as many rows of both sides, got {x.shape}, {y.shape}")
    return LinearMap(polar(x.astype(np.float64).T @ y.astype(np.float64)))


def polar(w: Array) -> Array:
    """Return the (semi-)orthogonal matrix closest to ``w``, with all its singular values 1."""
    u, _, vt = np.linalg.svd(w, full_matrices=False)
    nearest: Array = u @ vt
    return nearest
