"""What linear maps leave, regressed: a shift of either side that like words share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from align.kernel_map import KernelMap, kernel, require_width
from align.maps import Array, LinearMap
from align.normalize import unit
from align.problem import Problem
from align.retrieve.neighbours import Rows
from align.solvers.kept import solved
from align.solvers.multistep import Multistep
from align.solvers.solution import Solution, Solver, require_linear, require_pairs
from align.steps import OnStep, Step, silent


@dataclass(frozen=True, kw_only=True)
class KernelResidual:
    """Kernel ridge regression of the residuals that another solver's linear maps leave.

    Translations do not lie at one rotation of each other everywhere: how far a linear map misses
    depends on the region of the space [1]_ [2]_. So every seed word, mapped to length 1, has the
    residual to the mean of its translations, and other words are shifted by what the mean of a
    Gaussian process expects of their neighbours among the seeds [3]_. Pairs that the start found
    for itself, as `Refinement` does, are neighbours too, whose residuals are trusted less.

    ``losses`` are those of the start and then, as all rows have length 1 now, the mean squared
    distance of the seeds at length 1.

    Parameters
    ----------
    start : Solver
        Gives linear maps.
    width : float
        Of the kernel ``exp((cos - 1) / width)``.
    penalty : float
        The variance of the noise in residuals, in units of that of the residuals themselves:
        the larger, the less is shifted.
    doubt : float
        So many times the penalty for words whose translations the start found.
    both : bool
        Either side goes half the way, so that a pair meets in its middle; else the source goes the
        whole way.
    limit : int
        Regress on so many words of a side: on the seeds, and then on those that the start found,
        the most frequent first; 0 for all. The time grows with its third power, the memory with
        its square.

    References
    ----------
    .. [1] Nakashole, "NORMA: neighborhood sensitive maps for multilingual word embeddings",
       EMNLP 2018.
    .. [2] Glavaš and Vulić, "Non-linear instance-based cross-lingual mapping for non-isomorphic
       embedding spaces", ACL 2020.
    .. [3] Rasmussen and Williams, "Gaussian processes for machine learning", MIT Press, 2006.
    """

    name: ClassVar[str] = "kernel-residual"

    start: Solver = field(default_factory=Multistep)
    width: float = 0.8
    penalty: float = 0.1
    doubt: float = 10.0
    both: bool = True
    limit: int = 8_000

    def __post_init__(self) -> None:
        require_width(self.width)
        if not 0 <= self.penalty < np.inf or self.limit < 0:
            raise ValueError(
                f"need a penalty of 0 or more and limit >= 0, got {self.penalty} and {self.limit}"
            )
        if not 1 <= self.doubt < np.inf:
            raise ValueError(f"need a doubt of 1 or more, got {self.doubt}")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where there are no seed pairs, or the start's maps are not linear."""
        require_pairs(problem)
        first = solved(self.start, problem, on_step=on_step)
        linear = require_linear(self, first.map)
        identity = LinearMap(np.eye(problem.y.shape[1]))
        other = require_linear(self, first.target or identity)
        pairs = np.concatenate([problem.pairs, first.pairs])
        x, y = problem.x[pairs[:, 0]], problem.y[pairs[:, 1]]
        apart = unit(other(y.astype(np.float64))) - unit(linear(x.astype(np.float64)))
        known = np.arange(len(pairs)) < len(problem.pairs)
        usable = x.any(axis=1) & y.any(axis=1)  # a row of zeros has no direction
        pairs, apart, known = pairs[usable], apart[usable], known[usable]
        share, sides = (0.5, 2) if self.both else (1.0, 1)
        target = first.target
        map_ = self._shifted(linear, problem.x, pairs, share * apart, known)
        on_step(Step(self.name, 1, sides))
        if self.both:
            target = self._shifted(other, problem.y, pairs[:, ::-1], -share * apart, known)
            on_step(Step(self.name, 2, sides))
        solution = replace(first, map=map_, target=target, pairs=problem.pairs, space=None)
        return replace(solution, losses=(*first.losses, distance(solution, problem)))

    def _shifted(
        self,
        linear: LinearMap,
        rows: Array,
        pairs: Rows,
        residuals: Array,
        known: npt.NDArray[np.bool_],
    ) -> KernelMap:
        """Shift one side: its words by the mean residual of their pairs, others alike."""
        seeds, seed_means = means(pairs[known], residuals[known])
        new = ~known & ~np.isin(pairs[:, 0], seeds)
        found, found_means = means(pairs[new], residuals[new])
        kept = slice(0, self.limit or None)
        words = np.concatenate([seeds, found])[kept]
        penalties = np.repeat(self.penalty * np.array([1, self.doubt]), [len(seeds), len(found)])
        goals = np.concatenate([seed_means, found_means])[kept]
        return kernel_ridge(linear, rows[words], goals, self.width, penalties[kept])


def means(pairs: Rows, residuals: Array) -> tuple[Rows, Array]:
    """Return the distinct first words of pairs, and the mean residual of each.

    A pair counts once, however often it is named.

    Parameters
    ----------
    pairs : (p, 2) array of int
    residuals : (p, e) array

    Returns
    -------
    (a,) array of int, (a, e) array
    """
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    words, word = np.unique(pairs[:, 0], return_inverse=True)
    sums = np.zeros((len(words), residuals.shape[1]))
    np.add.at(sums, word, residuals[first])
    return words, sums / np.bincount(word, minlength=len(words))[:, None]


def kernel_ridge(
    linear: LinearMap, rows: Array, residuals: Array, width: float, penalties: Array | float
) -> KernelMap:
    """Find the shift of a `KernelMap` that regresses residuals on rows.

    The solution of ``(k(rows, rows) + diag(penalties)) shift = residuals``.

    Parameters
    ----------
    linear : LinearMap
    rows : (a, d) array
        Not mapped, none of zeros; the anchors, once scaled to length 1.
    residuals : (a, e) array
    width : float
    penalties : (a,) array or float

    Raises
    ------
    ValueError
        If the kernel cannot be inverted.
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    anchors = unit(rows).astype(np.float32)
    exact = anchors.astype(np.float64)
    gram = kernel(exact, exact, width)
    gram[np.diag_indices_from(gram)] += penalties
    try:
        factor = cho_factor(gram.T, overwrite_a=True, check_finite=False)  # symmetric: its own .T
    except LinAlgError as error:
        raise ValueError(
            f"seed words are too much alike for a penalty of {np.min(penalties):g}; raise it"
        ) from error
    return KernelMap(linear, anchors, cho_solve(factor, residuals, check_finite=False), width)


def distance(solution: Solution, problem: Problem) -> float:
    """Return the mean squared distance of the seed pairs, mapped and scaled to length 1."""
    x, y = problem.paired
    both = Problem(x, y, np.empty((0, 2), dtype=np.intp))
    x, y = (unit(side.astype(np.float64)) for side in solution.mapped(both))
    return float(np.mean(np.sum((x - y) ** 2, axis=1)))
