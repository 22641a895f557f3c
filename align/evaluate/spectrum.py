"""The singular values of a language's vectors, and how those of two languages differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from align.maps import Array


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The singular values of a matrix of word vectors [1]_.

    Parameters
    ----------
    values : (d,) array
        The largest first.

    References
    ----------
    .. [1] Dubossarsky et al., "The secret is in the spectra: predicting cross-lingual task
       performance with spectral similarity measures", EMNLP 2020.
    .. [2] Roy and Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO
       2007.
    """

    values: Array

    @classmethod
    def of(cls, x: Array) -> Spectrum:
        """Decompose (n, d) rows; values that are only rounding count as 0."""
        values = np.linalg.svd(x.astype(np.float64), compute_uv=False)
        rounding = x.shape[1] * np.finfo(np.result_type(x, np.float32)).eps
        return cls(np.where(values > rounding * values[0], values, 0.0))

    @property
    def condition(self) -> float:
        """The largest singular value over the smallest, at least 1; infinite if that is 0."""
        return self._over(len(self.values))

    @cached_property
    def rank(self) -> float:
        """The effective rank [2]_: ``exp`` of the entropy of the singular values, in [1, d]."""
        shares = self.values[self.values > 0] / self.values.sum()
        return float(np.exp(-(shares * np.log(shares)).sum()))

    @property
    def effective_condition(self) -> float:
        """The largest singular value over the one at the effective rank, rounded down."""
        return self._over(int(self.rank + 1e-9))

    def gap(self, other: Spectrum) -> float:
        """Return the sum of the squared differences of log singular values; 0 for equal spectra.

        Over the dimensions that both have, and in which both vary.
        """
        d = min(len(self.values), len(other.values))
        a, b = self.values[:d], other.values[:d]
        both = (a > 0) & (b > 0)
        return float(((np.log(a[both]) - np.log(b[both])) ** 2).sum())

    def _over(self, i: int) -> float:
        least = self.values[i - 1]
        return float(self.values[0] / least) if least else np.inf


def harmonic_mean(a: float, b: float) -> float:
    """Return ``2 a b / (a + b)`` of two positive numbers, which may be infinite."""
    inverse = 1 / a + 1 / b
    return 2 / inverse if inverse else np.inf
