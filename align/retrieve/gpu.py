"""Exact search with torch alone, written for CUDA: all rows resident, half precision, one transfer.

The bound of `align.retrieve.half` certifies the result. Candidates are taken in two stages, since
a GPU finds the maxima of groups at the speed of its memory: the c best rows lie in the c groups
with the largest maxima.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch

from align.maps import Array
from align.retrieve import memory
from align.retrieve.neighbours import PIECE, Neighbours, require_k, single
from align.retrieve.search import Index, in_turn
from align.steps import OnStep, Step, silent

log = logging.getLogger(__name__)
GROUP = 16
SPARE_HALF = 10
TOGETHER = 1 << 22  # numbers brought to double precision at once
TYPES = {"cuda": (torch.float16, 2.0**-10), "cpu": (torch.bfloat16, 2.0**-8)}


@dataclass(frozen=True)
class Torch:
    """Search on one GPU or several, the base shared out among them.

    Parameters
    ----------
    devices : tuple of str
        As ``("cuda:0", "cuda:1")``; ``("cpu",)`` runs the same code without a GPU.
    memory : int
        Bytes for a block of scores on each device.
    """

    devices: tuple[str, ...]
    memory: int = field(default_factory=memory.default)

    @property
    def name(self) -> str:
        """What to call it in a record."""
        return f"torch:{','.join(self.devices)}"

    def index(self, base: Array, penalty: Array | None = None) -> TorchIndex:
        """Bring a base to the devices."""
        base = np.ascontiguousarray(base, dtype=np.float32)
        size = -(-len(base) // len(self.devices))
        shards = [
            _Shard.of(base, single(penalty), slice(i * size, (i + 1) * size), device)
            for i, device in enumerate(self.devices)
            if i * size < len(base)
        ]
        return TorchIndex(base, tuple(shards), self.memory)

    def both(
        self,
        x: Index,
        y: Index,
        k: int,
        *,
        like: tuple[Neighbours, Neighbours] | None = None,
        on_step: OnStep = silent,
    ) -> tuple[Neighbours, Neighbours]:
        """Search in one direction, then in the other: the product is the cheap part here."""
        return in_turn(x, y, k, on_step)


@dataclass(frozen=True, eq=False)
class TorchIndex:
    """A base on its devices."""

    base: Array
    shards: tuple[_Shard, ...]
    memory: int

    def __call__(
        self, queries: Array, k: int, *, stage: str = "search", on_step: OnStep = silent
    ) -> Neighbours:
        """Find neighbours; the answer is brought back once, at the end."""
        require_k(k, len(self.base))
        if not len(queries):
            return Neighbours.none(k)
        asked = torch.from_numpy(np.array(queries, dtype=np.float32)).to(self.shards[0].device)
        widest = max(len(shard.half) for shard in self.shards)
        block = int(max(1, min(len(asked), self.memory // (4 * widest))))
        found = []
        with _sums_in_single():
            for part in torch.split(asked, block):
                answers = [shard.search(part, k) for shard in self.shards]
                found.append((*self._best(answers, k), self._home([a[2] for a in answers]).any(1)))
                on_step(Step(stage, min(len(found) * block, len(asked)), len(asked)))
        rows, scores, doubtful = (torch.cat([f[i] for f in found]) for i in range(3))
        if len(open_ := torch.nonzero(doubtful)[:, 0]):
            log.debug("%d of %d queries searched again", len(open_), len(queries))
            for some in torch.split(open_, max(1, block // 8)):
                again = [shard.in_double(asked[some], k) for shard in self.shards]
                rows[some], scores[some] = self._best(again, k)
        return Neighbours(rows.cpu().numpy().astype(np.intp), scores.cpu().numpy())

    def _best(
        self, answers: Sequence[tuple[torch.Tensor, ...]], k: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sort the candidates of all shards by score, equal scores by row, and keep k."""
        rows, scores = (self._home([answer[i] for answer in answers]) for i in (0, 1))
        by_row = rows.argsort(dim=1)
        rows, scores = rows.gather(1, by_row), scores.gather(1, by_row)
        order = scores.argsort(dim=1, descending=True, stable=True)[:, :k]
        return rows.gather(1, order), scores.gather(1, order)

    def _home(self, parts: list[torch.Tensor]) -> torch.Tensor:
        return torch.cat([part.to(self.shards[0].device) for part in parts], 1)


@dataclass(frozen=True, eq=False)
class _Shard:
    """Some rows of a base on one device, in single and in half precision."""

    first: int
    base: torch.Tensor
    penalty: torch.Tensor
    half: torch.Tensor
    norm: torch.Tensor
    error: torch.Tensor

    @classmethod
    def of(cls, base: Array, penalty: Array | None, part: slice, device: str) -> _Shard:
        rows = torch.from_numpy(np.array(base[part])).to(device)
        if penalty is None:
            taken = torch.zeros(len(rows), device=device)
        else:
            taken = torch.from_numpy(penalty[part].copy()).to(device)
        dtype, _ = TYPES[rows.device.type]
        half = torch.zeros((-(-len(rows) // GROUP) * GROUP, rows.shape[1] + 2), device=device)
        half = half.to(dtype)
        half[: len(rows), :-2] = rows
        half[: len(rows), -2] = taken
        half[: len(rows), -1] = taken - half[: len(rows), -2].float()
        kept = half[: len(rows)].float()
        error = (rows - kept[:, :-2]).norm(dim=1).max()
        error = error + (taken - kept[:, -2] - kept[:, -1]).abs().max()
        return cls(part.start, rows, taken, half, kept.norm(dim=1).max(), error)

    @property
    def device(self) -> torch.device:
        return self.base.device

    def search(
        self, queries: torch.Tensor, k: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the candidates of each query, their scores, and whether that is in doubt."""
        queries = queries.to(self.device)
        dtype, rounding = TYPES[self.device.type]
        half = torch.cat([queries, -torch.ones_like(queries[:, :2])], 1).to(dtype)
        c = min(k + SPARE_HALF, len(self.base))
        products = half @ self.half.T
        products[:, len(self.base) :] = -torch.inf  # the rows that make the last group whole
        last, rows = best_of_groups(products, c)
        scores = self._scored(queries, rows)
        if c == len(self.base):
            return rows + self.first, scores, torch.zeros_like(rows[:, :1], dtype=torch.bool)
        norms = half.float().norm(dim=1)
        errors = (queries - half[:, :-2].float()).norm(dim=1)
        summing = half.shape[1] * 2.0**-22 * norms * self.norm
        doubt = errors * self.norm + norms * self.error + summing + rounding * last.abs()
        worst = scores.topk(k, 1).values[:, -1]
        return rows + self.first, scores, ~(worst > last + doubt)[:, None]

    def in_double(self, queries: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Search in double precision; equal scores come in order of row."""
        queries = queries.to(self.device).double()
        parts = [queries @ part.double().T for part in torch.split(self.base, PIECE)]
        scores = (torch.cat(parts, 1) - self.penalty.double()).float()
        scores, rows = scores.sort(dim=1, descending=True, stable=True)
        return rows[:, :k] + self.first, scores[:, :k]

    def _scored(self, queries: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        parts = []
        size = max(1, TOGETHER // (rows.shape[1] * queries.shape[1]))
        for asked, chosen in zip(torch.split(queries, size), torch.split(rows, size), strict=True):
            products = self.base[chosen].double() @ asked.double()[:, :, None]
            parts.append((products[:, :, 0] - self.penalty[chosen].double()).float())
        return torch.cat(parts)


def best_of_groups(scores: torch.Tensor, c: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the c largest of each row, in no order.

    Parameters
    ----------
    scores : (q, m) tensor
        m a multiple of `GROUP`.

    Returns
    -------
    smallest : (q,) tensor of float32
        The c-th largest score.
    rows : (q, c) tensor of int64
    """
    q, m = scores.shape
    groups = m // GROUP
    if groups <= c:
        values, rows = scores.topk(c, 1)
        return values[:, -1].float(), rows
    chosen = scores.view(q, GROUP, groups).amax(1).topk(c, 1, sorted=False).indices
    members = torch.arange(GROUP, device=scores.device)[None, :, None] * groups
    inside = (chosen[:, None, :] + members).view(q, -1)
    values, place = scores.gather(1, inside).topk(c, 1)
    return values[:, -1].float(), inside.gather(1, place)


@contextmanager
def _sums_in_single() -> Iterator[None]:
    """Keep CUDA from summing products in half precision, which the bound does not allow."""
    settings = torch.backends.cuda.matmul
    before = settings.allow_fp16_reduced_precision_reduction
    settings.allow_fp16_reduced_precision_reduction = False
    try:
        yield
    finally:
        settings.allow_fp16_reduced_precision_reduction = before
