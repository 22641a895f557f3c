"""Where a batch runs: a Dask cluster of this machine, or one that exists."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from align.retrieve.choice import cuda_devices
from align.retrieve.memory import available

if TYPE_CHECKING:
    from distributed import Client

MISSING = "a batch needs Dask: pip install 'align-embeddings[batch]'"
WAIT = 60.0  # seconds for a scheduler to answer, or to come back
LOCAL: dict[str, Any] = {
    # A run's arrays are not Dask's to spill: a worker that holds too much is ended, and its run
    # is tried elsewhere.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.scheduler.allowed-failures": 2,  # workers that a run may take with it
}


@dataclass(frozen=True)
class Cluster:
    """Where a batch runs.

    Parameters
    ----------
    scheduler : str
        An address as ``tcp://host:8786``, or a scheduler file; empty for this machine.
    workers : int
        Processes on this machine; 0 for as many as its cores and its memory allow.
    """

    scheduler: str = ""
    workers: int = 0

    def local_size(self, memory: int, runs: int) -> tuple[int, int]:
        """Return how many workers this machine has for runs of so much memory, and their threads.

        One thread to a run is the best use of the cores, as long as there are enough runs and
        memory for all.
        """
        from dask.system import cpu_count

        cores = cpu_count()  # that affinity and quotas leave to this process
        fit = max(1, int(0.9 * available() // max(memory, 1)))
        workers = self.workers or max(1, min(cores, fit, runs))
        return workers, max(1, cores // workers)


@contextmanager
def connected(cluster: Cluster, memory: int, runs: int, *, gpu: bool) -> Iterator[Client]:
    """Give a client of the cluster; one of this machine ends with the block.

    Parameters
    ----------
    cluster : Cluster
    memory, runs
        As `Cluster.local_size` takes them.
    gpu : bool
        Whether some run asks for a GPU: a worker of this machine then offers one, if it is there.

    Raises
    ------
    ImportError
        If Dask is not installed.
    OSError
        If the scheduler does not answer.
    """
    dask, client_of, cluster_of = dask_of()
    if cluster.scheduler:
        with client_of(**_address(cluster.scheduler), timeout=WAIT) as client:
            yield client
        return
    workers, threads = cluster.local_size(memory, runs)
    offered: dict[str, float] = {}
    if gpu and (devices := cuda_devices()):
        workers, offered = min(workers, len(devices)), {"GPU": 1.0}
    with dask.config.set(LOCAL):
        with _uninterrupted():
            local = cluster_of(
                n_workers=workers,
                threads_per_worker=threads,
                memory_limit=int(0.95 * available() / workers),
                dashboard_address=":0",
                silence_logs=50,
                resources=offered,
            )
        with local, client_of(local, timeout=WAIT) as client:
            yield client


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let processes that are started here not hear Ctrl-C, which is for the one that ends them."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not in the main thread, to which signals go
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def dask_of() -> tuple[Any, Any, Any]:
    """Return Dask, and the classes of clients and local clusters, which have no types.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ImportError(MISSING) from error
    return dask, Client, LocalCluster


def _address(scheduler: str) -> dict[str, str]:
    if "://" in scheduler:
        return {"address": scheduler}
    if Path(scheduler).is_file():
        return {"scheduler_file": scheduler}
    raise FileNotFoundError(
        f"no scheduler {scheduler!r}: give an address as tcp://host:8786, or the file that "
        "`dask scheduler --scheduler-file` wrote"
    )
