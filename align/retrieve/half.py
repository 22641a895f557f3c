"""Exact search on the CPU at the speed of 16 bits.

A product in bfloat16 finds candidates, double precision scores them, and a bound certifies that
nothing better was passed over.

With ``q^`` and ``y^`` the rounded vectors, ``|q.y - q^.y^| <= |q - q^| |y^| + |q| |y - y^|``
(Cauchy-Schwarz on the rounding that really happened), and the product itself is rounded to 8 bits.
What is not among a query's candidates has a 16-bit score of at most that of the last of them, so
its true score is bounded. A query whose k-th neighbour does not beat this bound is searched again,
in single precision.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from align.maps import Array
from align.retrieve import kernels, memory
from align.retrieve.flat import Flat
from align.retrieve.neighbours import Neighbours, Rows, best, require_k, single
from align.retrieve.search import Index
from align.steps import OnStep, Step, silent

AROUND = 48 << 20  # bytes for what is small: buffers of torch, of FAISS and of the threads
BLOCK = 4096  # queries multiplied at once
MOST = 200  # neighbours; above this, keeping candidates in order costs more than the product
SPARE_HALF = 10  # candidates more than asked: with fewer, more queries must be searched again
BELOW = 0.01  # more than the rounding of unit vectors changes a cosine
UNDERFLOW = 1e-15  # of a length: the squares of its numbers may be too small for float32
OUTPUT = 2.0**-8  # relative rounding of a product to bfloat16, seen from the rounded side
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Half:
    """Search by certified bfloat16 products.

    Parameters
    ----------
    memory : int
        Bytes it may take beyond the vectors.
    """

    memory: int = field(default_factory=memory.default)

    name = "bfloat16"

    def index(self, base: Array, penalty: Array | None = None) -> HalfIndex:
        """Make a base ready."""
        return HalfIndex(np.ascontiguousarray(base, dtype=np.float32), single(penalty), self)

    def both(
        self,
        x: Index,
        y: Index,
        k: int,
        *,
        like: tuple[Neighbours, Neighbours] | None = None,
        on_step: OnStep = silent,
    ) -> tuple[Neighbours, Neighbours]:
        """Search in both directions with one product."""
        require_k(k, min(len(x.base), len(y.base)))
        if k > MOST:
            return Flat(self.memory).both(x, y, k, on_step=on_step)
        there, back = self.index(y.base), self.index(x.base)
        n, m = len(x.base), len(y.base)
        rows = _Candidates.empty(n, _candidates(k, m))
        columns = _Candidates.empty(m, _candidates(k, n))
        if like is not None and like[0].k >= k:
            rows.expect(x.base, y.base, like[0].rows)
            columns.expect(y.base, x.base, like[1].rows)
        _sweep(x.base, there, rows, columns, "neighbourhoods", on_step)
        return rows.settled(x.base, there, k), columns.settled(y.base, back, k)


@dataclass(frozen=True, eq=False)
class HalfIndex:
    """A base for `Half`."""

    base: Array
    penalty: Array | None
    search: Half

    def __call__(
        self, queries: Array, k: int, *, stage: str = "search", on_step: OnStep = silent
    ) -> Neighbours:
        """Find neighbours; a penalty is two more dimensions, its high and its low bits."""
        require_k(k, len(self.base))
        if k > MOST:
            return self.single(queries, k, stage=stage, on_step=on_step)
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        rows = _Candidates.empty(len(queries), _candidates(k, len(self.base)))
        _sweep(queries, self, rows, None, stage, on_step)
        return rows.settled(queries, self, k)

    @property
    def single(self) -> Index:
        """The same base, to be searched in single precision."""
        return Flat(self.search.memory).index(self.base, self.penalty)


@dataclass(frozen=True, eq=False)
class _Rounded:
    """Rows in bfloat16, with what is needed to bound the products."""

    values: torch.Tensor
    norms: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: Array, extra: Array | None) -> _Rounded:
        d = rows.shape[1]
        width = d + (0 if extra is None else extra.shape[1])
        values = torch.empty((len(rows), width), dtype=torch.bfloat16)
        if extra is not None:
            values[:, d:] = torch.from_numpy(extra)
        norms, errors = np.empty((2, len(rows)))
        for start in range(0, len(rows), BLOCK):  # so that no second copy of the base is made
            part = slice(start, start + BLOCK)
            some = rows[part] if rows.flags.writeable else rows[part].copy()  # torch would warn
            exact = torch.from_numpy(some)
            values[part, :d] = exact
            error = exact - values[part, :d].float()
            norms[part], errors[part] = _lengths(exact), _lengths(error)
        return cls(values, norms, errors)


def _lengths(rows: torch.Tensor) -> npt.NDArray[np.float64]:
    """Return the length of every row, in double precision where single would lose it."""
    found = torch.linalg.vector_norm(rows, dim=1)
    if bool((found < UNDERFLOW).any()):
        found = torch.linalg.vector_norm(rows, dim=1, dtype=torch.float64)
    lengths: npt.NDArray[np.float64] = found.double().numpy()
    return lengths


@dataclass(frozen=True, eq=False)
class _Candidates:
    """The best 16-bit scores of every query, and how far they may be from the truth."""

    keys: npt.NDArray[np.int16]
    rows: npt.NDArray[np.int32]
    doubt: npt.NDArray[np.float64]

    @classmethod
    def empty(cls, queries: int, c: int) -> _Candidates:
        keys = np.full((queries, c), kernels.EMPTY, dtype=np.int16)
        return cls(keys, np.full((queries, c), -1, dtype=np.int32), np.zeros(queries))

    @property
    def bytes(self) -> int:
        """The memory of these arrays and of the neighbours they become."""
        return 3 * (self.keys.nbytes + self.rows.nbytes)

    def expect(self, queries: Array, base: Array, rows: Rows) -> None:
        """Pass over what scores far below the last of ``rows``, which are there in any case.

        A good guess saves the work of keeping candidates that later ones displace; a bad one costs
        time, never a neighbour.
        """
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            low = (_products(queries[part], base, rows[part]).min(axis=1) - BELOW).astype("f4")
            bits = (low.view(np.uint32) >> 16).astype(np.uint16).view(np.int16)
            self.keys[part] = _ordered(bits)[:, None]

    @property
    def bound(self) -> npt.NDArray[np.float64]:
        """What no row outside the candidates scores above, (q,)."""
        bits = _ordered(self.keys[:, -1]).view(np.uint16)
        last = (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
        bound: npt.NDArray[np.float64] = last + OUTPUT * np.abs(last) + self.doubt
        return bound

    def settled(self, queries: Array, index: HalfIndex, k: int) -> Neighbours:
        """Score the candidates in double precision; search again where the bound is not met."""
        found = Neighbours(
            np.empty((len(queries), k), dtype=np.intp), np.empty((len(queries), k), dtype="f4")
        )
        for top in range(0, len(queries), BLOCK):
            part = slice(top, top + BLOCK)
            scores = _products(queries[part], index.base, self.rows[part])
            if index.penalty is not None:
                scores -= index.penalty[self.rows[part]]
            some = best(self.rows[part].astype(np.intp), scores.astype(np.float32), k)
            found.rows[part], found.scores[part] = some.rows, some.scores
        missing = self.rows[:, -1] < 0  # where a guess kept candidates out
        passed_over = missing if self.rows.shape[1] == len(index.base) else True
        doubtful = np.flatnonzero(~(found.scores[:, -1] > self.bound) & passed_over)
        log.debug("%d of %d queries searched again", len(doubtful), len(queries))
        search = index.single  # once: it measures the base
        for start in range(0, len(doubtful), BLOCK):
            open_ = doubtful[start : start + BLOCK]
            again = search(queries[open_], k)
            found.rows[open_], found.scores[open_] = again.rows, again.scores
        return found


def _candidates(k: int, base: int) -> int:
    """Return how many to keep: more for large k, as scores lie closer the deeper a list goes."""
    return min(k + max(SPARE_HALF, k // 2), base)


def _ordered(bits: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Turn the bits of bfloat16 numbers into integers of the same order, as the kernels do; and
    such integers into bits again.
    """  # noqa: D205  # one sentence
    turned: npt.NDArray[np.int16] = bits ^ ((bits >> 15) & 0x7FFF)
    return turned


def _products(queries: Array, base: Array, rows: npt.NDArray[np.integer[Any]]) -> Array:
    scores = np.empty(rows.shape, dtype=np.float64)
    _shared(kernels.inner_products, len(queries), queries, base, rows, scores)
    return scores


def _sweep(
    queries: Array,
    index: HalfIndex,
    there: _Candidates,
    back: _Candidates | None,
    stage: str,
    on_step: OnStep,
) -> None:
    """Go once through all products, block by block; keep candidates of rows, and of columns."""
    (n, d), m = queries.shape, len(index.base)
    block = max(1, min(BLOCK, n))
    free = index.search.memory - AROUND - there.bytes - (0 if back is None else back.bytes)
    piece = max(kernels.WIDTH, min(m, free // (2 * (block + 2 * d))))
    buffer = torch.empty(block * piece, dtype=torch.bfloat16)
    ones = None if index.penalty is None else np.full((block, 2), -1, dtype=np.float32)
    for left in range(0, m, piece):
        right = min(left + piece, m)
        base = _Rounded.of(index.base[left:right], _high_low(index.penalty, left, right))
        largest = 0.0 if index.penalty is None else float(np.abs(index.penalty[left:right]).max())
        lows = None if back is None else back.keys[left:right, -1].copy()
        for top in range(0, n, block):
            bottom = min(top + block, n)
            asked = _Rounded.of(queries[top:bottom], None if ones is None else ones[: bottom - top])
            out = buffer[: (bottom - top) * (right - left)].view(bottom - top, right - left)
            scores = torch.mm(asked.values, base.values.T, out=out).view(torch.int16).numpy()
            kept = there.keys[top:bottom], there.rows[top:bottom]
            _shared(kernels.best_of_rows, bottom - top, scores, *kept, left)
            doubt = _doubt(asked, base, d, largest)
            there.doubt[top:bottom] = np.maximum(there.doubt[top:bottom], doubt)
            if back is not None:
                kept = back.keys[left:right], back.rows[left:right]
                _shared(kernels.best_of_columns, right - left, scores, *kept, lows, top)
                doubt = _doubt(base, asked, d, largest)
                back.doubt[left:right] = np.maximum(back.doubt[left:right], doubt)
            on_step(Step(stage, left * n + bottom * (right - left), n * m))


def _doubt(asked: _Rounded, base: _Rounded, d: int, penalty: float) -> npt.NDArray[np.float64]:
    """Bound the difference of a product in bfloat16, before its own rounding, from the truth."""
    largest = float((base.norms + base.errors).max())
    rounding = asked.errors * largest + asked.norms * float(base.errors.max())
    summing = (d + 2) * 2.0**-23 * ((asked.norms + asked.errors) * largest + penalty)
    doubt: npt.NDArray[np.float64] = rounding + summing + penalty * 2.0**-16
    return doubt


def _high_low(penalty: Array | None, left: int, right: int) -> Array | None:
    """Split a penalty into two numbers that bfloat16 can hold, as two columns."""
    if penalty is None:
        return None
    whole = torch.from_numpy(penalty[left:right].astype(np.float32))
    high = whole.bfloat16().float()
    columns: Array = torch.stack([high, whole - high], dim=1).numpy()
    return columns


def _shared(kernel: Callable[..., None], size: int, *arguments: Any) -> None:  # noqa: ANN401
    """Run a kernel over ``size`` rows or columns, shared out among threads."""
    threads = torch.get_num_threads()
    step = max(kernels.WIDTH, -(-size // threads // kernels.WIDTH) * kernels.WIDTH)
    if step >= size:
        kernel(*arguments, 0, size)
        return
    pool = _pool(os.getpid(), threads)
    try:
        running = [
            pool.submit(kernel, *arguments, a, min(a + step, size)) for a in range(0, size, step)
        ]
    except RuntimeError:  # the interpreter is shutting down
        kernel(*arguments, 0, size)
        return
    for done in running:
        done.result()


@cache
def _pool(process: int, threads: int) -> ThreadPoolExecutor:
    """Start threads once; those of another process are of no use after a fork."""
    return ThreadPoolExecutor(threads)
