"""Least squares with a penalty: any linear map, kept small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from align.maps import Array, LinearMap
from align.problem import Problem
from align.solvers.solution import Solution, mean_squared_distance, require_pairs
from align.steps import OnStep, silent


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """Least squares from source to target with an L2 penalty [1]_ [2]_.

    The loss that is reported is the mean squared distance of the seeds, without the penalty.

    Parameters
    ----------
    penalty : float
        In units of the mean squared length of the seeds' source rows, so that the length of
        vectors does not matter: it weighs as ``penalty * d`` more seeds would whose source words
        lie evenly in all directions and whose translations are at 0. At 0, plain least squares.
        On Wikipedia vectors 1 to 3 was best or nearly so with 200 seeds as with 5,000.

    References
    ----------
    .. [1] Mikolov et al., "Exploiting similarities among languages for machine translation",
       arXiv:1309.4168, 2013.
    .. [2] Dinu et al., "Improving zero-shot learning by mitigating the hubness problem", ICLR
       workshop 2015.
    """

    name: ClassVar[str] = "ridge"

    penalty: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.penalty < np.inf:
            raise ValueError(f"need a penalty of 0 or more, got {self.penalty}")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where there are no seed pairs."""
        require_pairs(problem)
        map_ = ridge(*problem.paired, self.penalty)
        loss = mean_squared_distance(problem, map_)
        return Solution(map_, problem.pairs, (loss,), converged=True)


def ridge(x: Array, y: Array, penalty: float) -> LinearMap:
    """Find the ``w`` that minimises ``||x @ w - y||^2 + c ||w||^2`` (Frobenius).

    The minimum is where ``(x.T x + c) w = x.T y``.

    Parameters
    ----------
    x, y : (p, d) and (p, e) arrays
        Row ``i`` of ``x`` should land on row ``i`` of ``y``.
    penalty : float
        ``c`` as a multiple of the mean squared length of the rows of ``x``.

    Returns
    -------
    LinearMap
        The smallest, where several are at the minimum.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    gram = x.T @ x
    c = penalty * np.trace(gram) / len(x)
    return LinearMap(np.linalg.lstsq(gram + c * np.eye(len(gram)), x.T @ y, rcond=None)[0])
