"""`Auto`: the solver that needs no dictionary; it tries starts until one has worked."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, cast

from align.judge import judged
from align.presets import UNSUPERVISED, grown
from align.problem import Problem
from align.retrieve.neighbours import Rows
from align.solvers import Procrustes, SelfLearning, Solution, Solver
from align.solvers.attempt import Attempt, Verdict
from align.solvers.kept import keeping, solved
from align.solvers.solution import seeded
from align.steps import OnStep, Step, silent

log = logging.getLogger(__name__)
ALIKE, NUMERALS = "identical", "numerals"  # the starts that stand on the pairs of the problem
NAMED = (NUMERALS, "muse")  # not tried unless named: `ALIKE` has numbers as well; hours
ENOUGH = 25  # words spelled alike on which a start can stand, as many being held out


@dataclass(frozen=True, kw_only=True)
class Auto:
    """Try unsupervised starts, the cheapest first, until the verdict is that one has worked.

    The pairs of the problem are taken for words spelled alike, as they are where scripts overlap:
    the start named ``identical`` has every other of them for seeds, and the verdict asks the rest.
    There may be none. The start named ``numerals`` has all of them for seeds, and they are to be
    numbers: these lie together, so that they find each other again under a wrong map too, and the
    verdict does not ask them. The other starts go through self-learning without seeds. The best
    one goes through the last mapping of `Best`: the dictionary grows by mutual CSLS neighbours,
    and `Multistep` weighs the axes.

    Parameters
    ----------
    starts : tuple of (name, Solver)
        By default `align.presets.UNSUPERVISED` but ``numerals`` and MUSE's, which takes hours.
    rounds : int
        How often the starts are tried, each time with other draws, while none has worked.
    budget : float
        Seconds after which no other start is tried.
    learning : SelfLearning
        What follows a start without seeds; its own start and seed are not used.
    seed : int
        Of everything drawn.
    """

    name: ClassVar[str] = "auto"

    starts: tuple[tuple[str, Solver], ...] = tuple(
        (name, start) for name, start in UNSUPERVISED.items() if name not in NAMED
    )
    rounds: int = 2
    budget: float = 600.0
    learning: SelfLearning = field(
        default_factory=lambda: SelfLearning(
            last=Procrustes(), keep=0.2, patience=5, threshold=1e-3, max_rank=2000
        )
    )
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.starts or self.rounds < 1 or self.budget < 0:
            raise ValueError(
                "need a start, rounds >= 1 and budget >= 0, "
                f"got {len(self.starts)}, {self.rounds} and {self.budget}"
            )
        if self.on_numbers and ALIKE in dict(self.starts):
            raise ValueError(f"{ALIKE} and {NUMERALS} stand on other pairs: give one of them")

    @classmethod
    def only(cls, start: str) -> Auto:
        """Return the one that tries one start of `align.presets.UNSUPERVISED`, once."""
        return cls(starts=((start, UNSUPERVISED[start]),), rounds=1)

    @property
    def on_numbers(self) -> bool:
        """Whether the pairs of the problem are to be numbers only."""
        return NUMERALS in dict(self.starts)

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where no start can solve."""
        with keeping(problem):
            tried = self._tried(problem, on_step)
            attempts = tuple(attempt for attempt, _ in tried)
            solved_ = [i for i, attempt in enumerate(attempts) if attempt.verdict]
            if not solved_:
                raise ValueError(f"no start could solve; the first: {attempts[0].failure}")
            best = max(solved_, key=lambda i: cast(Verdict, attempts[i].verdict).merit)
            solver, seeds = tried[best][1]
            fit = replace(problem, pairs=seeds)
            solution = grown(solver, keep_seeds=len(seeds) > 0)(fit, on_step=on_step)
        return replace(solution, attempts=attempts, chosen=attempts[best].start)

    def _tried(
        self, problem: Problem, on_step: OnStep
    ) -> list[tuple[Attempt, tuple[Solver, Rows]]]:
        """Return the attempts, with the solver and the seeds of each."""
        tried: list[tuple[Attempt, tuple[Solver, Rows]]] = []
        begun = time.monotonic()
        for name, start, seed in self._planned(problem.pairs):
            if tried and time.monotonic() - begun > self.budget:
                log.info("no other start is tried: %g seconds are over", self.budget)
                break
            solver, (seeds, held_out) = start, divided(name, problem.pairs)
            if name not in (ALIKE, NUMERALS):
                solver = replace(self.learning, start=start, seed=seed)
            fit = replace(problem, pairs=seeds)
            attempt = _attempt(name, seed, solver, fit, held_out, on_step)
            tried.append((attempt, (solver, seeds)))
            on_step(Step("starts", len(tried), self.rounds * len(self.starts)))
            if attempt.verdict and attempt.verdict.outcome == "worked":
                break
        on_step(Step("starts", self.rounds * len(self.starts), self.rounds * len(self.starts)))
        return tried

    def _planned(self, pairs: Rows) -> Iterator[tuple[str, Solver, int]]:
        """Yield the starts in the order in which they are tried, with the seed of each."""
        can = [(name, start) for name, start in self.starts if _enough(name, pairs)]
        if not can:
            kind = "numbers" if self.on_numbers else "words"
            raise ValueError(
                f"{len(pairs):,} {kind} are spelled alike on both sides, which are too few for the "
                f"start {self.starts[0][0]}: name another one, or auto"
            )
        for again in range(self.rounds):
            seed = self.seed + 1000 * again
            for name, start in can:
                yield name, seeded(start, seed), seed


def divided(start: str, pairs: Rows) -> tuple[Rows, Rows]:
    """Return the pairs that a start stands on, and those that its verdict asks."""
    if start == NUMERALS:
        return pairs, pairs[:0]
    return pairs[: len(pairs) * (start == ALIKE) : 2], pairs[1::2]


def _enough(start: str, pairs: Rows) -> bool:
    if start == NUMERALS:
        return len(pairs) >= ENOUGH
    return start != ALIKE or len(pairs) // 2 >= ENOUGH


def _attempt(
    name: str, seed: int, solver: Solver, problem: Problem, held_out: Rows, on_step: OnStep
) -> Attempt:
    """Try one start, and judge it by the pairs that were held out."""
    try:
        solution = solved(solver, problem, on_step=on_step)
    except ValueError as error:
        log.info("%s: %s", name, error)
        return Attempt(name, seed, None, str(error))
    verdict = judged(problem, solution, held_out, seed=seed, on_step=on_step)
    log.info("%s: %s (rise %.2f)", name, verdict.outcome, verdict.rise)
    return Attempt(name, seed, verdict)
