"""The engine: jobs go to a Dask cluster, and every run is kept by the worker that made it."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from shutil import disk_usage
from typing import TYPE_CHECKING

from align.batch.cluster import WAIT, Cluster, connected
from align.batch.job import Job, failure, perform, this_process
from align.batch.store import PATIENCE, Store
from align.results import Result

if TYPE_CHECKING:
    from distributed import Client, Future

log = logging.getLogger(__name__)
BUSY = "busy"  # another process is making this run
LOOK = 0.5  # seconds between two looks at the cluster
AGAIN = 2.0  # seconds until a run that is made elsewhere is asked for again
ROOM = 1 << 20  # bytes on a disk that are as good as none
LOST = "the scheduler does not answer; waiting up to %g seconds for it"
FULL = "no room is left in %s: runs that are finished wait up to %g seconds for it"
ONE_AT_A_TIME = threading.Lock()  # in a process: threads of BLAS are set for all of it


@dataclass(frozen=True)
class Progress:
    """How far a batch is.

    Parameters
    ----------
    total, finished, failed, running : int
        Runs.
    left : float
        Seconds, by the estimates of the runs that are left; NaN where nothing can be said.
    note : str
        What a user should know now.
    """

    total: int
    finished: int
    failed: int
    running: int
    left: float
    note: str = ""


OnProgress = Callable[[Progress], None]


def work(job: Job, store: Store, since: str) -> str:
    """Make a run in a worker, unless it is there or another makes it; return how it ended.

    Parameters
    ----------
    job : Job
    store : Store
    since : str
        A run that ended before this UTC time is made again.

    Returns
    -------
    str
        ``finished``, ``failed`` or ``busy``.
    """
    if not store.folder.is_dir():
        raise FileNotFoundError(
            f"this worker lacks {store.folder}: the folder of a batch has to be on a disk that all "
            "workers see, under one path"
        )
    with ONE_AT_A_TIME, store.claim(job.key) as mine:
        if not mine:
            return BUSY
        known = store.read(job.key)
        if known is None or known.ended < since:
            store.note("started", job.key, cell=str(job.cell), worker=this_process())
            known, trace = perform(job, store.steps(job.key), _threads())
            store.write(known, trace)
            store.note(_ending(known), job.key, seconds=known.seconds, worker=known.worker)
    return _ending(known)


def _ending(result: Result) -> str:
    return "failed" if result.error else "finished"


def _threads() -> int:
    """Return the threads of this worker."""
    from distributed import get_worker

    return int(get_worker().state.nthreads)


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
        From a job to the seconds that it may take, NaN where nothing is known.
    on_progress : callable
    """

    store: Store
    cluster: Cluster
    memory: int
    seconds: Callable[[Job], float]
    on_progress: OnProgress
    since: str = ""
    waiting: deque[Job] = field(default_factory=deque)
    later: list[tuple[float, Job]] = field(default_factory=list)
    flying: dict[Future, Job] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    total: int = 0
    asked: int = 0

    def __call__(self, jobs: Sequence[Job]) -> None:
        """Run the jobs.

        Raises
        ------
        OSError
            If the cluster cannot be reached, or does not come back.
        """
        self.total, self.waiting = len(jobs), deque(jobs)
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
        self._require_workers(client)
        done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        lost, full = _Notice(), _Notice()
        while self.waiting or self.flying or self.later:
            self._send(client, done)
            self._tell(client)
            with suppress(queue.Empty):
                self._end(done.get(timeout=LOOK))
            lost(client.status != "running", LOST, WAIT)
            full(disk_usage(self.store.folder).free < ROOM, FULL, self.store.folder, PATIENCE)
            if client.status == "closed":
                return

    def _send(self, client: Client, done: queue.SimpleQueue[Future]) -> None:
        """Give every worker a run."""
        now = time.monotonic()
        self.waiting.extend(job for due, job in self.later if due <= now)
        self.later = [(due, job) for due, job in self.later if due > now]
        slots = len(client.scheduler_info(n_workers=-1)["workers"])
        while self.waiting and len(self.flying) < slots:
            job = self.waiting.popleft()
            self.asked += 1
            future = client.submit(
                work,
                job,
                self.store,
                self.since,
                key=f"{job.cell.pair} {job.cell.method}-{job.key[:12]}-{self.asked}",
                pure=False,
                resources=dict(job.method.resources) or None,
                retries=0,
            )
            self.flying[future] = job
            future.add_done_callback(done.put)

    def _end(self, future: Future) -> None:
        """Note how a run ended."""
        job = self.flying.pop(future, None)
        if job is None:
            return
        if future.status in ("cancelled", "lost"):  # with the scheduler
            self.waiting.appendleft(job)
            return
        error = future.exception() if future.status == "error" else None
        if isinstance(error, OSError):  # of the folder, not of the run
            raise error
        if error is not None:
            self._broken(job, error)
        elif (ending := future.result()) == BUSY:
            self.later.append((time.monotonic() + AGAIN, job))
        else:
            self.ended[job.key] = ending

    def _broken(self, job: Job, error: BaseException) -> None:
        """Keep what no worker could: that the run ended its workers, or could not be begun."""
        said = f"{type(error).__name__}: {error}"
        if type(error).__name__ == "KilledWorker":
            said = (
                "every worker that tried it was killed: most often there was too little memory; "
                "use fewer workers, or fewer words with max_vocab"
            )
        log.warning("%s: %s", job.cell, said)
        self.store.write(failure(job, said))
        self.store.note("failed", job.key, error=said)
        self.ended[job.key] = "failed"

    def _take_back(self) -> None:
        """Stop waiting for the runs that were sent."""
        for future, job in self.flying.items():
            with suppress(Exception):  # the cluster may be gone
                future.cancel(force=True)
            self.waiting.appendleft(job)
        self.flying.clear()

    def _require_workers(self, client: Client) -> None:
        """Raise an error where nobody would ever take some run."""
        if not client.scheduler_info(n_workers=-1)["workers"]:
            log.info("the scheduler has no workers yet; waiting up to %g seconds", WAIT)
            with suppress(TimeoutError):
                client.wait_for_workers(1, timeout=WAIT)
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        if not workers:
            raise OSError(
                "the scheduler has no workers: start some, as `dask worker ADDRESS --nworkers 4 "
                "--nthreads 1`"
            )
        offered: dict[str, float] = {}
        for worker in workers:
            for name, amount in worker["resources"].items():
                offered[name] = max(amount, offered.get(name, 0))
        for job in self.waiting:
            for name, amount in job.method.resources.items():
                if offered.get(name, 0) < amount:
                    raise OSError(
                        f"{job.cell.method} asks for {name}={amount:g}, which no worker offers: "
                        f"start one with `dask worker --resources {name}={amount:g}`"
                    )

    def _tell(self, client: Client) -> None:
        """Say how far it is."""
        endings = list(self.ended.values())
        left = [*self.waiting, *(job for _, job in self.later), *self.flying.values()]
        workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        self.on_progress(
            Progress(
                total=self.total,
                finished=endings.count("finished"),
                failed=endings.count("failed"),
                running=len(self.flying),
                left=sum(map(self.seconds, left)) / workers,
            )
        )
