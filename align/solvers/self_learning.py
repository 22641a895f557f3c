"""Self-learning: induce a dictionary, solve on it, and again; at first partly by chance."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

import numpy as np

from align.problem import Problem
from align.retrieve import Space, ready
from align.solvers.dropout import depth, dictionary
from align.solvers.kept import checkpoint, solved
from align.solvers.multistep import Multistep
from align.solvers.procrustes import Procrustes
from align.solvers.solution import Solution, Solver
from align.solvers.stored import State, solution_of, state_of
from align.steps import OnStep, Step, silent

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SelfLearning:
    """VecMap's stochastic self-learning after another solver's solution [1]_.

    Each round induces a `dictionary` among the most frequent words and solves on it. A similarity
    takes part in it with probability p only, so that a poor map can be left. Where ``patience``
    rounds do not raise the objective, p grows by ``factor``; where they do not at p = 1, or a
    round finds the pairs of the one before, learning has converged.

    The objective is the mean cosine of a word to its nearest one of the other side, nothing
    dropped, averaged over both directions. ``losses`` holds 1 less the objective, in [0, 2], of
    the map that each round began with.

    Parameters
    ----------
    start : Solver
        Gives the first map.
    solver : Solver
        Solves in every round.
    last : Solver
        Solves on the last dictionary, of which nothing was dropped.
    keep : float
        The first p, in (0, 1].
    factor : float
        Above 1.
    patience : int
    threshold : float
        The objective has risen where it is above its highest by more than this. That of the first
        map does not count: another kind of solver may have brought all words closer.
    max_rank : int
        Pairs are sought among the first so many words of both sides; 0 for all.
    k : int
        The neighbourhood of CSLS; all words, where there are fewer.
    keep_seeds : bool
        Solve on the seeds as well as on the pairs that were found.
    max_rounds : int
        At most so many; the last one drops nothing.
    seed : int
        Of the draws.

    References
    ----------
    .. [1] Artetxe et al., "A robust self-learning method for fully unsupervised cross-lingual
       mappings of word embeddings", ACL 2018.
    """

    name: ClassVar[str] = "self-learning"

    start: Solver = field(default_factory=Procrustes)
    solver: Solver = field(default_factory=Procrustes)
    last: Solver = field(default_factory=Multistep)
    keep: float = 0.1
    factor: float = 2.0
    patience: int = 50
    threshold: float = 1e-6
    max_rank: int = 20_000
    k: int = 10
    keep_seeds: bool = False
    max_rounds: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.keep <= 1 or self.factor <= 1 or self.threshold < 0:
            raise ValueError(
                "need 0 < keep <= 1, factor > 1 and threshold >= 0, "
                f"got {self.keep}, {self.factor} and {self.threshold}"
            )
        if min(self.patience, self.k, self.max_rounds) < 1 or self.max_rank < 0:
            raise ValueError(
                "need patience >= 1, k >= 1, max_rounds >= 1 and max_rank >= 0, "
                f"got {self.patience}, {self.k}, {self.max_rounds} and {self.max_rank}"
            )

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; the pairs of the solution are the last dictionary.

        Within `align.solvers.kept.keeping`, the state is kept from time to time: a run that was
        killed goes on in the middle, and ends as an unbroken one.
        """
        kept = checkpoint(self, problem)
        solution, rng, climb = self._begun(kept.read(), problem, on_step)
        pairs, losses = solution.pairs, list(solution.losses)
        most = slice(0, self.max_rank or None)
        words = Problem(problem.x[most], problem.y[most], np.empty((0, 2), dtype=np.intp))
        target, space = ready(words.y), None
        for done in range(len(losses) + 1, self.max_rounds + 1):
            p = climb.p if done < self.max_rounds else 1.0
            x, y = solution.mapped(words)
            k = depth(self.keep if p < 1 else 1, self.k, min(len(x), len(y)))
            space = Space.of(x, y if solution.target else target, k, like=space)
            before, pairs = pairs, dictionary(space, self.k, p, rng)
            losses.append(1 - objective(space))
            fitted = np.concatenate([problem.pairs, pairs]) if self.keep_seeds else pairs
            found = Problem(problem.x, problem.y, fitted)
            fixed = p == 1 and np.array_equal(pairs, before)
            converged = (done > 1 and climb.is_over(losses[-1])) or fixed  # not of the start's map
            if converged or done == self.max_rounds:
                break
            solution = self.solver(found)
            here = replace(solution, pairs=pairs, losses=tuple(losses))
            kept.keep(partial(state_of, here, rng=rng.bit_generator.state, climb=climb.state))
            on_step(
                Step(self.name, done, self.max_rounds, f"objective {1 - losses[-1]:.4f}, p = {p:g}")
            )
        on_step(Step(self.name, self.max_rounds, self.max_rounds))
        stopped = f"round {done} of at most {self.max_rounds}: " + (
            "it found the pairs of the one before"
            if fixed
            else f"{self.patience} rounds without a rise, nothing dropped"
            if converged
            else "no more are allowed"
        )
        log.info("self-learning stopped at p = %g, %s", p, stopped)
        return replace(
            self.last(found),
            losses=tuple(losses),
            converged=converged,
            space=None,
            stopped=stopped,
        )

    def _begun(
        self, state: State | None, problem: Problem, on_step: OnStep
    ) -> tuple[Solution, np.random.Generator, _Climb]:
        """Return where learning stands: before the first round, or where it was killed."""
        rng, climb = np.random.default_rng(self.seed), _Climb(self)
        if state is None:
            start = solved(self.start, problem, on_step=on_step)
            return replace(start, pairs=np.empty((0, 2), dtype=np.intp), losses=()), rng, climb
        rng.bit_generator.state = state.told["rng"]
        climb.p, climb.least, climb.stalled = state.told["climb"]
        return solution_of(state), rng, climb


class _Climb:
    """The probability p of the next round, from the losses so far."""

    def __init__(self, solver: SelfLearning) -> None:
        self.solver, self.p = solver, solver.keep
        self.least, self.stalled = np.inf, 0

    @property
    def state(self) -> list[float]:
        """What the next round depends on."""
        return [self.p, self.least, self.stalled]

    def is_over(self, loss: float) -> bool:
        """Take note of a round's loss, and say whether there is no p left to raise."""
        if loss < self.least - self.solver.threshold:
            self.least, self.stalled = loss, 0
            return False
        self.stalled += 1
        if self.stalled < self.solver.patience:
            return False
        over = self.p == 1
        self.p, self.stalled = min(1.0, self.p * self.solver.factor), 0
        return over


def objective(space: Space) -> float:
    """Return the mean cosine of a word to its nearest one, averaged over both directions."""
    sides = [side.near.scores[:, 0].mean(dtype=np.float64) for side in (space.source, space.target)]
    return float(np.mean(sides))
