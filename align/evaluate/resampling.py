"""Intervals by resampling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000


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
    from scipy.stats import bootstrap  # half a second to import

    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return 0.0, 1.0
    found = bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=100,
        confidence_level=level,
        method="percentile",
        random_state=np.random.default_rng(seed),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
