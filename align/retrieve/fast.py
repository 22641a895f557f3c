"""Approximate search with FAISS: product quantisation to find candidates, exact scores to rank."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from align.maps import Array
from align.retrieve.flat import require_faiss
from align.retrieve.neighbours import Neighbours, best, require_k, single
from align.retrieve.search import Index, Search, in_turn
from align.steps import OnStep, Step, silent

SMALL = 1e11  # multiplications that an exact search does sooner than an index is made
MANY = 1_000_000  # rows from which on only a part of the base is looked at
BLOCK = 4096  # queries searched at once
SAMPLE = 1000  # queries that the recall is measured on
TRAINED_ON = 20_000  # rows
CELLS = 512
EFFORTS = (
    3,
    4,
    6,
    8,
    12,
    16,
    24,
    32,
    64,
)  # candidates per neighbour; of many rows also so many cells in 256
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fast:
    """Search that may miss a neighbour, where this saves time.

    4-bit product quantisation, scanned whole, and above a million rows only in the nearest cells.
    The effort is the least that reaches the recall asked on a sample of the queries at hand; where
    none does, the exact search is used, and the log says so. FAISS keeps a copy of the base, which
    no budget bounds.

    Parameters
    ----------
    exact : Search
        To measure the recall against, and to fall back to.
    recall : float
        The share of the true neighbours that must be found, in (0, 1].
    least : int
        Rows of a base from which on this is the faster one; smaller ones are searched exactly.
    """

    exact: Search
    recall: float = 0.997
    least: int = 0

    name = "fast"

    def __post_init__(self) -> None:
        if not 0 < self.recall <= 1:
            raise ValueError(f"the recall must be above 0 and at most 1, got {self.recall}")

    def index(self, base: Array, penalty: Array | None = None) -> FastIndex:
        """Make a base ready; what takes time waits for the first large search."""
        return FastIndex(np.ascontiguousarray(base, dtype=np.float32), single(penalty), self)

    def both(
        self,
        x: Index,
        y: Index,
        k: int,
        *,
        like: tuple[Neighbours, Neighbours] | None = None,
        on_step: OnStep = silent,
    ) -> tuple[Neighbours, Neighbours]:
        """Search in one direction, then in the other."""
        if not self.pays(x.base, y.base):
            exact = self.exact.index
            return self.exact.both(exact(x.base), exact(y.base), k, like=like, on_step=on_step)
        return in_turn(x, y, k, on_step)

    def pays(self, queries: Array, base: Array) -> bool:
        """Whether this is sooner than the exact search."""
        return len(queries) * base.size >= SMALL and len(base) >= self.least


@dataclass(frozen=True, eq=False)
class FastIndex:
    """A base for `Fast`."""

    base: Array
    penalty: Array | None
    search: Fast

    def __call__(
        self, queries: Array, k: int, *, stage: str = "search", on_step: OnStep = silent
    ) -> Neighbours:
        """Find neighbours; the answer carries the recall that was measured."""
        require_k(k, len(self.base))
        exact = self.search.exact.index(self.base, self.penalty)
        if not self.search.pays(queries, self.base):
            return exact(queries, k, stage=stage, on_step=on_step)
        sample = queries[:: max(1, len(queries) // SAMPLE)]
        true, recall = exact(sample, k).rows, 0.0
        for effort in EFFORTS:
            found = self._found(sample, k, effort, lambda done: None)
            recall = float(
                np.mean([len(np.intersect1d(*two)) for two in zip(found.rows, true, strict=True)])
                / k
            )
            if recall >= self.search.recall:
                break
        else:
            log.warning(
                "fast search reached a recall of %.4f on %d queries, asked was %.4f: exact search",
                recall,
                len(sample),
                self.search.recall,
            )
            return exact(queries, k, stage=stage, on_step=on_step)
        log.info("fast search: recall %.4f on %d queries, effort %d", recall, len(sample), effort)
        found = self._found(
            queries, k, effort, lambda done: on_step(Step(stage, done, len(queries)))
        )
        if len(open_ := np.flatnonzero((found.rows < 0).any(axis=1))):  # cells with too few rows
            again = exact(queries[open_], k)
            found.rows[open_], found.scores[open_] = again.rows, again.scores
        return Neighbours(found.rows, found.scores, recall)

    def _found(
        self, queries: Array, k: int, effort: int, tell: Callable[[int], None]
    ) -> Neighbours:
        faiss, index = require_faiss(), self._built
        index.k_factor = effort
        if len(self.base) >= MANY:
            cells = faiss.extract_index_ivf(index)
            cells.nprobe = max(1, cells.nlist * effort // 256)
        rows = np.empty((len(queries), k), dtype=np.intp)
        scores = np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries), BLOCK):
            block = np.ascontiguousarray(queries[start : start + BLOCK], dtype=np.float32)
            end = start + len(block)
            asked = np.hstack([block, np.full((len(block), self._extra.shape[1]), -1, np.float32)])
            products, candidates = index.search(asked, k)
            found = best(candidates, products, k)
            rows[start:end], scores[start:end] = found.rows, found.scores
            tell(end)
        return Neighbours(rows, scores)

    @cached_property
    def _extra(self) -> Array:
        """The penalty as a column, and zeros to make the number of dimensions even, (m, 0 to 2)."""
        columns = [] if self.penalty is None else [self.penalty]
        if (self.base.shape[1] + len(columns)) % 2:
            columns.append(np.zeros(len(self.base), dtype=np.float32))
        return np.array(columns, dtype=np.float32).reshape(len(columns), len(self.base)).T

    @cached_property
    def _built(self) -> Any:  # noqa: ANN401  # a FAISS index
        faiss = require_faiss()
        m, d = len(self.base), self.base.shape[1] + self._extra.shape[1]
        cells = f"IVF{min(CELLS, max(1, m // 39))}," if m >= MANY else ""
        recipe = f"{cells}PQ{d // 2}x4fs,RFlat"
        index = faiss.index_factory(d, recipe, faiss.METRIC_INNER_PRODUCT)
        chosen = np.random.default_rng(0).permutation(m)[:TRAINED_ON]
        index.train(np.hstack([self.base[chosen], self._extra[chosen]]))
        for start in range(0, m, BLOCK):
            part = slice(start, start + BLOCK)
            index.add(np.hstack([self.base[part], self._extra[part]]))
        return index
