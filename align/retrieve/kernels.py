"""Compiled loops for what NumPy cannot say fast: the best of a block of scores, chosen products.

The scores are bfloat16 numbers seen as int16. `_ordered` turns their bits into integers of the
same order. What takes ``a`` and ``b`` works on rows (or columns) from the one to the other, without
the interpreter's lock, so that threads can share a block.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from embeddings.compiling import compiled

WIDTH = 64  # scores looked at together: one comparison tells whether any is wanted
STRIP = 2048  # columns whose thresholds stay in the cache
EMPTY = -32768  # below every score
Keys = npt.NDArray[np.int16]
Rows = npt.NDArray[np.int32]
_compiled = partial(compiled, fastmath={"reassoc", "contract"})  # sums in any order


@numba.njit(inline="always")
def _ordered(bits: Any) -> Any:  # noqa: ANN401  # one int16
    return bits ^ ((bits >> np.int16(15)) & np.int16(0x7FFF))


@numba.njit(inline="always")
def _insert(keys: Any, rows: Any, key: Any, row: Any) -> None:  # noqa: ANN401
    place = len(keys) - 1
    while place > 0 and keys[place - 1] < key:
        keys[place] = keys[place - 1]
        rows[place] = rows[place - 1]
        place -= 1
    keys[place] = key
    rows[place] = row


@_compiled
def best_of_rows(scores: Keys, keys: Keys, rows: Rows, first: int, a: int, b: int) -> None:
    """Keep the best scores of each row of a block.

    Parameters
    ----------
    scores : (q, m) array
        A block; its column j is row ``first + j`` of the base.
    keys, rows : (q, c) arrays
        The best so far, descending; updated.
    """
    m = scores.shape[1]
    whole = m - m % WIDTH
    for i in range(a, b):
        line = scores[i]
        low = keys[i, -1]
        for start in range(0, whole, WIDTH):
            top = np.int16(EMPTY)
            for j in range(start, start + WIDTH):
                top = max(top, _ordered(line[j]))
            if top > low:
                for j in range(start, start + WIDTH):
                    key = _ordered(line[j])
                    if key > low:
                        _insert(keys[i], rows[i], key, first + j)
                        low = keys[i, -1]
        for j in range(whole, m):
            key = _ordered(line[j])
            if key > low:
                _insert(keys[i], rows[i], key, first + j)
                low = keys[i, -1]


@_compiled
def best_of_columns(
    scores: Keys, keys: Keys, rows: Rows, lows: Keys, first: int, a: int, b: int
) -> None:
    """Keep the best scores of each column of a block.

    Parameters
    ----------
    scores : (q, m) array
        A block; its row i is row ``first + i`` of the queries.
    keys, rows : (m, c) arrays
        The best so far, descending; updated.
    lows : (m,) array
        The last column of ``keys``; updated.
    """
    for left in range(a, b, STRIP):
        right = min(left + STRIP, b)
        whole = left + (right - left) // WIDTH * WIDTH
        for i in range(scores.shape[0]):
            for start in range(left, whole, WIDTH):
                line = scores[i, start : start + WIDTH]
                low = lows[start : start + WIDTH]
                wanted = np.int16(0)
                for j in range(WIDTH):
                    wanted += np.int16(_ordered(line[j]) > low[j])
                if wanted:
                    for j in range(WIDTH):
                        key = _ordered(line[j])
                        if key > low[j]:
                            _insert(keys[start + j], rows[start + j], key, first + i)
                            low[j] = keys[start + j, -1]
            for j in range(whole, right):
                key = _ordered(scores[i, j])
                if key > lows[j]:
                    _insert(keys[j], rows[j], key, first + i)
                    lows[j] = keys[j, -1]


@_compiled
def inner_products(
    queries: Any,  # noqa: ANN401
    base: Any,  # noqa: ANN401
    rows: Any,  # noqa: ANN401
    scores: Any,  # noqa: ANN401
    a: int,
    b: int,
) -> None:
    """Fill (q, c) ``scores`` with the products of queries and candidates, in double precision.

    A negative row is no candidate, and scores minus infinity. Four candidates are taken at once, as
    their rows then come from memory together.
    """
    last = rows.shape[1] - 1
    for i in range(a, b):
        query = queries[i]
        for place in range(0, last + 1, 4):
            second, third, fourth = min(place + 1, last), min(place + 2, last), min(place + 3, last)
            one, two = base[rows[i, place]], base[rows[i, second]]
            three, four = base[rows[i, third]], base[rows[i, fourth]]
            total_1, total_2, total_3, total_4 = 0.0, 0.0, 0.0, 0.0
            for j in range(len(query)):
                number = np.float64(query[j])
                total_1 += number * np.float64(one[j])
                total_2 += number * np.float64(two[j])
                total_3 += number * np.float64(three[j])
                total_4 += number * np.float64(four[j])
            scores[i, place], scores[i, second] = total_1, total_2
            scores[i, third], scores[i, fourth] = total_3, total_4
        for place in range(last + 1):
            if rows[i, place] < 0:
                scores[i, place] = -np.inf


@_compiled
def places(scores: Any, asked: Any, lows: Any, highs: Any, ahead: Any) -> Any:  # noqa: ANN401
    """Count the scores above ``highs``, and find those between, both bounds included.

    Parameters
    ----------
    scores : (u, m) array
    asked : (p,) array of int
        The row of ``scores`` that each bound is for.
    lows, highs : (p,) arrays
    ahead : (p,) array of int
        The counts are added to it.

    Returns
    -------
    (o, 2) array of int
        The number of a bound and the column of a score between, in order.
    """
    between = np.zeros(len(asked), dtype=np.intp)
    for i in range(len(asked)):
        line, low, high = scores[asked[i]], lows[i], highs[i]
        above, reached = 0, 0
        for j in range(len(line)):
            above += line[j] > high
            reached += line[j] >= low
        ahead[i] += above
        between[i] = reached - above
    found = np.empty((between.sum(), 2), dtype=np.intp)
    place = 0
    for i in range(len(asked)):
        if between[i] == 0:
            continue
        line, low, high = scores[asked[i]], lows[i], highs[i]
        for j in range(len(line)):
            if low <= line[j] <= high:
                found[place, 0] = i
                found[place, 1] = j
                place += 1
    return found


@_compiled
def sampled_products(
    x: Any,  # noqa: ANN401
    y: Any,  # noqa: ANN401
    starts: Any,  # noqa: ANN401
    columns: Any,  # noqa: ANN401
    products: Any,  # noqa: ANN401
) -> None:
    """Fill ``products`` with the chosen entries of ``x @ y.T``, in the precision of the vectors.

    Parameters
    ----------
    x, y : (n, d) and (m, d) arrays
    starts, columns, products : (n + 1,), (e,) and (e,) arrays
        A matrix in compressed rows: the entries of row i are from ``starts[i]`` to
        ``starts[i + 1]``.
    """
    for i in range(len(starts) - 1):
        for place in range(starts[i], starts[i + 1]):
            other = y[columns[place]]
            total = x[i, 0] * other[0]
            for j in range(1, x.shape[1]):
                total += x[i, j] * other[j]
            products[place] = total
