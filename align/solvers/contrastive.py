"""Contrastive fine-tuning of both maps against hard negatives, with self-learning around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

import numpy as np

from align.maps import Array, LinearMap
from align.problem import Problem
from align.retrieve import Space
from align.retrieve.neighbours import Rows
from align.solvers.kept import checkpoint, solved
from align.solvers.multistep import Multistep
from align.solvers.negatives import Contrast, hard_negatives
from align.solvers.solution import Solution, Solver, require_linear, require_pairs
from align.solvers.stored import solution_of, state_of
from align.steps import OnStep, Step, silent

Maps = tuple[Array, Array]


@dataclass(frozen=True, kw_only=True)
class Contrastive:
    """Gradient descent on a contrastive loss, within rounds of self-learning [1]_ (stage C1).

    A round fits the maps of both sides by ``start``, in closed form, then fine-tunes them on the
    seeds: every step goes down the gradient of `contrastive_loss` over all pairs at once. The
    first round fits ``start`` to the seeds; every other fits it anew to the seeds and to the
    ``added`` mutual CSLS neighbours of the round before that score highest, neither of whose words
    is in a seed. ``losses`` holds the loss after each step, of the negatives then in use.

    The defaults are the paper's for 5,000 seeds; those for 1,000 are the preset ``c1-1k``, where
    the authors' program still takes negatives of 60,000 words. Apart from ``refresh``, this differs
    from it in that no known translation is a negative, that pairs which are added are mutual, and
    that the gradient goes through the lengths of the mapped rows.

    Parameters
    ----------
    start : Solver
        Gives the maps that a round fine-tunes.
    temperature : float
        Of the loss, 0.01 or more.
    rate : float
        Of the first step of a round.
    decay : float
        Every step's rate is this times the one before.
    steps : int
        Of each round.
    clip : float
        A longer gradient, of both maps together, is cut to this length (Frobenius).
    negatives : int
        Of every seed word, from the other side; all there are where these are fewer.
    refresh : int
        Find the negatives anew, by the maps of the moment, after so many steps; the paper's is 1,
        which spends most of the time on the search.
    max_rank : int
        Negatives, and pairs that are added, are of the first so many words; 0 for all.
    rounds : int
        The first, on the seeds alone, included: 1 for no self-learning.
    added : int
        At most so many pairs join the seeds in a round.
    seeds_only : bool
        Fine-tune on the seeds alone, not on the pairs that were added, which serve ``start``.
    k : int
        The neighbourhood of CSLS; all words, where there are fewer.

    References
    ----------
    .. [1] Li et al., "Improving word translation via two-stage contrastive learning", ACL 2022.
    """

    name: ClassVar[str] = "contrastive"

    start: Solver = field(default_factory=Multistep)
    temperature: float = 1.0
    rate: float = 1.5
    decay: float = 0.99
    steps: int = 200
    clip: float = 0.15
    negatives: int = 150
    refresh: int = 20
    max_rank: int = 60_000
    rounds: int = 2
    added: int = 10_000
    seeds_only: bool = True
    k: int = 10

    def __post_init__(self) -> None:
        if not (0.01 <= self.temperature < np.inf and 0 < self.rate < np.inf):
            raise ValueError(
                "need a temperature of 0.01 or more and a rate above 0, "
                f"got {self.temperature} and {self.rate}"
            )
        if not (0 < self.decay <= 1 and self.clip > 0):
            raise ValueError(f"need 0 < decay <= 1 and clip > 0, got {self.decay}, {self.clip}")
        if min(self.steps, self.negatives, self.refresh) < 1 or self.max_rank < 0:
            raise ValueError(
                "need steps >= 1, negatives >= 1, refresh >= 1 and max_rank >= 0, "
                f"got {self.steps}, {self.negatives}, {self.refresh} and {self.max_rank}"
            )
        if self.rounds < 1 or self.added < 0 or self.k < 1:
            raise ValueError(
                "need rounds >= 1, added >= 0 and k >= 1, "
                f"got {self.rounds}, {self.added} and {self.k}"
            )

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where there are no seed pairs, or where a loss is not finite.

        Within `align.solvers.kept.keeping`, a run that was killed goes on where its negatives were
        found anew.
        """
        require_pairs(problem)
        x, y, seeds = problem.x, problem.y, np.unique(problem.pairs, axis=0)
        kept, total, space = checkpoint(self, problem), self.rounds * self.steps, None
        fitted, losses = seeds, []
        if state := kept.read():
            solution = solution_of(state)
            fitted, losses = solution.pairs, [*solution.losses]
        for done in range(len(losses) // self.steps + 1, self.rounds + 1):
            if not (first := len(losses) % self.steps):
                solution = solved(self.start, Problem(x, y, fitted), on_step=on_step)
            tuned = Problem(x, y, seeds if self.seeds_only else fitted)
            for maps, loss in self._steps(tuned, _both(self, solution), first):
                solution = replace(solution, map=LinearMap(maps[0]), target=LinearMap(maps[1]))
                losses.append(loss)
                if (step := len(losses) % self.steps) and step % self.refresh == 0:
                    here = replace(solution, pairs=fitted, losses=tuple(losses))
                    kept.keep(partial(state_of, here))
                on_step(Step(self.name, len(losses), total, f"loss {loss:.4f}"))
            if done < self.rounds:
                k = min(self.k, len(x), len(y))
                space = Space.of(*solution.mapped(problem), k, like=space, on_step=on_step)
                fitted = np.concatenate([seeds, self._found(space, seeds, on_step)])
        return replace(
            solution,
            pairs=tuned.pairs,
            losses=tuple(losses),
            converged=False,
            space=space,
            stopped=f"all {total} steps are done",
        )

    def _steps(self, problem: Problem, maps: Maps, first: int) -> Iterator[tuple[Maps, float]]:
        """Fine-tune from some step on, and give the maps after each with their loss."""
        x, y = problem.x, problem.y
        for done in range(first, self.steps):
            if done % self.refresh == 0:
                contrast = self._contrast(problem, maps)
                _, slopes = contrastive_loss(maps, x, y, contrast, self.temperature)
            rate = self.rate * self.decay**done
            length = float(np.sqrt(sum(np.sum(slope**2) for slope in slopes)))
            short = rate * min(1.0, self.clip / length) if length else 0.0
            maps = maps[0] - short * slopes[0], maps[1] - short * slopes[1]
            loss, slopes = contrastive_loss(maps, x, y, contrast, self.temperature)
            if not np.isfinite(loss):
                raise ValueError(f"a step at rate {rate:g} makes the loss {loss:g}: lower the rate")
            yield maps, loss

    def _contrast(self, problem: Problem, maps: Maps) -> Contrast:
        """Find the negatives of every seed word under some maps."""
        pairs, most = problem.pairs, slice(0, self.max_rank or None)
        x, y = (LinearMap(w)(side) for w, side in zip(maps, (problem.x, problem.y), strict=True))
        (i, at_i), (j, at_j) = (np.unique(side, return_inverse=True) for side in pairs.T)
        there = np.column_stack([at_i, pairs[:, 1]])
        back = np.column_stack([at_j, pairs[:, 0]])
        return Contrast.of(
            pairs,
            hard_negatives(x[i], y[most], there, self.negatives),
            hard_negatives(y[j], x[most], back, self.negatives),
        )

    def _found(self, space: Space, seeds: Rows, on_step: OnStep) -> Rows:
        """Return the pairs that join the seeds."""
        pairs, scores = space.induce(max_rank=self.max_rank, on_step=on_step)
        new = ~(np.isin(pairs[:, 0], seeds[:, 0]) | np.isin(pairs[:, 1], seeds[:, 1]))
        return pairs[new][np.argsort(-scores[new], kind="stable")[: self.added]]


def _both(solver: Solver, solution: Solution) -> Maps:
    """Return the maps of both sides in double precision; the identity for a side without."""
    w = require_linear(solver, solution.map).w.astype(np.float64)
    if solution.target is None:
        return w, np.eye(w.shape[1])
    return w, require_linear(solver, solution.target).w.astype(np.float64)


def contrastive_loss(
    maps: Maps, x: Array, y: Array, contrast: Contrast, temperature: float = 1.0
) -> tuple[float, Maps]:
    """Return the contrastive loss and its gradient by both maps.

    With ``c(i, j)`` the cosine of ``x[i] @ w_x`` and ``y[j] @ w_y`` over the temperature, it is the
    mean over the pairs of ``-log(exp c(i, j) / z(i, j))``. In ``z(i, j)`` are ``exp c(i, j)``
    itself, ``exp c(i, n)`` for every negative target n of i, and ``exp c(m, j)`` for every negative
    source m of j: one sum for both directions, as in the paper.

    Parameters
    ----------
    maps : (d, f) and (e, f) array
    x, y : (n, d) and (m, e) arrays
        All vectors of both sides.
    contrast : Contrast
        The pairs and their negatives.
    temperature : float

    Returns
    -------
    float, ((d, f) array, (e, f) array)
        The loss is infinite where a mapped row is not finite.
    """
    sides = x[contrast.sources], y[contrast.targets]
    exact = np.result_type(x, y)
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = (rows @ w.astype(exact) for rows, w in zip(sides, maps, strict=True))
        lengths = [np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None] for rows in (a, b)]
    if not all(np.isfinite(long).all() for long in lengths):
        return np.inf, maps
    least = np.finfo(lengths[0].dtype).tiny  # shorter rows have no direction
    scales = [np.divide(1, long, where=long >= least, out=np.zeros_like(long)) for long in lengths]
    a *= scales[0]
    b *= scales[1]
    loss, slopes = _softmax(contrast.products(a, b), contrast, temperature)
    matrix = contrast.matrix(slopes.astype(exact))
    by_a, by_b = matrix @ b, matrix.T @ a
    _before_scaling(by_a, a, scales[0])
    _before_scaling(by_b, b, scales[1])
    return loss, ((sides[0].T @ by_a).astype("f8"), (sides[1].T @ by_b).astype("f8"))


def _before_scaling(slopes: Array, directions: Array, scales: Array) -> None:
    """Turn slopes by directions into those by the rows that were scaled; directions are lost."""
    directions *= np.einsum("ij,ij->i", slopes, directions)[:, None]
    slopes -= directions
    slopes *= scales


def _softmax(cosines: Array, contrast: Contrast, temperature: float) -> tuple[float, Array]:
    """Return the loss and its slope by the cosine of every entry."""
    i, j = contrast.pairs.T
    n, m, p = len(contrast.sources), len(contrast.targets), len(i)
    logs = (cosines - 1) / temperature  # at most 0: no overflow
    weights = np.exp(logs)
    right = weights[contrast.own]
    sums = np.bincount(contrast.groups, weights, minlength=n + m + 1)
    z = right + sums[i] + sums[n + j]
    loss = float(np.mean(np.log(z) - logs[contrast.own]))
    shares = np.zeros(n + m + 1)
    shares[:n] = np.bincount(i, 1 / z, minlength=n)
    shares[n:-1] = np.bincount(j, 1 / z, minlength=m)
    slopes = weights * shares[contrast.groups]
    slopes[contrast.own] = right / z - 1
    return loss, slopes / (p * temperature)
