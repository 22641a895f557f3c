"""Which search to use: what the machine has, and what a short trial says."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from threading import Thread
from typing import Literal, get_args

import numpy as np

from align.maps import Array
from align.retrieve import memory as budget
from align.retrieve.fast import MANY, Fast
from align.retrieve.flat import Flat, require_faiss
from align.retrieve.neighbours import Neighbours
from align.retrieve.search import Index, Search
from align.retrieve.trial import seconds_of
from align.steps import OnStep, silent

Device = Literal["auto", "cpu", "cuda"]
Kind = Literal["exact", "fast"]
SMALL = 1e11  # multiplications that FAISS does in the time that torch takes to be imported
TINY = 1e9  # and those that are too few for any other search to gain by, once it is imported
log = logging.getLogger(__name__)


def choose(device: Device = "auto", kind: Kind = "exact", *, memory: int | None = None) -> Search:
    """Return the fastest search that this machine has; all exact ones give the same ranking.

    Parameters
    ----------
    device : {'auto', 'cpu', 'cuda'}
        ``auto`` takes a CUDA device where torch or FAISS sees one.
    kind : {'exact', 'fast'}
        ``fast`` may miss a neighbour; see `align.retrieve.fast.Fast`.
    memory : int, optional
        Bytes to take beyond the vectors; by default a quarter of what is free, at most 4 GB.

    Raises
    ------
    ValueError
        If there is no CUDA device where one is asked for.
    """
    for value, allowed in ((device, get_args(Device)), (kind, get_args(Kind))):
        if value not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}, got {value!r}")
    if device == "cuda" and not cuda_devices():
        raise ValueError("no CUDA device is seen by torch or by FAISS; use --device cpu")
    exact = Auto(device, memory or budget.default())
    if kind == "exact":
        return exact
    slow = isinstance(exact.large, Flat)
    if not slow:
        log.info("fast search is used from %d rows on: below, the exact one is faster here", MANY)
    return Fast(exact, least=0 if slow else MANY)


@dataclass(frozen=True)
class Auto:
    """Exact search: FAISS for small problems, for large ones what a short trial found fastest.

    Parameters
    ----------
    device : {'auto', 'cpu', 'cuda'}
    memory : int
        Bytes to take beyond the vectors.
    """

    device: Device
    memory: int = field(default_factory=budget.default)
    spent: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    name = "exact"

    def index(self, base: Array, penalty: Array | None = None) -> AutoIndex:
        """Make a base ready."""
        return AutoIndex(np.ascontiguousarray(base, dtype=np.float32), penalty, self)

    def both(
        self,
        x: Index,
        y: Index,
        k: int,
        *,
        like: tuple[Neighbours, Neighbours] | None = None,
        on_step: OnStep = silent,
    ) -> tuple[Neighbours, Neighbours]:
        """Search in both directions."""
        search = self.of(x.base, y.base)
        a, b = (side.of(search) if isinstance(side, AutoIndex) else side for side in (x, y))
        return search.both(a, b, k, like=like, on_step=on_step)

    def of(self, queries: Array, base: Array) -> Search:
        """Return the search for a problem of this size; many small ones are as good as a large."""
        size = len(queries) * base.size
        if size < TINY:
            return self.small
        self.spent.append(size)
        return self.large if self.device == "cuda" or sum(self.spent) >= SMALL else self.small

    @cached_property
    def small(self) -> Search:
        """The search of small problems."""
        return Flat(self.memory)

    @cached_property
    def large(self) -> Search:
        """The search of large problems."""
        return self._chosen[0]

    @property
    def reason(self) -> str:
        """What searches large problems, and why."""
        return self._chosen[1]

    @cached_property
    def _chosen(self) -> tuple[Search, str]:
        devices = () if self.device == "cpu" else cuda_devices()
        found = candidates(devices, self.memory)
        seconds = seconds_of(found) if len(found) > 1 else {}
        name = min(seconds, key=lambda name: seconds[name]) if seconds else next(iter(found))
        times = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in seconds.items())
        where = f"on {', '.join(devices)}" if devices else "on the CPU"
        if self.device == "auto" and not devices:
            where += " (no CUDA device)"
        reason = f"{name} {where}" + (f"; trial: {times}" if times else "")
        log.info("large searches: %s", reason)
        return found[name], reason


@dataclass(frozen=True, eq=False)
class AutoIndex:
    """A base for `Auto`."""

    base: Array
    penalty: Array | None
    search: Auto

    def __call__(
        self, queries: Array, k: int, *, stage: str = "search", on_step: OnStep = silent
    ) -> Neighbours:
        """Find neighbours."""
        index = self.of(self.search.of(queries, self.base))
        return index(queries, k, stage=stage, on_step=on_step)

    def of(self, search: Search) -> Index:
        """Return the same base for one of the two searches, made ready once."""
        return self._small if search is self.search.small else self._large

    @cached_property
    def _small(self) -> Index:
        return self.search.small.index(self.base, self.penalty)

    @cached_property
    def _large(self) -> Index:
        return self.search.large.index(self.base, self.penalty)


def cuda_devices() -> tuple[str, ...]:
    """Return the CUDA devices that torch sees, or FAISS where torch sees none."""
    count = _torch_devices() or getattr(require_faiss(), "get_num_gpus", int)()
    return tuple(f"cuda:{i}" for i in range(count))


def _torch_devices() -> int:
    try:
        import torch

        return torch.cuda.device_count()
    except (ImportError, OSError) as error:  # OSError: one of its libraries is missing
        log.info("torch cannot be used: %s", error)
        return 0


def ahead(multiplications: float) -> None:
    """Import and compile, in another thread, what the first search of this size would wait for."""

    def warm() -> None:
        little = np.eye(16, dtype=np.float32)
        with suppress(Exception):  # whatever it is, the search itself will say so
            for search in candidates((), budget.LOW).values():
                search.both(search.index(little), search.index(little), 1)

    if multiplications >= SMALL and "torch" not in sys.modules:
        Thread(target=warm, name="import of torch").start()


def candidates(devices: tuple[str, ...], memory: int) -> dict[str, Search]:
    """Return the exact searches of the GPUs, or those of the CPU where there are none, by name."""
    found: list[Search] = []
    if devices and hasattr(require_faiss(), "StandardGpuResources"):
        found.append(Flat(memory, gpu=True))
    if not devices:
        found.append(Flat(memory))
    try:
        if devices and _torch_devices():
            from align.retrieve.gpu import Torch

            found.append(Torch(devices, memory))
        elif not devices:
            from align.retrieve.half import Half

            found.append(Half(memory))
    except (ImportError, OSError) as error:
        log.info("torch cannot be used: %s", error)
    return {search.name: search for search in found}
