"""Which search is fastest here: a short trial, kept for the next time."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from align.normalize import unit
from align.retrieve.search import Search
from embeddings.cache import cache_home
from embeddings.files import replacing

TRIAL = (2048, 16384, 300)  # queries, rows and dimensions
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE")


def seconds_of(found: dict[str, Search]) -> dict[str, float]:
    """Return the seconds that each search takes for the same problem, from a cache or measured."""
    path = cache_home() / "search.json"
    key = "|".join([*_machine(), *found])
    known = _known(path)
    if (times := known.get(key)) is not None and set(times) == set(found):
        return times
    seconds = {name: _seconds(search) for name, search in found.items()}
    with suppress(OSError):  # a cache that cannot be kept is no loss
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside:
            beside.write_text(json.dumps({**known, key: seconds}, indent=1))
    return seconds


def _known(path: Path) -> dict[str, dict[str, float]]:
    """Read the trials that were kept, those that make sense."""
    try:
        kept = json.loads(path.read_text())
        return {key: times for key, times in kept.items() if _sensible(times)}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _sensible(times: object) -> bool:
    return isinstance(times, dict) and all(
        isinstance(value, float) and 0 < value < float("inf") for value in times.values()
    )


def _seconds(search: Search) -> float:
    n, m, d = TRIAL
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((rows, d), dtype=np.float32) for rows in (n, m))
    x, y = unit(x), unit(y)
    best = float("inf")
    for _ in range(3):  # the first compiles and starts threads
        started = time.perf_counter()
        search.both(search.index(x), search.index(y), 10)
        best = min(best, time.perf_counter() - started)
    return best


def _machine() -> list[str]:
    """Return what the speed depends on."""
    from importlib.metadata import PackageNotFoundError, version  # `import align` is light

    threads = [f"{name}={os.environ.get(name, '')}" for name in THREADS]
    found = [platform.machine(), _model(), str(os.cpu_count()), *threads]
    for package in ("faiss-cpu", "faiss-gpu", "torch", "numba"):
        with suppress(PackageNotFoundError):
            found.append(f"{package}={version(package)}")
    return found


def _model() -> str:
    """Return the name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    kept = [line for line in lines if line.startswith(("model name", "flags"))][:2]
    return hashlib.blake2b("".join(kept).encode(), digest_size=8).hexdigest()
