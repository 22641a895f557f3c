"""A verdict without labels on whether an alignment worked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from align.evaluate import hubness
from align.maps import Array
from align.normalize import unit
from align.problem import Problem
from align.retrieve import Space
from align.retrieve.neighbours import Rows
from align.solvers import Identity, Procrustes, RandomStart, SelfLearning, Solution
from align.solvers.attempt import Outcome, Verdict
from align.solvers.kept import solved
from align.steps import OnStep, silent

WORDS = 2_000  # of either side that are looked at
ALIKE = 10_000  # of either side among which words spelled alike are sought
K = 10

# Where right and wrong alignments part: `python -m benchmarks verdict` shows both.
RISEN, FLAT = 0.07, 0.04
SAME = 0.3
ENOUGH_ALIKE, NONE_ALIKE, MANY_ALIKE = 20, 0.02, 0.25

SETTLING = SelfLearning(
    start=Identity(), last=Procrustes(), keep=1, patience=3, threshold=1e-3, max_rounds=60
)
CHANCE = replace(SETTLING, start=RandomStart(), keep=0.3)


def judged(
    problem: Problem,
    solution: Solution,
    alike: Rows,
    *,
    seed: int = 0,
    on_step: OnStep = silent,
) -> Verdict:
    """Judge a map between two languages without a dictionary.

    A map can be wrong and fit itself well: self-learning from any rotation ends with pairs that
    are near each other. So the evidence is relative to where it ends when it begins with a rotation
    drawn by chance (of few words, the best of several): a right map lies far above, or the chance
    ends with the same pairs. Words spelled alike, where they are many and were not used, are found
    again by a right map, and not by a wrong one.

    Parameters
    ----------
    problem : Problem
    solution : Solution
    alike : (p, 2) array of int
        Rows of words spelled alike that the solution was not fitted on; may be empty.
    seed : int
        Of the rotation drawn by chance, and of what follows it.
    """
    words = min(WORDS, len(problem.x), len(problem.y))
    none = np.empty((0, 2), dtype=np.intp)
    frequent = Problem(problem.x[:ALIKE], problem.y[:ALIKE], none)
    x, y = (unit(side) for side in solution.mapped(frequent))
    there, blank = Problem(x, y, none), replace(problem, pairs=none)
    k = min(K, words)
    settled = replace(SETTLING, max_rank=words, k=k)(there, on_step=on_step)
    chances = [
        replace(CHANCE, start=RandomStart(seed=each), seed=each, max_rank=words, k=k)
        for each in range(seed, seed + min(5, max(1, WORDS // words)))
    ]  # of few words, one alone says little
    nulls = [solved(chance, blank, on_step=on_step) for chance in chances]
    null = min(nulls, key=lambda solution: solution.losses[-1])
    spaces = [_space(found, of, words) for found, of in ((settled, there), (null, blank))]
    pairs = [{(int(i), int(j)) for i, j in space.induce()[0]} for space in spaces]
    found, asked = _found(x, y, alike)
    verdict = Verdict(
        outcome="doubtful",
        objective=1 - settled.losses[-1],
        null_objective=1 - null.losses[-1],
        agreement=len(pairs[0] & pairs[1]) / max(1, min(map(len, pairs))),
        mutual=len(pairs[0]) / words,
        null_mutual=len(pairs[1]) / words,
        hubness=hubness(spaces[0], k).skewness,
        null_hubness=hubness(spaces[1], k).skewness,
        alike=asked,
        alike_found=found,
        words=words,
    )
    return replace(verdict, outcome=outcome(verdict))


def outcome(verdict: Verdict) -> Outcome:
    """Return what the evidence says.

    Held-out words spelled alike, where there are enough, decide before the objective does.
    """
    told = verdict.rise >= RISEN or verdict.agreement >= SAME
    if verdict.alike >= ENOUGH_ALIKE:
        found = verdict.alike_found / verdict.alike
        if found < NONE_ALIKE:
            return "failed"
        told = found >= MANY_ALIKE
    if told:
        return "worked"
    return "doubtful" if verdict.rise >= FLAT else "failed"


def _space(solution: Solution, problem: Problem, words: int) -> Space:
    """Return the most frequent words of both sides in one space."""
    x, y = (side[:words] for side in solution.mapped(problem))
    return Space.of(x, y, min(K, words))


def _found(x: Array, y: Array, alike: Rows) -> tuple[int, int]:
    """Return how many words spelled alike are among each other's best, and out of how many."""
    frequent = alike[(alike < ALIKE).all(axis=1)]
    if not len(frequent):
        return 0, 0
    space = Space.of(x[:ALIKE], y[:ALIKE], min(K, len(x), len(y)))
    near = space.nearest(frequent[:, 0], min(K, len(y))).rows
    return int((near == frequent[:, 1:]).any(axis=1).sum()), len(frequent)
