"""`run_batch`: from a plan to the table of its scores."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from align.batch.cluster import Cluster
from align.batch.engine import Engine, OnProgress, Progress
from align.batch.estimate import Estimate, Made, memory_of
from align.batch.job import Job, jobs_of
from align.batch.packed import Packed, pack
from align.batch.plan import Plan
from align.batch.reading import read_plan
from align.batch.store import GRID, VECTORS, Store
from align.batch.table import write_tables
from align.results import Results
from align.steps import OnStep, Step, silent

if TYPE_CHECKING:
    import polars

Rerun = Literal["missing", "failed", "all"]


@dataclass(frozen=True, eq=False)
class Batch:
    """A plan whose vectors were read, in a folder.

    Parameters
    ----------
    plan : Plan
    store : Store
    jobs : tuple of Job
    unreadable : mapping
        From a language to the reason why its vectors could not be read.
    """

    plan: Plan
    store: Store
    jobs: tuple[Job, ...]
    unreadable: Mapping[str, str]

    @classmethod
    def of(cls, plan: Plan, folder: Path | str, *, on_step: OnStep = silent) -> Batch:
        """Read the vectors of a plan, and keep them in its folder.

        A file that cannot be read fails the runs of its language, no others.
        """
        store = Store(Path(folder).absolute())
        packed: dict[str, Packed] = {}
        unreadable = {}
        for language, path in plan.vectors.items():

            def read(done: int, total: int, stage: str = f"reading {language}") -> None:
                on_step(Step(stage, done, total))

            try:
                packed[language] = pack(
                    path,
                    language,
                    store.folder / VECTORS,
                    max_vocab=plan.max_vocab,
                    lower=plan.lower,
                    on_read=read,
                )
            except ValueError as error:
                unreadable[language] = str(error)
        return cls(plan, store, tuple(jobs_of(plan, packed)), unreadable)

    def begin(self) -> None:
        """Keep the grid."""
        keys = {job.cell: job.key for job in self.jobs}
        cells = []
        for pair, cell, _ in self.plan.cells:
            errors = [self.unreadable[code] for code in pair if code in self.unreadable]
            cells.append((cell, keys.get(cell, ""), "; ".join(errors)))
        self.store.begin(cells, self.plan.metrics)

    @cached_property
    def made(self) -> Mapping[str, Made]:
        """What had been run when this was asked first, by its key."""
        found = ((job, self.store.read(job.key)) for job in self.left_of(()))
        return {
            job.key: Made(job, result.ended, result.seconds, bool(result.error))
            for job, result in found
            if result
        }

    @cached_property
    def estimate(self) -> Estimate:
        """What runs take, by those that had been made."""
        return Estimate.of(self.made.values())

    def left_of(self, keys: Container[str]) -> list[Job]:
        """Return a job for each key but some."""
        return list({job.key: job for job in self.jobs if job.key not in keys}.values())

    def again(self, rerun: Rerun) -> dict[str, str]:
        """Return the keys of the runs that are made again, and when they had ended."""
        return {
            key: made.ended
            for key, made in self.made.items()
            if rerun == "all" or (rerun == "failed" and made.failed)
        }

    def left(self, rerun: Rerun = "missing") -> list[Job]:
        """Return the jobs that are to be run: one for each key."""
        return self.left_of(self.made.keys() - self.again(rerun).keys())

    def run(
        self,
        cluster: Cluster = Cluster(),  # noqa: B008  # frozen, so safe to share
        *,
        rerun: Rerun = "missing",
        on_progress: OnProgress = lambda progress: None,
    ) -> Results:
        """Run what is left; the tables are written whatever happens, and again at the end."""
        self.begin()
        left = self.left(rerun)
        try:
            if left:
                memory = max(map(memory_of, left))
                again = self.again(rerun)
                Engine(self.store, cluster, memory, self.estimate, on_progress, again)(left)
        finally:
            results = self.store.results()
            write_tables(results, self.store.folder)
        return results


def is_batch(folder: Path | str) -> bool:
    """Whether a folder is that of a batch."""
    return (Path(folder) / GRID).is_file()


def load_results(folder: Path | str) -> Results:
    """Return what was run of a batch until now; ValueError if the folder is not that of one."""
    return Store(Path(folder)).results()


def run_batch(
    plan: Path | str | Mapping[str, Any],
    folder: Path | str,
    *,
    scheduler: str = "",
    workers: int = 0,
    rerun: Rerun = "missing",
    on_step: OnStep = silent,
) -> polars.DataFrame:
    """Run every pair, method, split and seed of a plan, and return the table of scores.

    What was run before, by this call or by `align batch`, is not run again.

    Parameters
    ----------
    plan : Path, str or mapping
        A TOML file, or what it would hold (see docs/batch.md).
    folder : Path or str
        Holds a file for each run, and the table as Parquet, CSV and JSON lines. With a scheduler,
        on a disk that all workers see.
    scheduler : str
        Of a Dask cluster, as ``tcp://host:8786`` or a scheduler file; by default workers are
        started here, so a script needs ``if __name__ == "__main__":`` around the call.
    workers : int
        Processes here; 0 for as many as cores and memory allow.
    rerun : {'missing', 'failed', 'all'}
        What to run: what was not, also what failed, or all.
    on_step : callable
        Told of vectors that are read, and of runs that ended.

    Returns
    -------
    polars.DataFrame
        One row per score, with its signature; one with the error for a run that failed.

    Raises
    ------
    PlanError
        With every problem of the plan, before anything is run.
    OSError
        If the scheduler or the disk fails; nothing that was run is lost.
    """
    from align.batch.table import frame

    batch = Batch.of(read_plan(plan), folder, on_step=on_step)

    def told(progress: Progress) -> None:
        on_step(Step("runs", progress.finished + progress.failed, progress.total))

    results = batch.run(Cluster(scheduler, workers), rerun=rerun, on_progress=told)
    return frame(results)
