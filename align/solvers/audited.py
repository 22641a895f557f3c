"""Another solver without the seed pairs that are probably wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from align.problem import Problem
from align.retrieve.neighbours import codes
from align.solvers.audit import DOUBTFUL, FEW, doubts
from align.solvers.kept import solved
from align.solvers.multistep import Multistep
from align.solvers.solution import Solution, Solver
from align.steps import OnStep, silent

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Audited:
    """Drop the seed pairs of which `align.solvers.audit.doubts` are high, then solve on the others.

    They do not come back as words spelled alike. Where fewer than 50 pairs would be left, all are
    kept. With fewer seeds than dimensions right and wrong pairs look much alike, and many of either
    kind may be dropped.

    Parameters
    ----------
    solver : Solver
        Solves on the pairs that are kept.
    threshold : float
        Pairs that are more probably wrong than this are dropped; in [0, 1].
    seed : int
        Of the audit.
    """

    name: ClassVar[str] = "audited"

    solver: Solver = field(default_factory=Multistep)
    threshold: float = DOUBTFUL
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"the threshold is a probability, in [0, 1], got {self.threshold}")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; the pairs of the solution are those of ``solver``."""
        doubtful = doubts(problem, seed=self.seed) > self.threshold
        kept, dropped = problem.pairs[~doubtful], problem.pairs[doubtful]
        if len(dropped) and len(kept) < FEW:
            log.info("%d of %d seed pairs are doubtful: all are kept", len(dropped), len(doubtful))
        elif len(dropped):
            log.info("%d of %d seed pairs are doubtful: left out", len(dropped), len(doubtful))
            again = np.isin(codes(problem.alike), codes(dropped))  # as words spelled alike
            problem = replace(problem, pairs=kept, alike=problem.alike[~again])
        return solved(self.solver, problem, on_step=on_step)
