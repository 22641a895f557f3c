"""What every solver has in common: how it is called and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from align.maps import Array, LinearMap, Map
from align.problem import Problem
from align.retrieve import Space
from align.solvers.attempt import Attempt
from align.steps import OnStep, silent


@dataclass(frozen=True)
class Trial:
    """How a candidate did on held-out seeds.

    Parameters
    ----------
    name : str
    hits, asked : int
        Source words that it translated rightly by CSLS, out of those held out.
    failure : str
        Why it could not solve; empty where it could.
    """

    name: str
    hits: int
    asked: int
    failure: str = ""


@dataclass(frozen=True, eq=False)
class Solution:
    """A map and the evidence for it.

    Parameters
    ----------
    map : LinearMap or KernelMap
        Takes normalised source rows to normalised target rows, or into the joint space.
    pairs : (p, 2) array of int
        The pairs of rows that the map was fitted on last.
    losses : tuple of float
        The solver's loss after each of its steps, as the solver has it.
    converged : bool
        Whether the solver stopped because nothing changed any more.
    target : LinearMap or KernelMap, optional
        Takes normalised target rows into the joint space; none where they are there already.
    space : Space, optional
        The neighbours that the last step saw: a good guess of those under ``map``.
    stopped : str
        Why an iterative solver made no further step.
    trials : tuple of Trial
        What was chosen from, where the solver chose among others.
    chosen : str
        The name of the chosen one.
    attempts : tuple of Attempt
        The starts that were tried, where no seeds were needed.
    """

    map: Map
    pairs: npt.NDArray[np.intp]
    losses: tuple[float, ...]
    converged: bool
    space: Space | None = None
    target: Map | None = None
    stopped: str = ""
    trials: tuple[Trial, ...] = ()
    chosen: str = ""
    attempts: tuple[Attempt, ...] = ()

    def mapped(self, problem: Problem) -> tuple[Array, Array]:
        """Bring all rows of both sides into the joint space."""
        return self.map(problem.x), self.target(problem.y) if self.target else problem.y


class Settings(Protocol):
    """A frozen dataclass whose fields are the hyperparameters of what it is named after."""

    name: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


class Solver(Settings, Protocol):
    """Settings that solve a `Problem`."""

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve one problem; its arrays are not changed."""


def mean_squared_distance(problem: Problem, map_: Map, target: Map | None = None) -> float:
    """Return the mean over the pairs of ``||x - y||^2``, both sides mapped."""
    x, y = problem.paired
    apart = map_(x) - (target(y) if target else y)
    return float(np.mean(np.sum(apart.astype(np.float64) ** 2, axis=1)))


def require_pairs(problem: Problem) -> None:
    """Raise an error where there are no seed pairs."""
    if not len(problem.pairs):
        raise ValueError("this solver needs a seed lexicon, got 0 usable pairs")


def require_linear(solver: Solver, map_: Map) -> LinearMap:
    """Return the map that a solver starts from; an error where it is of another kind."""
    if not isinstance(map_, LinearMap):
        raise TypeError(
            f"{solver.name} starts from linear maps, but its start gives a {type(map_).__name__}; "
            "give another start, as Procrustes() or Multistep()"
        )
    return map_


Seeded = TypeVar("Seeded")


def seeded(solver: Seeded, seed: int) -> Seeded:
    """Return a solver that draws by a seed, as do those within it; itself where none draws."""
    if isinstance(solver, tuple):
        return cast(Seeded, tuple(seeded(part, seed) for part in solver))
    if not is_dataclass(solver) or isinstance(solver, type):
        return solver
    parts = {f.name: getattr(solver, f.name) for f in fields(solver) if f.init}
    new = {name: seeded(part, seed) for name, part in parts.items()}
    new |= {"seed": seed} if "seed" in parts else {}
    changed = {name: part for name, part in new.items() if part != parts[name]}
    return cast(Seeded, replace(cast(Any, solver), **changed)) if changed else solver


def draws(solver: Seeded) -> bool:
    """Say whether a solver, or one within it, has a seed."""
    return seeded(solver, 0) != seeded(solver, 1)


def describe(solver: Settings) -> dict[str, Any]:
    """Return a solver's name and hyperparameters as plain values."""
    return {
        "name": solver.name,
        **{f.name: _plain(getattr(solver, f.name)) for f in fields(solver)},
    }


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return describe(cast(Settings, value)) if is_dataclass(value) else value
