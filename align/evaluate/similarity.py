"""Word similarity: how well cosines follow the scores that people gave to pairs of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from align.evaluate.resampling import RESAMPLES, TOGETHER, Interval
from align.maps import Array
from align.normalize import unit

Missing = Literal["skip", "middle"]
RULES: tuple[Missing, ...] = get_args(Missing)
MIDDLE = 0.5  # of cosines that are taken for similarities from 0 to 1
FEWEST = 3  # pairs that can be correlated


@dataclass(frozen=True)
class Estimate:
    """A figure in [-1, 1] with its 95 % bootstrap interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Correlation:
    """How well the cosines of word pairs follow the scores that people gave.

    Parameters
    ----------
    missing : {'skip', 'middle'}
        What became of pairs that the vocabulary does not hold: left out, or given a similarity of
        0.5, the middle of the scale, as systems at SemEval-2017 had to answer every pair.
    pairs, scored, covered : int
        Pairs of the list; those that were correlated; those whose words are both there.
    spearman, pearson : Estimate
        Of ranks, and of the figures themselves.
    harmonic : Estimate
        The harmonic mean of both, by which SemEval-2017 ranks [1]_; 0 where one is not above 0.

    References
    ----------
    .. [1] Camacho-Collados et al., "SemEval-2017 Task 2: Multilingual and cross-lingual semantic
       word similarity", 2017.
    """

    missing: Missing
    pairs: int
    scored: int
    covered: int
    spearman: Estimate
    pearson: Estimate
    harmonic: Estimate

    @property
    def coverage(self) -> float:
        """Pairs whose words are both there, out of all, in [0, 1]."""
        return self.covered / self.pairs


def correlation(
    x: Array,
    y: Array,
    pairs: npt.NDArray[np.intp],
    gold: Array,
    *,
    missing: Missing = "skip",
    seed: int = 0,
) -> Correlation:
    """Correlate the cosines of pairs of rows with scores.

    Parameters
    ----------
    x, y : (n, d) and (m, d) arrays
        The same array twice for pairs of one language.
    pairs : (p, 2) array of int
        A row of ``x`` and one of ``y``; -1 for a word that is not there.
    gold : (p,) array
        The higher, the more alike.
    missing : {'skip', 'middle'}
        Of pairs with a word that is not there.
    seed : int
        Of the bootstrap over pairs.

    Raises
    ------
    ValueError
        If fewer than 3 pairs are covered, or all cosines or all scores of these are equal.
    """
    covered = (pairs >= 0).all(axis=1)
    there = pairs[covered]
    a, b = (unit(side[rows].astype(np.float64)) for side, rows in zip((x, y), there.T, strict=True))
    cosines = np.full(len(pairs), MIDDLE)
    cosines[covered] = np.einsum("ij,ij->i", a, b)
    if missing == "skip":
        gold, cosines = gold[covered], cosines[covered]
    if len(there) < FEWEST or np.ptp(gold) == 0 or np.ptp(cosines) == 0:
        raise ValueError(
            f"{len(there):,} of {len(pairs):,} pairs are covered, and {FEWEST} of unlike scores "
            "are needed to correlate them"
        )
    estimates = map(Estimate, figures(gold, cosines).tolist(), intervals(gold, cosines, seed))
    return Correlation(missing, len(pairs), len(gold), len(there), *estimates)


def figures(a: Array, b: Array, axis: int = -1) -> Array:
    """Return Spearman's and Pearson's correlation of samples, and their harmonic mean.

    Parameters
    ----------
    a, b : (..., n) arrays
        Samples of n pairs of numbers.
    axis : int
        The last.

    Returns
    -------
    (3, ...) array
        In [-1, 1]; 0 where one side of a sample is constant.
    """
    from scipy.stats import rankdata

    spearman = _pearson(rankdata(a, axis=axis), rankdata(b, axis=axis))
    pearson = _pearson(a, b)
    positive = (spearman > 0) & (pearson > 0)
    harmonic = _share(2 * spearman * pearson, np.where(positive, spearman + pearson, 0))
    return np.stack([spearman, pearson, harmonic])


def intervals(a: Array, b: Array, seed: int) -> list[Interval]:
    """Return the 95 % percentile bootstrap intervals of the `figures` of n pairs of numbers."""
    from scipy.stats import bootstrap

    ends = bootstrap(
        (a, b),
        figures,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=TOGETHER,
        method="percentile",
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return list(zip(ends.low.tolist(), ends.high.tolist(), strict=True))


def _pearson(a: Array, b: Array) -> Array:
    a, b = (side - side.mean(axis=-1, keepdims=True) for side in (a, b))
    spread = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    return _share((a * b).sum(axis=-1), spread)


def _share(part: Array, whole: Array) -> Array:
    """Divide; 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)
