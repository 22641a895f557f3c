"""What describes a word, but does not change when its side is rotated."""

from __future__ import annotations

import numpy as np

from align.maps import Array
from align.normalize import unit
from align.solvers.multistep import spread

LEAST = 3  # words of either side
MOST = 4000  # words that every word is compared with
BANDS = 8
KIN = 50
TOGETHER = 1024  # words compared at once


def profiles(x: Array, among: int) -> Array:
    """Describe words by their distances within their own language, and by their frequency.

    A word has the mean cosine to its nearest words, to the next ones, and so on, in bands that
    grow geometrically, and the logarithm of its rank; then the means of these over its nearest
    words. Of translations these are alike as far as both sides are the same up to a rotation:
    VecMap's start stands on such cosines alone [1]_. As there, half of the whitening is done first.

    Parameters
    ----------
    x : (n, d) array
        The most frequent word first.
    among : int
        The words that every word is compared with: the first so many, at least 3, at most n.

    Returns
    -------
    (n, 2 * q) array of float32
        q is 9, or less where words are few; columns have mean 0 and variance 1.

    References
    ----------
    .. [1] Artetxe et al., "A robust self-learning method for fully unsupervised cross-lingual
       mappings of word embeddings", ACL 2018.
    """
    rows = unit((x @ spread(x[:among].astype(np.float64), -0.5)).astype(np.float32))
    ends = np.unique(np.geomspace(1, among, BANDS + 1).astype(int)) - 1
    near, kin = [], []
    for start in range(0, len(rows), TOGETHER):
        some = np.arange(start, min(start + TOGETHER, len(rows)))
        cosines = rows[some] @ rows[:among].T
        known = some[some < among]
        cosines[known - start, known] = -2  # a word is not compared with itself
        most = min(KIN, among - 1)
        kin.append(np.argpartition(-cosines, most - 1, axis=1)[:, :most])
        falling = -np.sort(-cosines, axis=1)[:, :-1]
        near.append(np.add.reduceat(falling, ends[:-1], axis=1) / np.diff(ends))
    own = _standard(np.column_stack([np.concatenate(near), np.log(np.arange(len(rows)) + 10.0)]))
    theirs = np.concatenate([own[some].mean(axis=1) for some in kin])
    return np.column_stack([own, _standard(theirs)]).astype(np.float32)


def _standard(columns: Array) -> Array:
    """Bring every column to mean 0 and variance 1; one that does not vary to 0."""
    centered = columns - columns.mean(axis=0)
    deviations = centered.std(axis=0)
    standard: Array = centered / np.where(deviations > 1e-6, deviations, 1)
    return standard
