"""VecMap's mapping: whiten both sides, rotate, re-weight, de-whiten, cut dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from align.maps import Array, LinearMap
from align.problem import Problem
from align.solvers.solution import Solution, mean_squared_distance, require_pairs
from align.steps import OnStep, silent

FLOOR = 1e-6  # of the largest singular value: directions with less are not spanned


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
    whiten : bool
    dewhiten : float
        The share of the whitening that is undone, in [0, 1]: 1 in VecMap, 0 in canonical
        correlation analysis. Between them, directions in which words vary much weigh more than
        others, but less than before.
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
    dewhiten: float = 1.0
    dimensions: int = 0

    def __post_init__(self) -> None:
        if self.reweight < 0 or self.dimensions < 0:
            raise ValueError(
                f"need reweight >= 0 and dimensions >= 0, got {self.reweight} and {self.dimensions}"
            )
        if not 0 <= self.dewhiten <= 1:
            raise ValueError(f"need 0 <= dewhiten <= 1, got {self.dewhiten}")
        if self.dewhiten and not self.whiten:
            raise ValueError("what was not whitened cannot be de-whitened: set dewhiten=0")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where there are no seed pairs."""
        require_pairs(problem)
        x, y = (side.astype(np.float64) for side in problem.paired)
        w_x, w_y = (self.whitening(rows.T @ rows) for rows in (x, y))
        u, s, vt = np.linalg.svd((x @ w_x).T @ (y @ w_y))
        maps = [
            self.composed(rows.T @ rows, axes, w @ axes * s**self.reweight)
            for rows, w, axes in ((x, w_x, u[:, : len(s)]), (y, w_y, vt[: len(s)].T))
        ]
        loss = mean_squared_distance(problem, *maps)
        return Solution(maps[0], problem.pairs, (loss,), converged=True, target=maps[1])

    def whitening(self, gram: Array) -> Array:
        """Return what whitens rows of which ``x.T @ x`` is ``gram``, (d, d)."""
        return power(gram, -float(self.whiten))

    def composed(self, gram: Array, axes: Array, weighed: Array) -> LinearMap:
        """Undo a share of the whitening of one side, and cut its dimensions.

        Parameters
        ----------
        gram : (d, d) array
            ``x.T @ x`` of the seed rows.
        axes : (d, r) array
            Take whitened rows to the axes of the joint space, the strongest first.
        weighed : (d, r) array
            Take rows there, whitening and weights included.
        """
        undo = axes.T @ power(gram, self.dewhiten) @ axes
        return LinearMap((weighed @ undo)[:, : self.dimensions or None])


def spread(x: Array, exponent: float) -> Array:
    """Return ``(x.T x)^(exponent / 2)``, (d, d), of (p, d) rows; see `power`."""
    return power(x.T @ x, exponent)


def power(gram: Array, exponent: float) -> Array:
    """Return ``gram^(exponent / 2)``: at -1 the whitening, after which dimensions are uncorrelated.

    Parameters
    ----------
    gram : (d, d) array
        ``x.T @ x`` of some rows.
    exponent : float

    Returns
    -------
    (d, d) array
        Symmetric; 0 along what the rows do not span, to any power but 0.
    """
    values, vectors = np.linalg.eigh(gram)
    values = np.sqrt(np.maximum(values, 0))
    none = np.inf if exponent < 0 else 0.0
    spanned = np.where(values > FLOOR * values[-1], values, none)
    root: Array = vectors * spanned**exponent @ vectors.T
    return root
