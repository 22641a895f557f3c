"""Refinement: solve again on the pairs that the last map makes mutual CSLS neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from align.problem import Problem
from align.retrieve import Space, ready
from align.solvers.procrustes import Procrustes
from align.solvers.solution import Solution, Solver
from align.steps import OnStep, Step, silent


@dataclass(frozen=True, kw_only=True)
class Refinement:
    """Rounds of mutual-CSLS refinement after another solver's solution [1]_.

    Each round maps both sides, takes the pairs of words that are each other's nearest CSLS
    neighbour, and solves again on these pairs in place of the seeds, or together with them.

    Parameters
    ----------
    rounds : int
        At most so many; fewer where a round finds the pairs of the one before.
    start : Solver
        Gives the first map.
    solver : Solver
        Solves in every round.
    keep_seeds : bool
        Solve on the seeds as well as on the pairs that were found.
    k : int
        The neighbourhood of CSLS.
    max_rank : int
        Pairs are kept among the first so many words of both sides, the most frequent, whose
        vectors are the most reliable (MUSE: 10,000 with seeds, 15,000 without); 0 for all.

    References
    ----------
    .. [1] Conneau et al., "Word translation without parallel data", ICLR 2018.
    """

    name: ClassVar[str] = "refinement"

    rounds: int = 5
    start: Solver = field(default_factory=Procrustes)
    solver: Solver = field(default_factory=Procrustes)
    keep_seeds: bool = False
    k: int = 10
    max_rank: int = 15_000

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.k < 1 or self.max_rank < 0:
            raise ValueError(
                f"need rounds >= 1, k >= 1 and max_rank >= 0, "
                f"got {self.rounds}, {self.k} and {self.max_rank}"
            )

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where no pair of words is mutual."""
        solution = self.start(problem, on_step=on_step)
        losses = solution.losses
        pairs = np.empty((0, 2), dtype=np.intp)
        target, space = ready(problem.y), None
        for done in range(self.rounds):
            x, y = solution.mapped(problem)
            there = y if solution.target else target
            space = Space.of(x, there, self.k, like=space, on_step=on_step)
            before, (pairs, _) = pairs, space.induce(max_rank=self.max_rank, on_step=on_step)
            if not len(pairs):
                raise ValueError(
                    "no two words are each other's nearest neighbour, so nothing can be refined; "
                    "the seeds are too few or wrong"
                )
            if np.array_equal(pairs, before):
                on_step(Step("refinement", self.rounds, self.rounds))
                return replace(solution, losses=losses, converged=True, space=space)
            fitted = np.concatenate([problem.pairs, pairs]) if self.keep_seeds else pairs
            solution = self.solver(Problem(problem.x, problem.y, np.unique(fitted, axis=0)))
            losses += solution.losses
            on_step(Step("refinement", done + 1, self.rounds))
        return replace(solution, losses=losses, converged=False, space=space)
