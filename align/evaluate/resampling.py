"""Intervals and tests by resampling source words."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
FLIPS = 9999
TOGETHER = 100  # resamples held at once
ROUNDING = 1e-12  # values closer than this are equal
Interval = tuple[float, float]
Values = npt.NDArray[np.float64]
NORMAL = NormalDist()


def bootstrap_interval(
    values: npt.ArrayLike,
    *,
    bounds: Interval = (0.0, 1.0),
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return the bootstrap interval of a mean; `bootstrap_intervals` has the parameters."""
    [interval] = bootstrap_intervals(
        np.asarray(values, dtype=np.float64)[:, None], bounds=bounds, level=level, seed=seed
    )
    return interval


def bootstrap_intervals(
    totals: npt.ArrayLike,
    sizes: npt.ArrayLike | None = None,
    *,
    bounds: Interval = (0.0, 1.0),
    level: float = 0.95,
    seed: int = 0,
) -> list[Interval]:
    """Return bias-corrected and accelerated bootstrap intervals of means [1]_.

    The percentile interval of a share is too narrow near 0 and 1, and lies on the wrong side of
    it: this one covers. Where all units have the same value, resampling shows no spread at all,
    and a share of up to ``u = 1 - ((1 - level) / 2) ** (1 / n)`` of the units may be of another
    kind that was not drawn: the interval is what ``u`` of them at either bound would make of the
    mean (of hits, that is the one of Clopper and Pearson).

    Parameters
    ----------
    totals : (n, m) array
        A row per unit that is resampled, such as a source word; a column per mean.
    sizes : (n,) array, optional
        How many values each total is the sum of, at least 1; by default 1.
    bounds : (float, float)
        The least and the largest value that can be.
    level : float
        The confidence level, in (0, 1).
    seed : int
        The same seed gives the same intervals.

    Returns
    -------
    list of (float, float)
        For each column, within the bounds.

    References
    ----------
    .. [1] Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
       Association 82, 1987.
    """
    sums = np.asarray(totals, dtype=np.float64)
    n = np.ones(len(sums)) if sizes is None else np.asarray(sizes, dtype=np.float64)
    means, values = sums.sum(axis=0) / n.sum(), sums / n[:, None]
    unseen = 1 - ((1 - level) / 2) ** (1 / len(sums))
    intervals = [(m + unseen * (bounds[0] - m), m + unseen * (bounds[1] - m)) for m in means]
    varied = np.flatnonzero(np.ptp(values, axis=0) > ROUNDING)
    if len(varied):
        drawn = _resampled(sums[:, varied], n, seed)
        rest = (sums.sum(axis=0) - sums) / (n.sum() - n)[:, None]
        for place, column in enumerate(varied):
            ends = _accelerated(means[column], drawn[:, place], rest[:, column], level)
            intervals[column] = ends
    return [(float(low), float(high)) for low, high in intervals]


def _resampled(totals: Values, sizes: Values, seed: int) -> Values:
    """Return the means of resamples of the units, (resamples, m)."""
    rng = np.random.default_rng(seed)
    n = len(totals)
    start = n * np.arange(TOGETHER)[:, None]
    means = []
    for _ in range(RESAMPLES // TOGETHER):
        units = rng.integers(0, n, (TOGETHER, n)) + start
        times = np.bincount(units.ravel(), minlength=TOGETHER * n).reshape(TOGETHER, n)
        means.append((times @ totals) / (times @ sizes)[:, None])
    return np.concatenate(means)


def _accelerated(mean: float, drawn: Values, rest: Values, level: float) -> Interval:
    """Return the interval of one mean.

    Parameters
    ----------
    drawn : (resamples,) array
        The means of the resamples.
    rest : (n,) array
        The means without each unit, whose skewness says how the spread grows with the mean.
    """
    below = (np.mean(drawn < mean) + np.mean(drawn <= mean)) / 2
    bias = NORMAL.inv_cdf(min(max(float(below), 0.5 / len(drawn)), 1 - 0.5 / len(drawn)))
    apart = rest.mean() - rest
    acceleration = (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)
    shares = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        z = bias + NORMAL.inv_cdf(share)
        shares.append(NORMAL.cdf(bias + z / (1 - acceleration * z)))
    low, high = np.quantile(drawn, shares)
    return low, high


def randomisation(differences: npt.ArrayLike, *, flips: int = FLIPS, seed: int = 0) -> float:
    """Return the probability of a mean at least so far from 0 if the signs were chance.

    Approximate randomisation [1]_: two systems answered the same words, and if they are equally
    good, each word's difference could as well be the other way round.

    Parameters
    ----------
    differences : (n,) array
        Of the two systems' values on each word.
    flips : int
        How many arrangements of signs are drawn.
    seed : int
        The same seed gives the same signs.

    Returns
    -------
    float
        In (0, 1]; the data themselves count as one of the arrangements.

    References
    ----------
    .. [1] Noreen, "Computer-intensive methods for testing hypotheses", 1989.
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[values != 0]
    rng = np.random.default_rng(seed)
    least = abs(values.sum()) * (1 - 1e-12)  # equal but for the order of the sum
    as_far = 1
    for start in range(0, flips, TOGETHER):
        shape = (min(TOGETHER, flips - start), len(values))
        flipped = (2.0 * rng.integers(0, 2, shape) - 1) @ values
        as_far += int(np.count_nonzero(np.abs(flipped) >= least))
    return as_far / (flips + 1)


def holm(p: npt.ArrayLike) -> Values:
    """Correct the p of several tests for their number, step by step from the smallest [1]_.

    Parameters
    ----------
    p : (m,) array
        In [0, 1].

    Returns
    -------
    (m,) array
        In [0, 1]: whoever calls those below ``a`` significant is wrong about any of them with a
        probability of at most ``a``, however the tests depend on each other.

    References
    ----------
    .. [1] Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
       Statistics 6, 1979.
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values)
    corrected = np.empty_like(values)
    stepped = values[order] * np.arange(len(values), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return corrected
