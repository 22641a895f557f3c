"""What a batch will take: time and memory of its runs, from those that were made, or a guess."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from align.batch.job import Job

BASE = 600 << 20  # bytes of a worker with its libraries
COPIES = 6  # of both sides' vectors that a run holds at its worst
SIDE = 1024  # of the matrices whose product is timed
# What a run takes on one thread: seconds, and as many products of both vocabularies as matrices.
# Rough: seen in runs of the 5,000 and 10,000 most frequent words of en, es, fr and de.
COSTS: Mapping[str, tuple[float, float]] = {
    "procrustes": (1, 3),
    "vecmap": (1, 3),
    "muse": (2, 14),
    "rcsls": (5, 60),
    "best": (10, 90),
    "vecmap-semi": (5, 200),
    "auto": (5, 60),
}
OTHER = (5.0, 60.0)


def products(job: Job) -> float:
    """Return the multiplications of one search of all words, in units of 1e9."""
    return job.source.rows * job.target.rows * job.target.dim / 1e9


def memory_of(job: Job) -> int:
    """Return the bytes that a run may need."""
    vectors = 4 * job.target.dim * (job.source.rows + job.target.rows)
    search: int = dict(job.shared)["memory"]
    return BASE + COPIES * vectors + min(search, vectors)


@dataclass(frozen=True)
class Made:
    """A run that was made before.

    Parameters
    ----------
    job : Job
    ended : str
        UTC time.
    seconds : float
    failed : bool
    """

    job: Job
    ended: str
    seconds: float
    failed: bool


@dataclass(frozen=True)
class Estimate:
    """Seconds of runs on one worker.

    Parameters
    ----------
    known : mapping
        From a method to the seconds for 1e9 multiplications of one search, of the runs that were
        made.
    guess : float
        Seconds for 1e9 multiplications of a matrix product here, on one thread.
    """

    known: Mapping[str, float]
    guess: float

    @classmethod
    def of(cls, made: Iterable[Made]) -> Estimate:
        """Learn from runs that were made."""
        rates: dict[str, list[float]] = {}
        for each in made:
            if not each.failed:
                rate = each.seconds / products(each.job)
                rates.setdefault(each.job.cell.method, []).append(rate)
        known = {method: statistics.median(found) for method, found in rates.items()}
        return cls(known, _speed())

    def __call__(self, job: Job) -> float:
        """Return the seconds of a run."""
        if (rate := self.known.get(job.cell.method)) is not None:
            return rate * products(job)
        least, times = COSTS.get(job.cell.method, OTHER)
        return least + times * self.guess * products(job)


def _speed() -> float:
    """Time a matrix product on one thread."""
    from threadpoolctl import threadpool_limits

    a = np.random.default_rng(0).standard_normal((SIDE, SIDE), dtype=np.float32)
    times = []
    with threadpool_limits(1):
        for _ in range(3):
            started = time.perf_counter()
            a @ a
            times.append(time.perf_counter() - started)
    return min(times) / (SIDE**3 / 1e9)
