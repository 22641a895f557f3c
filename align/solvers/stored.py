"""Solutions, and states on the way to one, on disk: for a run that goes on after a kill."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from align.kernel_map import map_of, own_map, tensors_of
from align.solvers.solution import Solution
from embeddings.arrays import write_tensors
from embeddings.files import replacing


@dataclass(frozen=True, eq=False)
class State:
    """Where a solver stands: arrays, and plain values beside them."""

    tensors: dict[str, npt.NDArray[Any]]
    told: dict[str, Any]


def write_state(state: State, path: Path) -> None:
    """Write a safetensors file: complete, or not at all."""
    told = {name: json.dumps(value) for name, value in state.told.items()}
    with replacing(path) as beside:
        write_tensors(beside, state.tensors, told)


def read_state(path: Path) -> State:
    """Read what `write_state` wrote.

    Raises
    ------
    ValueError
        If the file is something else.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            told = {name: json.loads(text) for name, text in stored.metadata().items()}
        return State(tensors, told)
    except (SafetensorError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a readable step ({error})") from error


def state_of(solution: Solution, **beside: Any) -> State:  # noqa: ANN401  # what JSON can hold
    """Return the maps, pairs and losses of a solution, and what else is told."""
    maps = tensors_of({"map": solution.map, "target": solution.target})
    told = {name: getattr(solution, name) for name in ("losses", "converged", "stopped")}
    return State({"pairs": solution.pairs, **maps}, told | beside)


def solution_of(state: State) -> Solution:
    """Return the solution of which `state_of` told.

    Raises
    ------
    ValueError, KeyError
        If the state is of something else.
    """
    tensors, told = state.tensors, state.told
    return Solution(
        own_map("map", tensors),
        tensors["pairs"],
        tuple(told["losses"]),
        told["converged"],
        target=map_of("target", tensors),
        stopped=told["stopped"],
    )


def write_solution(solution: Solution, path: Path) -> None:
    """Write maps, pairs and losses to a file, as `write_state` does."""
    write_state(state_of(solution), path)


def read_solution(path: Path) -> Solution:
    """Read what `write_solution` wrote.

    Raises
    ------
    ValueError
        If the file is something else.
    """
    state = read_state(path)
    try:
        return solution_of(state)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path} is not a readable step ({error})") from error
