"""`Neighbours`, the answer of every search, and how candidates become one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from align.maps import Array

Rows = npt.NDArray[np.intp]
TOGETHER = 64  # queries whose candidates are scored at once: they fit in the cache
PIECE = 8192  # rows of a base multiplied at once
SPARE = 4  # candidates more than asked, so that rounding cannot push a neighbour out


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k best rows of a base for every query, best first; equal scores in order of row.

    Parameters
    ----------
    rows : (q, k) array of int
    scores : (q, k) array of float32
        Computed in double precision and rounded, so every exact search gives the same.
    recall : float
        The share of the true neighbours that are here: 1 for an exact search, else as measured
        on a sample of the queries.
    """

    rows: Rows
    scores: npt.NDArray[np.float32]
    recall: float = 1.0

    @classmethod
    def none(cls, k: int) -> Neighbours:
        """Return the answer to no queries."""
        return cls(np.empty((0, k), dtype=np.intp), np.empty((0, k), dtype=np.float32))

    @property
    def k(self) -> int:
        """Neighbours of each query."""
        return int(self.rows.shape[1])

    @cached_property
    def means(self) -> npt.NDArray[np.float32]:
        """The mean score of each query's neighbours, (q,); high for hubs."""
        means: npt.NDArray[np.float32] = self.scores.mean(axis=1, dtype=np.float64).astype("f4")
        return means


def require_k(k: int, base: int) -> None:
    """Raise a ValueError where k neighbours cannot be had."""
    if not 1 <= k <= base:
        raise ValueError(f"k must be between 1 and the {base} vectors that are searched, got {k}")


def codes(pairs: Rows) -> Rows:
    """Return one number for each pair of rows, in order of the first, then of the second."""
    found: Rows = (pairs[:, 0] << 32) + pairs[:, 1]
    return found


def single(penalty: Array | None) -> Array | None:
    """Return a penalty in single precision, so that every search subtracts the same numbers."""
    return None if penalty is None else np.asarray(penalty, dtype=np.float32)


def scored(queries: Array, base: Array, rows: Rows, penalty: Array | None) -> Array:
    """Return the inner products of queries with candidates, less the candidates' penalty.

    Parameters
    ----------
    queries, base : (q, d) and (m, d) arrays
    rows : (q, c) array of int
        Rows of ``base``.
    penalty : (m,) array, optional

    Returns
    -------
    (q, c) array of float32
        Computed in double precision.
    """
    scores = np.empty(rows.shape, dtype=np.float64)
    for start in range(0, len(rows), TOGETHER):
        part = slice(start, start + TOGETHER)
        candidates = base[rows[part]].astype(np.float64)
        scores[part] = (candidates @ queries[part].astype(np.float64)[:, :, None])[:, :, 0]
    if penalty is not None:
        scores -= penalty[rows]
    return scores.astype(np.float32)


def best(rows: Rows, scores: Array, k: int) -> Neighbours:
    """Sort candidates, ties by row, and keep k of each query."""
    order = np.lexsort((rows, -scores), axis=1)[:, :k]
    kept = np.take_along_axis(scores, order, axis=1).astype(np.float32, copy=False)
    return Neighbours(np.take_along_axis(rows, order, axis=1).astype(np.intp, copy=False), kept)


def in_double(
    queries: Array, base: Array, penalty: Array | None, k: int, memory: int
) -> Neighbours:
    """Search in double precision: slow, and right where scores are equal or nearly so.

    Parameters
    ----------
    queries, base : (q, d) and (m, d) arrays
    penalty : (m,) array, optional
    k : int
    memory : int
        Bytes to take.
    """
    found = [Neighbours.none(k)]
    block = int(np.clip(memory // (8 * len(base)), 1, 256))
    for start in range(0, len(queries), block):
        asked = queries[start : start + block].astype(np.float64)
        scores = np.empty((len(asked), len(base)), dtype=np.float32)
        for left in range(0, len(base), PIECE):
            part = slice(left, left + PIECE)
            piece = asked @ base[part].astype(np.float64).T
            scores[:, part] = piece if penalty is None else piece - penalty[part]
        found += [_best_of(line, k) for line in scores]
    return Neighbours(
        np.concatenate([one.rows for one in found]), np.concatenate([one.scores for one in found])
    )


def _best_of(line: Array, k: int) -> Neighbours:
    """Return the k best of all scores of one query, the first rows of equal ones."""
    least = np.partition(line, len(line) - k)[len(line) - k]
    rows = np.flatnonzero(line >= least)
    return best(rows[None], line[rows][None], k)
