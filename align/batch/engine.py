"""The engine: jobs go to a Dask cluster, and every run is kept by the worker that made it."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from shutil import disk_usage
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from align.batch.cluster import WAIT, Cluster, connected
from align.batch.job import Job, failure, perform, this_process
from align.batch.store import PATIENCE, FolderError, Store
from align.results import Result

if TYPE_CHECKING:
    from distributed import Client, Future

log = logging.getLogger(__name__)
BUSY = "busy"  # another process is making this run
LOOK = 0.5  # seconds between two looks at the cluster
AGAIN = 2.0  # seconds until a run that another has is asked for again
LACKING = 20  # answers of workers that lack the folder, and no other between them, that are enough
ROOM = 1 << 20  # bytes on a disk that are as good as none
LOST = "the scheduler does not answer; waiting up to %g seconds for it"
FULL = "no room is left in %s: runs that are finished wait up to %g seconds for it"
IDLE = "no worker can make %d of the runs; waiting for one, as of: dask worker %s"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ONE_AT_A_TIME = threading.Lock()  # in a process: threads of BLAS are set for all of it


@dataclass(frozen=True)
class Progress:
    """How far a batch is.

    Parameters
    ----------
    total, finished, failed, running : int
        Runs.
    left : float
        Seconds, by the estimates of the runs that are left.
    """

    total: int
    finished: int
    failed: int
    running: int
    left: float


OnProgress = Callable[[Progress], None]


def work(job: Job, store: Store, before: str) -> str:
    """Make a run in a worker, unless it is there or another makes it; return how it ended.

    Parameters
    ----------
    job : Job
    store : Store
    before : str
        When the run ended that is to be made again; empty for none.

    Returns
    -------
    str
        ``finished``, ``failed`` or ``busy``.

    Raises
    ------
    FolderError
        If this worker lacks the folder, or cannot write there.
    """
    store.require()
    with ONE_AT_A_TIME, store.claim(job.key) as mine:
        if not mine:
            return BUSY
        known = store.read(job.key)
        if known is None or known.ended == before:
            store.note("started", job.key, cell=str(job.cell), worker=this_process())
            known, trace = perform(job, store.steps(job.key), _threads())
            store.write(known, trace)
            store.note(_ending(known), job.key, seconds=known.seconds, worker=known.worker)
    return _ending(known)


def _ending(result: Result) -> str:
    return "failed" if result.error else "finished"


def _threads() -> int:
    """Return the threads of this worker, which libraries that are loaded later find as well."""
    from distributed import get_worker

    threads = int(get_worker().state.nthreads)
    os.environ.update(dict.fromkeys(THREADS, str(threads)))
    return threads


@dataclass
class _Notice:
    """Tells that something has begun, once until it ends."""

    told: bool = False

    def __call__(self, now: bool, message: str, *values: object) -> None:
        if now and not self.told:
            log.info(message, *values)
        self.told = now


@dataclass
class Engine:
    """Sends jobs to a cluster until all are done.

    Parameters
    ----------
    store : Store
    cluster : Cluster
    memory : int
        Of the largest run, estimated, in bytes.
    seconds : callable
        From a job to the seconds that it may take.
    on_progress : callable
    before : mapping
        From the keys of runs that are made again to when they had ended.
    """

    store: Store
    cluster: Cluster
    memory: int
    seconds: Callable[[Job], float]
    on_progress: OnProgress
    before: Mapping[str, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: uuid4().hex[:8])
    waiting: deque[Job] = field(default_factory=deque)
    later: list[tuple[float, Job]] = field(default_factory=list)
    flying: dict[Future, Job] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    done: queue.SimpleQueue[Future] = field(default_factory=queue.SimpleQueue)
    lacking: int = 0
    asked: int = 0

    def __call__(self, jobs: Sequence[Job]) -> None:
        """Run the jobs.

        Raises
        ------
        OSError
            If the cluster cannot be reached or does not come back, or the folder cannot be used.
        """
        self.waiting = deque(jobs)
        while self.waiting or self.later:
            gpu = any(job.method.resources for job in self.waiting)
            left = len(self.waiting) + len(self.later)
            with connected(self.cluster, self.memory, left, gpu=gpu) as client:
                log.info("dashboard: %s", client.dashboard_link)
                try:
                    self._drain(client)
                finally:
                    self._take_back()

    def _drain(self, client: Client) -> None:
        """Run what is left; return early where the scheduler is lost."""
        lost, full, idle = _Notice(), _Notice(), _Notice()
        while (self.waiting or self.flying or self.later) and client.status != "closed":
            workers = _workers(client)
            self._send(client, workers)
            self._tell(max(1, len(workers)))
            with suppress(queue.Empty):
                self._end(self.done.get(timeout=LOOK))
            lost(client.status != "running", LOST, WAIT)
            full(disk_usage(self.store.folder).free < ROOM, FULL, self.store.folder, PATIENCE)
            left = [*self.waiting, *self.flying.values()]
            stuck = [job.method.resources for job in left if not _able(job, workers)]
            idle(bool(stuck) and client.status == "running", IDLE, len(stuck), _options(stuck))

    def _send(self, client: Client, workers: Sequence[Mapping[str, float]]) -> None:
        """Give every worker a run that it can make; one, where there is none that can yet."""
        now = time.monotonic()
        self.waiting.extend(job for due, job in self.later if due <= now)
        self.later = [(due, job) for due, job in self.later if due > now]
        taken = Counter(str(job.method.resources) for job in self.flying.values())
        for job in list(self.waiting):
            needs = job.method.resources
            if taken[str(needs)] >= max(1, _able(job, workers)):
                continue
            taken[str(needs)] += 1
            self.waiting.remove(job)
            self.asked += 1
            key = f"{job.cell.pair} {job.cell.method}-{self.name}-{self.asked}"
            before = self.before.get(job.key, "")
            future = client.submit(
                work, job, self.store, before, key=key, resources=dict(needs) or None
            )
            self.flying[future] = job
            future.add_done_callback(self.done.put)

    def _end(self, future: Future) -> None:
        """Note how a run ended."""
        job = self.flying.pop(future, None)
        if job is None:
            return
        try:
            error = future.exception() if future.status == "error" else None
            ending = future.result() if future.status == "finished" else ""
        except Exception as lost:  # with the scheduler
            log.debug("%s: %r", job.cell, lost)
            error, ending = None, ""
        if isinstance(error, FolderError):
            self._lacks(job, error)
        elif error is not None:
            self._broken(job, error)
        elif ending == BUSY:
            self.later.append((time.monotonic() + AGAIN, job))
        elif ending:
            self.ended[ending] += 1
            self.lacking = 0
        else:
            self.waiting.appendleft(job)

    def _lacks(self, job: Job, error: FolderError) -> None:
        """Try a run elsewhere, unless all workers lack the folder."""
        self.lacking += 1
        if self.lacking >= LACKING or not self.ended.total() and self.lacking > 1:
            raise error
        log.warning("%s", error)
        self.later.append((time.monotonic() + AGAIN, job))

    def _broken(self, job: Job, error: BaseException) -> None:
        """Keep what no worker could: that the run ended its workers, or could not be begun."""
        known = self.store.read(job.key)
        if known is None or known.ended == self.before.get(job.key):
            said = f"{type(error).__name__}: {error}"
            if type(error).__name__ == "KilledWorker":
                said = (
                    "every worker that tried it was killed: most often there was too little "
                    "memory; use fewer workers, or fewer words with max_vocab"
                )
            log.warning("%s: %s", job.cell, said)
            known = failure(job, said)
            self.store.write(known)
            self.store.note("failed", job.key, error=said)
        self.ended[_ending(known)] += 1

    def _take_back(self) -> None:
        """Stop waiting for the runs that were sent."""
        for future, job in self.flying.items():
            with suppress(Exception):  # the cluster may be gone
                future.cancel(force=True)
            self.waiting.appendleft(job)
        self.flying.clear()

    def _tell(self, workers: int) -> None:
        """Say how far it is."""
        left = [*self.waiting, *(job for _, job in self.later), *self.flying.values()]
        self.on_progress(
            Progress(
                total=len(left) + self.ended.total(),
                finished=self.ended["finished"],
                failed=self.ended["failed"],
                running=len(self.flying),
                left=sum(map(self.seconds, left)) / workers,
            )
        )


def _workers(client: Client) -> list[Mapping[str, float]]:
    """Return the resources of each worker; of none, where the scheduler does not answer."""
    if client.status != "running":
        return []
    try:
        found: dict[str, Any] = client.scheduler_info(n_workers=-1).get("workers", {})
    except Exception as error:  # of many kinds, when it dies meanwhile
        log.debug("%r", error)
        return []
    return [worker["resources"] for worker in found.values()]


def _able(job: Job, workers: Sequence[Mapping[str, float]]) -> int:
    """Return how many workers offer what a run needs."""
    needs = job.method.resources
    return sum(all(each.get(name, 0) >= needs[name] for name in needs) for each in workers)


def _options(stuck: Sequence[Mapping[str, float]]) -> str:
    """Return what `dask worker` needs for the first run that waits."""
    needs = " ".join(f"{name}={amount:g}" for each in stuck[:1] for name, amount in each.items())
    return f"ADDRESS --nthreads 1{needs and f' --resources {needs}'}"
