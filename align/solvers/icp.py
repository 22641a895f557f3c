"""The start that matches principal axes: closest points, from many rotations of a few axes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np

from align.maps import Array
from align.normalize import Normalization
from align.problem import Problem
from align.retrieve.neighbours import Rows
from align.solvers.procrustes import Procrustes, polar
from align.solvers.sinkhorn import sinkhorn
from align.solvers.solution import Solution
from align.steps import OnStep, Step, silent

TURNED = 3  # of the first axes, those that a draw turns; the others start at nought
FEW = 300  # words that are matched softly
WIDTHS = np.geomspace(0.4, 0.12, 12, dtype=np.float32)  # of that, as shares of a row's length
KEPT = 0.1  # of the restarts, the share that goes on
MORE_AXES, MORE_WORDS, FEWER = 1.6, 2, 0.4  # from one level to the next
ROUNDS = 20  # of closest points at a level, at most


@dataclass(frozen=True, kw_only=True)
class PcaICP:
    """Match the principal axes of both sides by iterative closest points [1]_.

    On a few axes, and among a few words, a rotation drawn at random is fitted to a soft matching
    of the words that grows sharper; so often, and from so many draws, that one is likely to be
    near. The best go on with words that are mutually closest, on more axes and among more words,
    fewer of them at every level, until one is left, on all axes. What is best is the mean squared
    distance of the words of either side to the closest one of the other. The seeds of the problem
    take no part.

    In [1]_ a restart draws the signs of 25 axes, both directions have a map of their own, with a
    penalty where one does not undo the other, and only the best restart goes on. The soft
    matching, the levels, and the few axes that it starts from, are ours.

    Parameters
    ----------
    restarts : int
    axes : int
        Principal axes of the first level, or as many as there are.
    words : int
        At most the so many first words of both sides are matched, and have the axes.
    seed : int
        Of the draws.

    References
    ----------
    .. [1] Hoshen and Wolf, "Non-adversarial unsupervised word translation", EMNLP 2018.
    """

    name: ClassVar[str] = "pca-icp"

    restarts: int = 500
    axes: int = 5
    words: int = 3000
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.restarts, self.axes, self.words) < 1:
            raise ValueError(
                "need restarts, axes and words >= 1, "
                f"got {self.restarts}, {self.axes} and {self.words}"
            )

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; the pairs of the solution are the words that are mutually closest."""
        x, y = (principal(rows[: self.words]) for rows in (problem.x, problem.y))
        every = min(x.shape[1], y.shape[1])
        axes, words, kept = min(self.axes, every), FEW, KEPT * self.restarts
        matches = self._drawn(x[:words, :axes], y[:words, :axes], on_step)
        while True:
            words *= MORE_WORDS
            a, b = x[:words, :axes], y[:words, :axes]
            matches = [closest_points(a, b, w) for _, w, _ in best_of(matches, math.ceil(kept))]
            on_step(Step("principal axes", axes, every))
            if axes == every and words >= self.words:
                break
            axes, kept = min(math.ceil(axes * MORE_AXES), every), kept * FEWER
        [best] = best_of(matches, 1)
        return replace(
            Procrustes()(replace(problem, pairs=best.pairs)),
            converged=False,
            stopped=f"the best of {self.restarts} restarts: the closest word of the other side is "
            f"at a mean squared distance of {best.loss:.3f} rows' lengths",
        )

    def _drawn(self, a: Array, b: Array, on_step: OnStep) -> list[Match]:
        """Match few words on few axes, from every draw."""
        axes = a.shape[1]
        turned = min(TURNED, axes)
        rng, matches = np.random.default_rng(self.seed), []
        for done in range(self.restarts):
            w = np.zeros((axes, axes), dtype=np.float32)
            w[:turned, :turned] = polar(rng.standard_normal((turned, turned)))
            matches.append(closest(a, b, softly(a, b, w)))
            on_step(Step("restarts", done + 1, self.restarts))
        return matches


class Match(NamedTuple):
    """Rows of two sides that are mutually closest under a map.

    Parameters
    ----------
    loss : float
        The mean squared distance of the rows of either side to the closest one of the other.
    w : (r, r) array
    pairs : (p, 2) array of int
    """

    loss: float
    w: Array
    pairs: Rows


def principal(x: Array) -> Array:
    """Turn rows onto their principal axes, the strongest first; their mean square length is 1."""
    turned = Normalization.fitted(x.astype(np.float64), f"pca:{x.shape[1]}")[1]
    length = np.sqrt(np.mean(np.sum(turned**2, axis=1)))
    rows: Array = (turned / (length or 1)).astype(np.float32)
    return rows


def softly(a: Array, b: Array, w: Array) -> Array:
    """Fit a rotation to soft matchings of rows, each sharper than the one before."""
    length = np.sqrt(np.mean(np.sum(a**2, axis=1))) or 1
    for width in WIDTHS * length:
        plan = sinkhorn(-(a @ w) @ b.T, float(width**2), tolerance=0.1, iterations=20)
        w = polar(a.T @ (plan @ b))
    return w


def closest_points(a: Array, b: Array, w: Array) -> Match:
    """Find mutually closest rows, fit a rotation to them, and again, until they stay the same.

    Parameters
    ----------
    a, b : (n, r) and (m, r) arrays
    w : (q, q) array
        The first rotation, of the first q <= r axes.
    """
    pairs = closest(a[:, : len(w)], b[:, : len(w)], w).pairs
    for _ in range(ROUNDS):
        match = closest(a, b, polar(a[pairs[:, 0]].T @ b[pairs[:, 1]]))
        if np.array_equal(match.pairs, pairs):
            break
        pairs = match.pairs
    return match


def closest(a: Array, b: Array, w: Array) -> Match:
    """Pair the rows that are each other's closest under a map.

    Parameters
    ----------
    a, b : (n, r) and (m, r) arrays
    w : (r, r) array
    """
    mapped = a @ w
    left = np.column_stack([-2 * mapped, np.sum(mapped**2, axis=1), np.ones_like(a[:, 0])])
    right = np.column_stack([b, np.ones_like(b[:, 0]), np.sum(b**2, axis=1)])
    squares = left @ right.T
    near, to_a = squares.argmin(axis=1), squares.min(axis=0)
    to_b = squares[np.arange(len(a)), near]
    mutual = np.flatnonzero(to_b == to_a[near])
    return Match(float(to_b.mean() + to_a.mean()) / 2, w, np.column_stack([mutual, near[mutual]]))


def best_of(matches: list[Match], most: int) -> list[Match]:
    """Return the matches of least loss, the best first; equal to four digits, it is one map."""
    found = {f"{match.loss:.3e}": match for match in matches}.values()
    return sorted(found, key=lambda match: match.loss)[:most]
