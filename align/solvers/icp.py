"""The start that matches principal axes: closest points, from many rotations of a few axes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from align.maps import Array
from align.normalize import Normalization
from align.problem import Problem
from align.retrieve.neighbours import Rows
from align.solvers.procrustes import Procrustes, polar
from align.solvers.sinkhorn import sinkhorn
from align.solvers.solution import Solution
from align.steps import OnStep, Step, silent

CELLS = 2**22  # distances at once
WIDEST, NARROWEST = 0.4, 0.12  # of soft matching, as a share of the length of a row
MORE_AXES, MORE_WORDS, FEWER = 1.6, 2, 0.4  # from one level to the next
APART = 1e-4  # losses closer than this share are of the same map


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
    matching, the levels, and the few axes that it starts from, are ours: what the first axes have
    of shape, a rotation of them can be found by, and it says how the others lie.

    Parameters
    ----------
    restarts : int
    axes : int
        Principal axes of the first level.
    turned : int
        Of these, the so many strongest are turned at random, and the others start at nought; 0:
        the signs of all are drawn.
    few, soft_rounds : int
        Words of the soft matching, and how often it is done; 0 for not at all.
    kept : float
        The share of the restarts that goes on with mutually closest words, in (0, 1].
    words : int
        At most the so many first words of both sides are matched, and have the axes.
    rounds : int
        Of closest points, at most, at every level.
    seed : int
        Of the draws.

    References
    ----------
    .. [1] Hoshen and Wolf, "Non-adversarial unsupervised word translation", EMNLP 2018.
    """

    name: ClassVar[str] = "pca-icp"

    restarts: int = 500
    axes: int = 5
    turned: int = 3
    few: int = 300
    soft_rounds: int = 12
    kept: float = 0.1
    words: int = 3000
    rounds: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (self.restarts, self.axes, self.few, self.words, self.rounds)
        if min(counts) < 1:
            raise ValueError(
                "need restarts, axes, few, words and rounds >= 1, "
                f"got {', '.join(map(str, counts))}"
            )
        if not 0 <= self.turned <= self.axes or self.soft_rounds < 0:
            raise ValueError(
                "need 0 <= turned <= axes and soft_rounds >= 0, "
                f"got {self.turned} of {self.axes}, and {self.soft_rounds}"
            )
        if not 0 < self.kept <= 1:
            raise ValueError(f"need 0 < kept <= 1, got {self.kept}")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; the pairs of the solution are the words that are mutually closest."""
        x, y = (principal(rows[: self.words]) for rows in (problem.x, problem.y))
        matches = self._drawn(x, y, on_step)
        every = min(x.shape[1], y.shape[1])
        axes, words, kept = min(self.axes, every), self.few, self.kept * self.restarts
        while True:
            words = min(words * MORE_WORDS, self.words)
            a, b = x[:words, :axes], y[:words, :axes]
            matches = [
                closest_points(a, b, match.w, self.rounds)
                for match in distinct(matches, max(1, int(kept)))
            ]
            on_step(Step("principal axes", axes, every))
            if axes == every and words == self.words:
                break
            axes, kept = min(math.ceil(axes * MORE_AXES), every), kept * FEWER
        best = min(matches, key=lambda match: match.loss)
        return replace(
            Procrustes()(replace(problem, pairs=best.pairs)),
            converged=best.converged,
            stopped=f"the best of {self.restarts} restarts: the closest word of the other side is "
            f"at a mean squared distance of {best.loss:.3f} rows' lengths",
        )

    def _drawn(self, x: Array, y: Array, on_step: OnStep) -> list[Match]:
        """Match few words on few axes, from every draw."""
        axes = min(self.axes, x.shape[1], y.shape[1])
        turned = min(self.turned, axes)
        a, b = x[: self.few, :axes], y[: self.few, :axes]
        rng, matches = np.random.default_rng(self.seed), []
        for done in range(self.restarts):
            w = np.zeros((axes, axes), dtype=np.float32)
            if turned:
                w[:turned, :turned] = polar(rng.standard_normal((turned, turned)))
            else:
                np.fill_diagonal(w, rng.choice([-1, 1], axes))
            w = softly(a, b, w, self.soft_rounds)
            matches.append(Match(w, *closest(a @ w, b)))
            on_step(Step("restarts", done + 1, self.restarts))
        return matches


PUBLISHED = PcaICP(  # Hoshen and Wolf 2018
    restarts=100,
    axes=25,
    turned=0,
    few=5000,
    soft_rounds=0,
    kept=1.0,
    words=7500,
    rounds=100,
)


@dataclass(frozen=True, eq=False)
class Match:
    """Rows of two sides that are mutually closest under a map.

    Parameters
    ----------
    w : (r, r) array
    pairs : (p, 2) array of int
    loss : float
        The mean squared distance of the rows of either side to the closest one of the other.
    converged : bool
        Whether these are the pairs that the map was fitted to.
    """

    w: Array
    pairs: Rows
    loss: float
    converged: bool = False


def principal(x: Array) -> Array:
    """Turn rows onto their principal axes, the strongest first; their mean square length is 1."""
    turned = Normalization.fitted(x.astype(np.float32), f"pca:{x.shape[1]}")[1]
    length = np.sqrt(np.mean(np.sum(turned**2, axis=1)))
    return turned / length if length else turned


def softly(a: Array, b: Array, w: Array, rounds: int) -> Array:
    """Fit a rotation to soft matchings of rows, each sharper than the one before."""
    length = np.sqrt(np.mean(np.sum(a**2, axis=1)))
    for width in np.geomspace(WIDEST, NARROWEST, rounds, dtype=np.float32) * length:
        plan = sinkhorn(-(a @ w) @ b.T, float(width**2), tolerance=0.1, iterations=20)
        w = polar(a.T @ (plan @ b))
    return w


def closest_points(a: Array, b: Array, w: Array, rounds: int) -> Match:
    """Find mutually closest rows, fit a rotation to them, and again, until they stay the same.

    Parameters
    ----------
    a, b : (n, r) and (m, r) arrays
    w : (q, q) array
        The first rotation, of the first q <= r axes.
    rounds : int
        At most so many.
    """
    match = Match(w, *closest(a[:, : len(w)] @ w, b[:, : len(w)]))
    for _ in range(rounds):
        w = polar(a[match.pairs[:, 0]].T @ b[match.pairs[:, 1]])
        pairs, loss = closest(a @ w, b)
        fixed = np.array_equal(pairs, match.pairs)
        match = Match(w, pairs, loss, fixed)
        if fixed:
            break
    return match


def closest(a: Array, b: Array) -> tuple[Rows, float]:
    """Return the pairs of rows that are each other's closest, and the loss of `Match`.

    Parameters
    ----------
    a, b : (n, r) and (m, r) arrays
    """
    a = np.column_stack([-2 * a, np.sum(a**2, axis=1), np.ones(len(a), dtype=a.dtype)])
    b = np.column_stack([b, np.ones(len(b), dtype=b.dtype), np.sum(b**2, axis=1)])
    near, to_b = np.empty(len(a), dtype=np.intp), np.empty(len(a), dtype=a.dtype)
    to_a = np.full(len(b), np.inf, dtype=a.dtype)
    together = max(1, CELLS // len(b))
    for start in range(0, len(a), together):
        rows = slice(start, start + together)
        squares = a[rows] @ b.T
        near[rows] = squares.argmin(axis=1)
        to_b[rows] = squares.min(axis=1)
        np.minimum(to_a, squares.min(axis=0), out=to_a)
    mutual = np.flatnonzero(to_b == to_a[near])
    return np.column_stack([mutual, near[mutual]]), float(to_b.mean() + to_a.mean()) / 2


def distinct(matches: Iterable[Match], most: int) -> list[Match]:
    """Return the best matches, those with the loss of a better one left out."""
    found: list[Match] = []
    for match in sorted(matches, key=lambda match: match.loss):
        if not found or match.loss > found[-1].loss * (1 + APART):
            found.append(match)
    return found[:most]
