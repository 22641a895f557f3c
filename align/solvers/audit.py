"""Doubts about seed pairs, as real dictionaries are dirty."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from align.maps import Array
from align.normalize import unit
from align.problem import Problem
from align.solvers.procrustes import procrustes

log = logging.getLogger(__name__)
DOUBTFUL = 0.5  # pairs of more doubt are rather wrong than right
FEW = 50  # source words; fewer do not show how right and wrong pairs differ
ROUNDS = 1000
SETTLED = 1e-6  # a change of doubts that is none
NARROW = 0.1  # right pairs spread at least so much, as a share of the spread by chance


def doubts(problem: Problem, *, folds: int = 5, seed: int = 0) -> Array:
    """Return the probability that a seed pair is wrong, for every pair.

    Parameters
    ----------
    problem : Problem
    folds : int
    seed : int
        Of the folds and of the pairs by chance.

    Returns
    -------
    (p,) array
        In [0, 1]; of two pairs, the one of higher cosine is never the more doubtful. All 0 where
        seeds have fewer than 50 source words, or are no closer than words paired by chance.
    """
    words = len(np.unique(problem.pairs[:, 0]))
    if words < FEW:
        log.info("seeds of %d source words cannot be audited: that takes %d", words, FEW)
        return np.zeros(len(problem.pairs))
    return wrong(*held_out(problem, folds=folds, seed=seed))


def held_out(problem: Problem, *, folds: int = 5, seed: int = 0) -> tuple[Array, Array]:
    """Return the cosine of every pair under a map that was learned without its source word.

    The source words are dealt to folds, each with all its translations, and orthogonal Procrustes
    on the pairs of all other folds maps those of one. With English and German, VecMap's mapping
    told right from wrong pairs no better, and with fewer than 2,000 pairs worse.

    Parameters
    ----------
    problem : Problem
        With seeds of at least as many source words as folds.
    folds : int
        At least 2.
    seed : int

    Returns
    -------
    cosines : (p,) array
    chance : (q,) array
        Of the same source words and the target words of other pairs of their fold, drawn by
        chance. Where that makes a seed pair, it is left out, so q is at most p.
    """
    pairs = problem.pairs
    words, word = np.unique(pairs[:, 0], return_inverse=True)
    if not 2 <= folds <= len(words):
        raise ValueError(f"need folds from 2 to the {len(words)} source words, got {folds}")
    rng = np.random.default_rng(seed)
    fold = rng.permutation(np.arange(len(words)) % folds)[word]
    x, y = problem.paired
    cosines, chance, drawn = np.empty(len(pairs)), np.empty(len(pairs)), np.arange(len(pairs))
    for part in range(folds):
        held = fold == part
        drawn[held] = rng.permutation(drawn[held])
        mapped = unit(procrustes(x[~held], y[~held])(x[held]))
        for scores, rows in ((cosines, y[held]), (chance, y[drawn[held]])):
            scores[held] = np.einsum("ij,ij->i", mapped, unit(rows))
    seeds = pairs @ (len(problem.y), 1)
    others = np.column_stack([pairs[:, 0], pairs[drawn, 1]]) @ (len(problem.y), 1)
    return cosines, chance[~np.isin(others, seeds)]


def wrong(cosines: Array, chance: Array) -> Array:
    """Return the probability that a pair is wrong, from its cosine.

    The cosines are taken for a mixture of two normal distributions: that of wrong pairs has the
    mean and the spread of ``chance``; that of right pairs, and the share of either, are found by
    expectation maximisation. Rare senses of a word, less close than its others, widen the second.

    Parameters
    ----------
    cosines : (p,) array
    chance : (q,) array

    Returns
    -------
    (p,) array
        In [0, 1], never rising with the cosine.
    """
    certain = np.zeros(len(cosines))
    if len(chance) < FEW or np.ptp(chance) == 0:
        log.info("too few pairs can be made by chance to audit the seeds")
        return certain
    random = Normal.of(chance, np.ones(len(chance)))
    found = (cosines < random.mean + 2 * random.spread).astype(np.float64)
    for _ in range(ROUNDS):
        if not found.any():
            return certain
        right = Normal.of(cosines, 1 - found, NARROW * random.spread)
        if right.mean <= random.mean:
            log.info("the seeds are no closer than pairs made by chance, so cannot be audited")
            return certain
        odds = np.log(found.sum() / (1 - found).sum()) + random.over(right, cosines)
        before, found = found, (1 + np.tanh(odds / 2)) / 2
        if np.abs(found - before).max() < SETTLED:
            break
    return found


@dataclass(frozen=True)
class Normal:
    """A normal distribution."""

    mean: float
    spread: float

    @classmethod
    def of(cls, values: Array, weights: Array, least: float = 0.0) -> Normal:
        """Fit one to weighted values, of a spread of at least ``least``."""
        total = weights.sum()
        if total == 0:
            return cls(-np.inf, least)  # below any other
        mean = weights @ values / total
        return cls(mean, max(np.sqrt(weights @ (values - mean) ** 2 / total), least))

    def log_density(self, x: Array) -> Array:
        """Return the logarithm of the density, up to a constant."""
        log_density: Array = -(((x - self.mean) / self.spread) ** 2) / 2 - np.log(self.spread)
        return log_density

    def over(self, higher: Normal, x: Array) -> Array:
        """Return by how much likelier this makes ``x`` than one of a higher mean does, as a log.

        Beyond the mean of the narrower one the ratio of the densities turns; it is held at its
        extreme there, so that it never rises with ``x``.
        """
        precise, other = self.spread**-2, higher.spread**-2
        if precise != other:
            turn = (precise * self.mean - other * higher.mean) / (precise - other)
            x = np.maximum(x, turn) if precise > other else np.minimum(x, turn)
        return self.log_density(x) - higher.log_density(x)
