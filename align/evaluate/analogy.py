"""Analogies: the word d of which c is to d as a is to b."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from align.maps import Array
from align.steps import OnStep, Step, silent

Way = Literal["3cosadd", "3cosmul"]
WAYS: tuple[Way, ...] = get_args(Way)
EPSILON = 1e-3  # of 3CosMul, so that it never divides by 0
CELLS = 1 << 22  # cosines held at once, several times over
TOGETHER = 256  # questions scored at once


def analogies(
    vectors: Array,
    questions: npt.NDArray[np.intp],
    ways: tuple[Way, ...] = WAYS,
    *,
    on_step: OnStep = silent,
) -> npt.NDArray[np.intp]:
    """Answer questions by the word that fits best, the three words asked excluded.

    3CosAdd takes the word d of the highest ``cos(d, b) + cos(d, c) - cos(d, a)``; 3CosMul that of
    the highest ``s(d, b) s(d, c) / (s(d, a) + 0.001)``, with ``s = (cos + 1) / 2`` [1]_.

    Parameters
    ----------
    vectors : (n, d) array
        Rows of length 1; n is at least 4.
    questions : (q, 3) array of int
        The rows of a, b and c.
    ways : tuple of {'3cosadd', '3cosmul'}

    Returns
    -------
    (w, q) array of int
        The answers, by each way. Cosines are computed in double precision and rounded to single;
        of equal scores the first row is taken.

    References
    ----------
    .. [1] Levy and Goldberg, "Linguistic regularities in sparse and explicit word
       representations", CoNLL 2014.
    """
    words, places = np.unique(questions, return_inverse=True)
    places = places.reshape(questions.shape)
    asked = vectors[words].astype(np.float64)
    best = np.zeros((len(ways), len(questions)), dtype=np.intp)
    scores = np.full(best.shape, -np.inf, dtype=np.float32)
    piece = max(1, CELLS // max(TOGETHER, len(words)))
    for left in range(0, len(vectors), piece):
        rows = vectors[left : left + piece].astype(np.float64)
        cosines = (asked @ rows.T).astype(np.float32)
        for start in range(0, len(questions), TOGETHER):
            part = slice(start, start + TOGETHER)
            outside = _positions(questions[part] - left, len(rows))
            for way, kept, top in zip(ways, best, scores, strict=True):
                fits = _fits(way, *(cosines[places[part, i]] for i in range(3)))
                fits[outside] = -np.inf
                found = fits.argmax(axis=1)
                value = fits[np.arange(len(fits)), found]
                better = value > top[part]
                kept[part][better], top[part][better] = found[better] + left, value[better]
        on_step(Step("analogies", min(left + piece, len(vectors)), len(vectors)))
    return best


def _fits(way: Way, a: Array, b: Array, c: Array) -> Array:
    """Return how well every row fits, (q, m), from its cosines with the three words."""
    if way == "3cosadd":
        b += c
        b -= a
        return b
    for cosines in (a, b, c):
        cosines += 1
        cosines *= np.float32(0.5)
    a += np.float32(EPSILON)
    b *= c
    b /= a
    return b


def _positions(
    asked: npt.NDArray[np.intp], m: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return where the words that are asked stand among m rows, as an index of (q, m) scores."""
    question, word = np.nonzero((asked >= 0) & (asked < m))
    return question, asked[question, word]
