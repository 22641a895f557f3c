"""Refinement: solve again on the pairs that the last map makes mutual neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

import numpy as np

from align.problem import Problem
from align.retrieve import Retrieval, Space, ready, require_retrieval
from align.retrieve.neighbours import Rows
from align.solvers.kept import begun, checkpoint
from align.solvers.procrustes import Procrustes
from align.solvers.solution import Solution, Solver
from align.solvers.stored import state_of
from align.steps import OnStep, Step, silent


@dataclass(frozen=True, kw_only=True)
class Refinement:
    """Rounds of refinement on mutual neighbours after another solver's solution [1]_.

    Each round maps both sides, takes the pairs of words that are each other's nearest neighbour,
    and solves again on these pairs in place of the seeds, or together with them.

    MUSE's rounds after its supervised map are ``Refinement(max_rank=10_000)``; the preset ``muse``
    has ``among=10_000, max_rank=0`` in place of it, which comes nearer to reported scores and is
    quicker. PROC-B [2]_ is
    ``Refinement(rounds=1, retrieval="nn", keep_seeds=True, limit=10_000, max_rank=0)``.

    Parameters
    ----------
    rounds : int
        At most so many; fewer where a round would solve on the pairs of the one before.
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
    retrieval : {'csls', 'nn', 'invsoftmax', 'margin', 'agreement'}
        What makes neighbours; a round by ``nn`` needs no search but that for ``k`` neighbours.
    limit : int
        Keep at most so many pairs of a round, those that score highest; 0 for all.
    among : int
        Only the first so many words of both sides are neighbours at all, in CSLS's means as well;
        0 for all. ``max_rank`` in contrast keeps pairs that were found among all words.

    References
    ----------
    .. [1] Conneau et al., "Word translation without parallel data", ICLR 2018.
    .. [2] Glavaš et al., "How to (properly) evaluate cross-lingual word embeddings: on strong
       baselines, comparative analyses, and some misconceptions", ACL 2019.
    """

    name: ClassVar[str] = "refinement"

    rounds: int = 5
    start: Solver = field(default_factory=Procrustes)
    solver: Solver = field(default_factory=Procrustes)
    keep_seeds: bool = False
    k: int = 10
    max_rank: int = 15_000
    retrieval: Retrieval = "csls"
    limit: int = 0
    among: int = 0

    def __post_init__(self) -> None:
        require_retrieval(self.retrieval)
        if min(self.rounds, self.k) < 1 or min(self.max_rank, self.limit, self.among) < 0:
            raise ValueError(
                "need rounds >= 1, k >= 1, max_rank >= 0, limit >= 0 and among >= 0, got "
                f"{self.rounds}, {self.k}, {self.max_rank}, {self.limit} and {self.among}"
            )

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where no pair of words is mutual.

        Within `align.solvers.kept.keeping`, a run that was killed goes on after a round.
        """
        kept = checkpoint(self, problem)
        solution, first = begun(kept.read(), self.start, problem, on_step)
        losses, pairs = solution.losses, solution.pairs if first else problem.pairs[:0]
        few = slice(0, self.among or None)
        words = Problem(problem.x[few], problem.y[few], problem.pairs[:0])
        all_of = (len(words.x), len(words.y)) == (len(problem.x), len(problem.y))
        target, space = ready(words.y), None
        for done in range(first, self.rounds):
            x, y = solution.mapped(words)
            there = y if solution.target else target
            space = Space.of(x, there, self.k, like=space, on_step=on_step)
            found = self._induced(space, on_step)
            if not len(found):
                raise ValueError(
                    "no two words are each other's nearest neighbour, so nothing can be refined; "
                    "the seeds are too few or wrong"
                )
            fitted = np.concatenate([problem.pairs, found]) if self.keep_seeds else found
            before, pairs = pairs, np.unique(fitted, axis=0)
            seen = space if all_of else None  # what later searches may start from
            if np.array_equal(pairs, before):
                on_step(Step("refinement", self.rounds, self.rounds))
                same = f"round {done + 1} found the pairs of the one before"
                return replace(solution, losses=losses, converged=True, space=seen, stopped=same)
            solution = self.solver(Problem(problem.x, problem.y, pairs))
            losses += solution.losses
            kept.keep(partial(state_of, replace(solution, losses=losses), done=done + 1))
            told = f"{len(pairs):,} pairs, loss {losses[-1]:.4f}"
            on_step(Step("refinement", done + 1, self.rounds, told))
        after = f"round {self.rounds} of {self.rounds} is done"
        return replace(solution, losses=losses, converged=False, space=seen, stopped=after)

    def _induced(self, space: Space, on_step: OnStep) -> Rows:
        """Return the pairs of a round, in order of the source row."""
        pairs, scores = space.induce(
            max_rank=self.max_rank, retrieval=self.retrieval, on_step=on_step
        )
        kept = np.argsort(-scores, kind="stable")[: self.limit or len(pairs)]
        return pairs[np.sort(kept)]
