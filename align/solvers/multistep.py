"""VecMap's mapping: whiten both sides, rotate, re-weight, de-whiten, cut dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from align.maps import Array, LinearMap
from align.problem import Problem
from align.solvers.solution import Solution, mean_squared_distance, require_pairs
from align.steps import OnStep, silent

FLOOR = 1e-6  # of the largest singular value: directions with less are not blown up


@dataclass(frozen=True, kw_only=True)
class Multistep:
    """Linear maps of both sides in closed form, of several steps [1]_.

    With ``x`` and ``y`` the seed rows, each side is whitened by ``(x.T x)^(-1/2)``; the singular
    vectors of the whitened ``x.T y`` rotate both sides into one space, whose axes are weighted by a
    power of the singular values, the correlations; then the whitening is undone.

    Where it is not undone (``dewhiten=False``), and seed rows have mean 0, this is canonical
    correlation analysis [2]_, weighted; with ``reweight=0``, unweighted.

    Parameters
    ----------
    reweight : float
        The power of the correlations that each side is weighted by.
    whiten, dewhiten : bool
    dimensions : int
        Keep the so many strongest axes; 0 for all.

    References
    ----------
    .. [1] Artetxe et al., "Generalizing and improving bilingual word embedding mappings with a
       multi-step framework of linear transformations", AAAI 2018.
    .. [2] Faruqui and Dyer, "Improving vector space word representations using multilingual
       correlation", EACL 2014.
    """

    name: ClassVar[str] = "multistep"

    reweight: float = 0.5
    whiten: bool = True
    dewhiten: bool = True
    dimensions: int = 0

    def __post_init__(self) -> None:
        if self.reweight < 0 or self.dimensions < 0:
            raise ValueError(
                f"need reweight >= 0 and dimensions >= 0, got {self.reweight} and {self.dimensions}"
            )
        if self.dewhiten and not self.whiten:
            raise ValueError("what was not whitened cannot be de-whitened: set dewhiten=False")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where there are no seed pairs."""
        require_pairs(problem)
        x, y = (side.astype(np.float64) for side in problem.paired)
        identity = np.eye(x.shape[1]), np.eye(y.shape[1])
        w_x, w_y = (whitening(x), whitening(y)) if self.whiten else identity
        u, s, vt = np.linalg.svd((x @ w_x).T @ (y @ w_y))
        kept = slice(0, self.dimensions or len(s))
        maps = []
        for w, axes in ((w_x, u[:, : len(s)]), (w_y, vt[: len(s)].T)):
            undo = axes.T @ np.linalg.inv(w) @ axes if self.dewhiten else np.eye(len(s))
            maps.append(LinearMap((w @ axes * s**self.reweight @ undo)[:, kept]))
        loss = mean_squared_distance(problem, *maps)
        return Solution(maps[0], problem.pairs, (loss,), converged=True, target=maps[1])


def whitening(x: Array) -> Array:
    """Return ``(x.T x)^(-1/2)``, the map after which the dimensions of ``x`` are uncorrelated.

    Parameters
    ----------
    x : (p, d) array

    Returns
    -------
    (d, d) array
        Symmetric; where the rows do not span all dimensions, the others are not amplified beyond
        a million times the strongest.
    """
    values, vectors = np.linalg.eigh(x.T @ x)
    values = np.sqrt(np.maximum(values, 0))
    root: Array = vectors / np.maximum(values, FLOOR * values[-1]) @ vectors.T
    return root
