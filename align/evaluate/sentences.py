"""Sentences as averages of their words, weighted by rarity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from align.maps import Array

Rows = npt.NDArray[np.intp]


def averages(bags: Sequence[Rows], vectors: Array) -> Array:
    """Average the vectors of the words of each sentence, rare words weighing more.

    A word that f of n sentences hold weighs ``max(1, log10(n / f))``, as in MUSE [1]_.

    Parameters
    ----------
    bags : sequence of (w,) arrays of int
        The rows of the distinct words of each sentence; of none, for a sentence of unknown words.
    vectors : (m, d) array

    Returns
    -------
    (n, d) array of float32
        A row of zeros for a sentence of unknown words.

    References
    ----------
    .. [1] Conneau et al., "Word translation without parallel data", ICLR 2018.
    """
    from scipy.sparse import csr_array

    ends = np.cumsum([0, *map(len, bags)])
    words, columns = np.unique(np.concatenate(bags), return_inverse=True)
    weights = np.maximum(1, np.log10(len(bags) / np.bincount(columns, minlength=len(words))))
    counts = csr_array((weights[columns], columns, ends), shape=(len(bags), len(words)))
    sums = counts @ vectors[words].astype(np.float64)
    totals = np.asarray(counts.sum(axis=1)).reshape(-1, 1)
    found: Array = (sums / np.where(totals > 0, totals, 1)).astype(np.float32)
    return found
