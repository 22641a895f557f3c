"""Intervals by resampling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
TOGETHER = 100  # resamples held at once


def bootstrap_interval(
    values: npt.ArrayLike, *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a mean.

    Parameters
    ----------
    values : (n,) array
        One value per source word, the unit that is resampled.
    level : float
        The confidence level, in (0, 1).
    seed : int
        The same seed gives the same interval.

    Returns
    -------
    float, float
        Ends of the interval; (0, 1) for fewer than two values, which say nothing.

    References
    ----------
    .. [1] Efron and Tibshirani, "An introduction to the bootstrap", 1993.
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return 0.0, 1.0
    rng = np.random.default_rng(seed)
    means = [
        values[rng.integers(0, len(values), (TOGETHER, len(values)))].mean(axis=1)
        for _ in range(RESAMPLES // TOGETHER)
    ]
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_figures(
    figures: Callable[..., npt.NDArray[np.floating]],
    *data: npt.ArrayLike,
    level: float = 0.95,
    seed: int = 0,
) -> list[tuple[float, float]]:
    """Return percentile bootstrap intervals of several figures of the same units.

    Parameters
    ----------
    figures : callable
        Takes the data of r samples, (r, n) each, and ``axis``, which is -1; gives the f figures of
        each sample, (f, r).
    *data : (n,) arrays
        One value for each unit that is resampled, as a pair of words.
    level, seed
        As of `bootstrap_interval`.

    Returns
    -------
    list of (float, float)
        One for each figure.
    """
    from scipy.stats import bootstrap

    ends = bootstrap(
        data,
        figures,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=TOGETHER,
        confidence_level=level,
        method="percentile",
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return list(zip(ends.low.tolist(), ends.high.tolist(), strict=True))
