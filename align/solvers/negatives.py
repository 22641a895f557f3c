"""Hard negatives: the wrong words nearest to each seed word, and their products as a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from align.maps import Array
from align.normalize import unit
from align.retrieve import ready
from align.retrieve.neighbours import Rows


def hard_negatives(queries: Array, base: Array, known: Rows, count: int) -> Rows:
    """Find the rows of the base nearest to each query by cosine, its known translations left out.

    Parameters
    ----------
    queries, base : (q, d) and (m, d) arrays
    known : (t, 2) array of int
        A query and a row that translates it, which may lie beyond the base.
    count : int
        At most so many for each query.

    Returns
    -------
    (q, c) array of int
        Nearest first; -1 where the base has no more. c is ``count``, or m where that is less.
    """
    most = int(np.bincount(known[:, 0]).max(initial=0))
    k = min(count + most, len(base))
    found = ready(base)(unit(queries.astype(np.float32)), k).rows
    asked = np.arange(len(queries))[:, None]
    size = max(len(base), int(known[:, 1].max(initial=0)) + 1)
    right = np.isin(asked * size + found, known[:, 0] * size + known[:, 1])
    order = np.argsort(right, axis=1, kind="stable")[:, :count]  # the wrong ones first
    rows: Rows = np.take_along_axis(np.where(right, -1, found), order, axis=1)
    return rows


@dataclass(frozen=True, eq=False)
class Contrast:
    """Pairs and negatives as the entries of one sparse matrix, sources by targets.

    Only rows that occur take part. An entry is the product of a pair, or that of a seed word with
    one of its negatives; the latter form a group for each seed word of either side, so the
    products of a word with several translations are computed once.

    Parameters
    ----------
    sources, targets : (n,) and (m,) array of int
        The rows of ``x`` and ``y`` that occur, ascending.
    pairs : (p, 2) array of int
        Places in ``sources`` and ``targets``.
    starts, columns : (n + 1,) and (e,) array of int
        The matrix in compressed rows.
    groups : (e,) array of int
        Whose negative an entry is: i of the source at place i, n + j of the target at place j,
        n + m of none, the entry of a pair.
    own : (p,) array of int
        The entry of each pair.
    """

    sources: Rows
    targets: Rows
    pairs: Rows
    starts: Rows
    columns: Rows
    groups: Rows
    own: Rows

    @classmethod
    def of(cls, pairs: Rows, near_targets: Rows, near_sources: Rows) -> Contrast:
        """Order the entries.

        Parameters
        ----------
        pairs : (p, 2) array of int
            Different ones.
        near_targets : (s, c) array of int
            The negatives of every source word of the pairs, ascending; -1 for none.
        near_sources : (t, c) array of int
            The same of every target word.
        """
        x_words, y_words = (np.unique(side) for side in pairs.T)
        there, back = near_targets >= 0, near_sources >= 0
        i = [pairs[:, 0], np.repeat(x_words, there.sum(axis=1)), near_sources[back]]
        j = [pairs[:, 1], near_targets[there], np.repeat(y_words, back.sum(axis=1))]
        (sources, rows), (targets, columns) = (
            np.unique(np.concatenate(side), return_inverse=True) for side in (i, j)
        )
        p, q = len(pairs), len(pairs) + len(i[1])
        groups = np.full(len(rows), len(sources) + len(targets))
        groups[p:q], groups[q:] = rows[p:q], len(sources) + columns[q:]
        order = np.argsort(rows * len(targets) + columns, kind="stable")
        places = np.empty(len(order), dtype=np.intp)
        places[order] = np.arange(len(order))
        starts = np.searchsorted(rows[order], np.arange(len(sources) + 1))
        local = np.column_stack([rows[:p], columns[:p]])
        return cls(sources, targets, local, starts, columns[order], groups[order], places[:p])

    def products(self, a: Array, b: Array) -> Array:
        """Return the product of every entry, (e,) in double precision.

        Parameters
        ----------
        a, b : (n, d) and (m, d) arrays
        """
        from align.retrieve.kernels import sampled_products  # compiled; `import align` is light

        products = np.empty(len(self.columns))
        sampled_products(a, b, self.starts, self.columns, products)
        return products

    def matrix(self, values: Array) -> Any:  # noqa: ANN401  # scipy ships no types
        """Return the (n, m) sparse matrix of these values of the entries."""
        from scipy.sparse import csr_array

        shape = len(self.sources), len(self.targets)
        return csr_array((values, self.columns, self.starts), shape=shape)
