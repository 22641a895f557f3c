"""Solutions on disk, for a run that goes on after a kill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy.typing as npt

from align.kernel_map import map_of, own_map, tensors_of
from align.solvers.solution import Solution
from embeddings.arrays import write_tensors
from embeddings.files import replacing


def write_solution(solution: Solution, path: Path) -> None:
    """Write maps, pairs and losses to a safetensors file: complete, or not at all."""
    maps = tensors_of({"map": solution.map, "target": solution.target})
    tensors: dict[str, npt.NDArray[Any]] = {"pairs": solution.pairs, **maps}
    told = {
        "losses": json.dumps(solution.losses),
        "converged": json.dumps(solution.converged),
        "stopped": json.dumps(solution.stopped),
    }
    with replacing(path) as beside:
        write_tensors(beside, tensors, told)


def read_solution(path: Path) -> Solution:
    """Read what `write_solution` wrote.

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
        return Solution(
            own_map("map", tensors),
            tensors["pairs"],
            tuple(told["losses"]),
            told["converged"],
            target=map_of("target", tensors),
            stopped=told["stopped"],
        )
    except (SafetensorError, KeyError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a readable step ({error})") from error
