"""`Job`: one run of a batch, with everything that a worker needs; and what the worker does."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from importlib.metadata import version
from pathlib import Path
from socket import gethostname
from typing import Any

import numpy as np
import numpy.typing as npt

from align.batch.methods import Method
from align.batch.packed import Packed
from align.batch.plan import Plan
from align.pipeline import supervised, unsupervised
from align.record import Record
from align.report.machine import FORMAT as RECORDS
from align.results import Cell, Result, now
from align.retrieve import choose, using
from align.run import Run
from align.solvers.kept import digest
from align.solvers.solution import describe, draws, seeded
from dictionaries import Lexicon

FORMAT = 2  # of what a key stands for


@dataclass(frozen=True, eq=False)
class Job:
    """One run.

    Parameters
    ----------
    cell : Cell
        Its place in the grid.
    method : Method
        With the seed of the cell.
    source, target : Packed
    train : Lexicon or None
        The seeds; none of an unsupervised run.
    test : Lexicon
    seed : int
        That of the cell; 0 where nothing is drawn, so that one run stands for all seeds.
    shared : tuple of (str, value)
        What all runs of the plan have in common.
    """

    cell: Cell
    method: Method
    source: Packed
    target: Packed
    train: Lexicon | None
    test: Lexicon
    seed: int
    shared: tuple[tuple[str, Any], ...]

    @cached_property
    def key(self) -> str:
        """Stands for settings, data and version, whatever method and files are called."""
        parts = [
            FORMAT,
            RECORDS,
            self.method.learn,
            describe(self.method.solver),
            [side.fingerprint for side in (self.source, self.target)],
            [side.name for side in (self.source, self.target)],
            [lexicon and lexicon.fingerprint for lexicon in (self.train, self.test)],
            self.shared,
            self.seed,
        ]
        return digest(before=json.dumps(parts))

    def run(self, steps: Path) -> Run:
        """Align and score."""
        told = dict(self.shared)
        source, target = self.source.read(), self.target.read()
        common = {"solver": self.method.solver, "normalize": told["normalize"], "k": told["k"]}
        common |= {"seed": self.seed, "steps": steps}
        search = choose(told["device"], told["search"], memory=told["memory"])
        with using(search):
            if self.method.learn == "unsupervised":
                run = unsupervised(source, target, **common)
            else:
                assert self.train is not None  # the plan was checked
                run = supervised(source, target, self.train, **common)
            evaluation = run.evaluate(self.test, retrievals=told["retrievals"])
        record = replace(run.record, evaluation=evaluation)
        return replace(run, test=self.test, record=record)


def jobs_of(plan: Plan, packed: dict[str, Packed]) -> list[Job]:
    """Return the runs of a plan whose vectors could be read, in its order."""
    names = ("normalize", "k", "device", "search", "memory", "retrievals")
    shared = tuple((name, getattr(plan, name)) for name in names)
    shared += (("version", version("align-embeddings")),)
    split = cache(partial(_split, plan))  # which methods, and mostly seeds, have in common
    found = []
    for pair, cell, method in plan.cells:
        if not all(language in packed for language in pair):
            continue
        source, target = (packed[language] for language in pair)
        drawn = cell.seed if cell.train_size and plan.draw == "random" else 0
        train, test = split(pair, cell.train_size, cell.fold, drawn)
        job = Job(
            cell,
            replace(method, solver=seeded(method.solver, cell.seed)),
            source,
            target,
            train if method.learn == "supervised" else None,
            test,
            cell.seed if draws(method.solver) else drawn,
            shared,
        )
        found.append(job)
    return found


def _split(
    plan: Plan, pair: tuple[str, str], size: int, fold: int, seed: int
) -> tuple[Lexicon | None, Lexicon]:
    """Return what a run is trained and scored on."""
    train = plan.train.get(pair)
    if train is None:
        return None, plan.test[pair]
    if not fold:
        test = plan.test[pair]
    else:  # whose words come from all frequencies, and are the same for every seed
        words = list(train.sources)
        random.Random(0).shuffle(words)
        held_out = set(words[fold - 1 :: plan.folds])
        test, train = train.only(held_out), train.only(set(train.sources) - held_out)
    if size and plan.draw == "random":
        train = train.only(set(random.Random(seed).sample(train.sources, size)))
    elif size:
        train = train.first(size)
    return train, test


def perform(job: Job, steps: Path, threads: int) -> tuple[Result, str]:
    """Run a job; whatever goes wrong is its result, with the traceback beside it."""
    started, record, error, trace = time.perf_counter(), None, "", ""
    best = np.empty(0, dtype=np.int32)
    try:
        record, best = _performed(job, steps, threads)
    except Exception as caught:  # one run must not stop the others
        from traceback import format_exc

        error, trace = f"{type(caught).__name__}: {caught}", format_exc()
    _give_back()
    seconds = round(time.perf_counter() - started, 3)
    return replace(
        failure(job, error), record=record, best=best, seconds=seconds, threads=threads
    ), trace


def _give_back() -> None:
    """Return freed memory to the system, which the C library would keep in pieces."""
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def failure(job: Job, error: str) -> Result:
    """Return the result of a run that ended now with an error."""
    return Result(
        key=job.key,
        record=None,
        error=error,
        best=np.empty(0, dtype=np.int32),
        seconds=0.0,
        memory=_most_memory(),
        threads=0,
        worker=this_process(),
        ended=now(),
    )


def this_process() -> str:
    """Return the machine and the number of this process."""
    return f"{gethostname()}:{os.getpid()}"


def _performed(job: Job, steps: Path, threads: int) -> tuple[Record, npt.NDArray[np.int32]]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        run = job.run(steps)
        best = run.ranks(job.test).best
    return run.record, best.astype(np.int32)


def _most_memory() -> int:
    """Return the most bytes that this process has held; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
