"""Solutions that are kept: what several solvers start from is solved once, also after a kill."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from align.maps import Array
from align.problem import Problem
from align.retrieve.search import current
from align.solvers.solution import Solution, Solver, describe
from align.solvers.stored import (
    State,
    read_solution,
    read_state,
    solution_of,
    write_solution,
    write_state,
)
from align.steps import OnStep, silent

log = logging.getLogger(__name__)
EVERY = 10.0  # seconds after which a state is kept again
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Kept:
    """The solutions of problems over the same two sets of vectors."""

    x: Array
    y: Array
    folder: Path | None
    solutions: dict[str, Solution] = field(default_factory=dict)

    @cached_property
    def stamp(self) -> str:
        """Stands for both sets of vectors and what searches them, where that matters."""
        from importlib.metadata import version  # `import align` is light

        made = version("align-embeddings") + current().name
        return digest(self.x, self.y, before=made) if self.folder else ""

    def __call__(self, solver: Solver, problem: Problem, on_step: OnStep) -> Solution:
        key = self.key(solver, problem)
        path = self.folder / f"{key}.safetensors" if self.folder else None
        if key not in self.solutions and path and path.exists():
            try:
                self.solutions[key] = read_solution(path)
                log.info("%s was solved before: %s", solver.name, path)
            except ValueError as error:
                log.warning("%s; it is solved again", error)
        if key not in self.solutions:
            solution = replace(solver(problem, on_step=on_step), space=None)
            if path and (state := self.state_of(key)):
                _written(write_solution, solution, path)
                with suppress(OSError):  # it may not be there
                    state.unlink()  # it has served
            self.solutions[key] = solution
        return self.solutions[key]

    def key(self, solver: Solver, problem: Problem) -> str:
        """Name a solution by everything that it depends on."""
        settings = json.dumps(describe(solver), sort_keys=True)
        return digest(problem.pairs, problem.alike, before=self.stamp + settings)

    def state_of(self, key: str) -> Path | None:
        """Return where the state on the way to a solution is kept, if anywhere."""
        return self.folder / f"{key}.state.safetensors" if self.folder else None


def _written(write: Callable[[T, Path], None], value: T, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(value, path)
    except OSError as error:  # the run itself need not fail for it
        log.warning("%s cannot be kept (%s)", path, error.strerror)


def digest(*arrays: npt.NDArray[Any], before: str = "") -> str:
    """Return 32 hexadecimal digits that stand for some arrays."""
    found = hashlib.blake2b(before.encode(), digest_size=16)
    for array in arrays:
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


_kept: ContextVar[_Kept | None] = ContextVar("kept", default=None)


@contextmanager
def keeping(problem: Problem, folder: Path | str | None = None) -> Iterator[None]:
    """Keep the solutions that `solved` finds, of any seeds between the vectors of a problem.

    Parameters
    ----------
    problem : Problem
    folder : Path or str, optional
        Keep them here as well, so that a run that was killed goes on where it was.
    """
    outer = _kept.get()
    if outer and outer.x is problem.x and outer.y is problem.y:
        yield
        return
    token = _kept.set(_Kept(problem.x, problem.y, Path(folder) if folder else None))
    try:
        yield
    finally:
        _kept.reset(token)


def solved(solver: Solver, problem: Problem, *, on_step: OnStep = silent) -> Solution:
    """Solve, or take the solution of the same solver and problem where it was kept."""
    kept = _kept.get()
    if kept is None or problem.x is not kept.x or problem.y is not kept.y:
        return solver(problem, on_step=on_step)
    return kept(solver, problem, on_step)


@dataclass
class Checkpoint:
    """Where a long solver keeps its state from time to time.

    Parameters
    ----------
    path : Path, optional
        Nowhere, where there is none.
    written : float
        When it was last written, or the solver began, by the monotonic clock.
    """

    path: Path | None
    written: float

    def read(self) -> State | None:
        """Return the state that was written last, by this run or by one that was killed."""
        if not self.path or not self.path.exists():
            return None
        try:
            state = read_state(self.path)
        except ValueError as error:
            log.warning("%s; it is solved from the beginning", error)
            return None
        log.info("going on from %s", self.path)
        return state

    def write(self, state: State) -> None:
        """Keep a state in place of the one before: one of them is always whole."""
        if self.path:
            _written(write_state, state, self.path)
            self.written = time.monotonic()

    def keep(self, state: Callable[[], State]) -> None:
        """Write a state where the last one is old."""
        if self.path and time.monotonic() - self.written >= EVERY:
            self.write(state())


def checkpoint(solver: Solver, problem: Problem) -> Checkpoint:
    """Return where a solver may keep its state: beside what `keeping` keeps in a folder."""
    kept = _kept.get()
    if kept is None or problem.x is not kept.x or problem.y is not kept.y:
        return Checkpoint(None, 0)
    return Checkpoint(kept.state_of(kept.key(solver, problem)), time.monotonic())


def begun(
    state: State | None, start: Solver, problem: Problem, on_step: OnStep
) -> tuple[Solution, int]:
    """Return the solution to go on from, and how many steps led to it from that of ``start``.

    Parameters
    ----------
    state : State, optional
        Of `state_of`, which tells the steps as ``done``; none to begin with ``start``.
    """
    if state is None:
        return solved(start, problem, on_step=on_step), 0
    return solution_of(state), state.told["done"]
