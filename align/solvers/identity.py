"""The start of solvers that go on where others ended: both sides are in one space already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from align.maps import LinearMap
from align.problem import Problem
from align.solvers.solution import Solution, mean_squared_distance
from align.steps import OnStep, silent


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The map that changes nothing."""

    name: ClassVar[str] = "identity"

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where the dimensions of both sides differ."""
        if problem.x.shape[1] != problem.y.shape[1]:
            raise ValueError(
                "the two sides are not in one space: they have "
                f"{problem.x.shape[1]} and {problem.y.shape[1]} dimensions"
            )
        map_ = LinearMap(np.eye(problem.x.shape[1]))
        losses = (mean_squared_distance(problem, map_),) if len(problem.pairs) else ()
        return Solution(map_, problem.pairs, losses, converged=True)
