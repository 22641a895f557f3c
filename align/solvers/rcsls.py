"""RCSLS: gradient descent on the retrieval criterion itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

import numpy as np

from align.maps import Array, LinearMap
from align.normalize import unit
from align.problem import Problem
from align.retrieve import current
from align.retrieve.neighbours import Rows
from align.solvers.kept import begun, checkpoint
from align.solvers.procrustes import Procrustes
from align.solvers.solution import Solution, Solver, require_linear, require_pairs
from align.solvers.stored import state_of
from align.steps import OnStep, Step, silent

TOGETHER = 512  # pairs whose neighbours are averaged at once


@dataclass(frozen=True, kw_only=True)
class RCSLS:
    """Gradient descent on the relaxed CSLS loss [1]_ over the seeds, without constraint.

    A step that raises the loss is undone, and the rate halved.

    Parameters
    ----------
    k : int
        Neighbours on either side.
    rate : float
        Of the first step.
    iterations : int
        At most so many steps, those that were undone included.
    min_rate : float
        Stop where the rate falls below this.
    spectral : bool
        Keep every singular value of the map at 1 or less.
    start : Solver
        Gives the first map, a linear one; a map of the target stays as it is.

    References
    ----------
    .. [1] Joulin et al., "Loss in translation: learning bilingual word mapping with a retrieval
       criterion", EMNLP 2018.
    """

    name: ClassVar[str] = "rcsls"

    k: int = 10
    rate: float = 1.0
    iterations: int = 10
    min_rate: float = 1e-4
    spectral: bool = False
    start: Solver = field(default_factory=Procrustes)

    def __post_init__(self) -> None:
        if not 0 < self.min_rate <= self.rate:
            raise ValueError(f"need 0 < min_rate <= rate, got {self.min_rate} and {self.rate}")
        if self.k < 1 or self.iterations < 1:
            raise ValueError(f"need k >= 1 and iterations >= 1, got {self.k}, {self.iterations}")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where there are no seed pairs, or the start's map is not linear.

        Within `align.solvers.kept.keeping`, a run that was killed goes on after a step.
        """
        require_pairs(problem)
        kept = checkpoint(self, problem)
        state = kept.read()
        first, before = begun(state, self.start, problem, on_step)
        rate = state.told["rate"] if state else self.rate
        w = require_linear(self, first.map).w.astype(np.float64)
        y = unit(first.mapped(problem)[1])
        loss, gradient = rcsls_loss(w, problem.x, y, problem.pairs, self.k)
        losses = [*first.losses] if before else [loss]
        for done in range(before, self.iterations):
            candidate = w - rate * gradient  # a new array: w must survive a bad step
            if self.spectral:
                candidate = within_unit_ball(candidate)
            new_loss, new_gradient = rcsls_loss(candidate, problem.x, y, problem.pairs, self.k)
            if new_loss <= loss:
                w, loss, gradient = candidate, new_loss, new_gradient
                losses.append(loss)
            else:
                rate /= 2
            here = replace(first, map=LinearMap(w), losses=tuple(losses))
            kept.keep(partial(state_of, here, rate=rate, done=done + 1))
            on_step(Step("RCSLS", done + 1, self.iterations, f"loss {loss:.4f}"))
            if rate < self.min_rate:
                break
        on_step(Step("RCSLS", self.iterations, self.iterations))
        return Solution(
            LinearMap(w),
            problem.pairs,
            tuple(losses),
            converged=rate < self.min_rate,
            target=first.target,
            stopped=f"the rate fell below {self.min_rate:g}"
            if rate < self.min_rate
            else f"all {self.iterations} steps are done",
        )


def rcsls_loss(w: Array, x: Array, y: Array, pairs: Rows, k: int) -> tuple[float, Array]:
    """Return the RCSLS loss and its gradient.

    The loss is the mean over the pairs of ``-2 x w . y`` plus the mean product of ``x w`` with its
    k nearest targets, plus the mean product of ``y`` with its k nearest mapped sources.

    Parameters
    ----------
    w : (d, e) array
    x, y : (n, d) and (m, e) arrays
        All vectors of both sides.
    pairs : (p, 2) array of int
    k : int
        At most n and m.

    Returns
    -------
    float, (d, e) array
    """
    xs, ys = x[pairs[:, 0]].astype(np.float64), y[pairs[:, 1]].astype(np.float64)
    mapped = xs @ w
    search = current()
    near_y = _means(y, search.index(y)(mapped, k).rows)
    near_x = _means(x, search.index(x @ w.astype(x.dtype))(ys, k).rows)
    loss = np.sum(mapped * (near_y - 2 * ys)) + np.sum((near_x @ w) * ys)
    gradient = xs.T @ (near_y - 2 * ys) + near_x.T @ ys
    return float(loss) / len(pairs), gradient / len(pairs)


def within_unit_ball(w: Array) -> Array:
    """Bring a map to the nearest one whose singular values are at most 1."""
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    nearest: Array = u * np.minimum(s, 1) @ vt
    return nearest


def _means(rows: Array, chosen: Rows) -> Array:
    """Return the mean of the chosen rows, (p, d), a block at a time."""
    parts = [
        rows[some].mean(axis=1, dtype=np.float64)
        for some in np.array_split(chosen, -(-len(chosen) // TOGETHER))
    ]
    return np.concatenate(parts)
