"""Exact search with FAISS, in float32, on the CPU or on its GPUs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from align.maps import Array
from align.retrieve import memory
from align.retrieve.neighbours import (
    SPARE,
    Neighbours,
    Rows,
    best,
    in_double,
    require_k,
    scored,
    single,
)
from align.retrieve.search import Index, in_turn
from align.steps import OnStep, Step, silent

BLOCK = 4096  # queries searched at once
FEW = 16  # queries that a plain product answers sooner


@dataclass(frozen=True)
class Flat:
    """FAISS's flat inner-product search.

    Parameters
    ----------
    memory : int
        Bytes it may take beyond the vectors.
    gpu : bool
        Search on the GPU; needs faiss-gpu.
    """

    memory: int = field(default_factory=memory.default)
    gpu: bool = False

    @property
    def name(self) -> str:
        """What to call it in a record."""
        return "faiss-gpu" if self.gpu else "faiss"

    def index(self, base: Array, penalty: Array | None = None) -> FlatIndex:
        """Make a base ready."""
        return FlatIndex(np.ascontiguousarray(base, dtype=np.float32), single(penalty), self)

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
        return in_turn(x, y, k, on_step)


@dataclass(frozen=True, eq=False)
class FlatIndex:
    """A base for `Flat`."""

    base: Array
    penalty: Array | None
    search: Flat

    def __call__(
        self, queries: Array, k: int, *, stage: str = "search", on_step: OnStep = silent
    ) -> Neighbours:
        """Find neighbours; a penalty is one more dimension, ``[x, -1] . [y, penalty]``."""
        require_k(k, len(self.base))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        rows = np.empty((len(queries), k), dtype=np.intp)
        scores = np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries), BLOCK):
            part = slice(start, min(start + BLOCK, len(queries)))
            found = self._block(queries[part], k)
            rows[part], scores[part] = found.rows, found.scores
            on_step(Step(stage, part.stop, len(queries)))
        return Neighbours(rows, scores)

    def _block(self, block: Array, k: int) -> Neighbours:
        """Rank candidates in double precision; search so where candidates may be missing."""
        c = min(k + SPARE, len(self.base))
        candidates, last = (self._few if len(block) <= FEW else self._many)(block, c)
        found = best(candidates, scored(block, self.base, candidates, self.penalty), k)
        if c < len(self.base):
            lengths = np.linalg.norm(block, axis=1) * self._largest
            rounding = (block.shape[1] + 2) * 2.0**-23 * (lengths + self._most)
            open_ = np.flatnonzero(~(found.scores[:, -1] > last + rounding))
            if len(open_):
                exact = in_double(block[open_], self.base, self.penalty, k, self.search.memory)
                found.rows[open_], found.scores[open_] = exact.rows, exact.scores
        return found

    def _few(self, block: Array, c: int) -> tuple[Rows, Array]:
        """Find candidates of a few queries, and the product of the last, without FAISS."""
        products = block @ self.base.T
        if self.penalty is not None:
            products -= self.penalty
        rows = np.argpartition(products, -c, axis=1)[:, -c:]
        return rows, np.take_along_axis(products, rows[:, :1], axis=1)[:, 0]

    def _many(self, block: Array, c: int) -> tuple[Rows, Array]:
        knn = _knn(self.search.gpu)
        if self.penalty is None:
            products, rows = knn(block, self.base, c)
            return rows, products[:, -1]
        block = np.hstack([block, np.full((len(block), 1), -1, dtype=np.float32)])
        rows, products = np.empty((2, len(block), 0))
        for start, part in self._pieces(c):
            found = knn(block, part, min(c, len(part)))
            rows, products = np.hstack([rows, found[1] + start]), np.hstack([products, found[0]])
        kept = np.argsort(-products, axis=1, kind="stable")[:, :c]
        rows, products = (np.take_along_axis(v, kept, axis=1) for v in (rows, products))
        return rows.astype(np.intp), products[:, -1]

    def _pieces(self, c: int) -> Iterable[tuple[int, Array]]:
        """Return the base with its penalty, whole and kept where the budget allows it."""
        size = max(c, self.search.memory // (8 * (self.base.shape[1] + 1)))
        if size >= len(self.base):
            return [(0, self._whole)]
        return ((a, self._penalised(slice(a, a + size))) for a in range(0, len(self.base), size))

    @cached_property
    def _largest(self) -> float:
        """The length of the longest row."""
        return max(
            float(np.linalg.norm(self.base[a : a + BLOCK], axis=1).max())
            for a in range(0, len(self.base), BLOCK)
        )

    @property
    def _most(self) -> float:
        """The largest size of a penalty."""
        return 0.0 if self.penalty is None else float(np.abs(self.penalty).max())

    @cached_property
    def _whole(self) -> Array:
        return self._penalised(slice(None))

    def _penalised(self, part: slice) -> Array:
        assert self.penalty is not None
        return np.hstack([self.base[part], self.penalty[part, None]])


def _knn(gpu: bool) -> Any:  # noqa: ANN401  # a function of a module without types
    faiss = require_faiss()
    if not gpu:
        return lambda x, y, k: faiss.knn(x, y, k, metric=faiss.METRIC_INNER_PRODUCT)
    resources = faiss.StandardGpuResources()
    return lambda x, y, k: faiss.knn_gpu(resources, x, y, k, metric=faiss.METRIC_INNER_PRODUCT)


def require_faiss() -> Any:  # noqa: ANN401  # a module without types
    """Return FAISS, or raise the ImportError that states the remedy."""
    try:
        import faiss
    except ImportError as error:
        raise ImportError(
            "retrieval needs faiss: pip install 'align-embeddings[cpu]' "
            "(or [gpu] on a machine with CUDA)"
        ) from error
    return faiss
