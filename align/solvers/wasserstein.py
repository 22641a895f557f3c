"""The start that transports one side to the other: a convex relaxation, then batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from align.maps import Array
from align.normalize import unit
from align.problem import Problem
from align.retrieve import Space
from align.solvers.multistep import spread
from align.solvers.procrustes import Procrustes, polar, procrustes
from align.solvers.sinkhorn import sinkhorn
from align.solvers.solution import Solution
from align.steps import OnStep, Step, silent

NEIGHBOURHOOD = 10  # of CSLS
RELAXED_STEPS, RELAXED_SMOOTHING = 100, 0.005


@dataclass(frozen=True, kw_only=True)
class WassersteinProcrustes:
    """Find a rotation and a soft assignment of words in turn [1]_.

    The first rotation is that of the convex `relaxation` of the assignment of words by their
    similarities, among few words. Each step then draws a batch of both sides, assigns one to the
    other by `sinkhorn`, and moves the map towards the rotation of that assignment. An epoch has
    batches twice as large as the one before, and a quarter as many. The seeds of the problem take
    no part.

    [1]_ relaxes 2,500 words, and has 5 epochs, the first of 5,000 steps, among 20,000 words.

    Parameters
    ----------
    relaxed_words : int
        Of either side, in the relaxation.
    words : int
        Batches are drawn from the so many first words of both sides.
    batch : int
        Words of either side in a batch of the first epoch.
    steps : int
        Of the first epoch.
    epochs : int
    rate : float
        How far a step moves the map: times the mean over the batch of the products of assigned
        rows.
    smoothing : float
        Of the assignments of batches, above 0.
    seed : int
        Of the batches.

    References
    ----------
    .. [1] Grave, Joulin and Berthet, "Unsupervised alignment of embeddings with Wasserstein
       Procrustes", AISTATS 2019.
    """

    name: ClassVar[str] = "wasserstein-procrustes"

    relaxed_words: int = 1000
    words: int = 5000
    batch: int = 500
    steps: int = 200
    epochs: int = 3
    rate: float = 500.0
    smoothing: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (self.relaxed_words, self.words, self.batch, self.steps, self.epochs)
        if min(counts) < 1:
            raise ValueError(
                "need relaxed_words, words, batch, steps and epochs >= 1, "
                f"got {', '.join(map(str, counts))}"
            )
        if not (self.smoothing > 0 and self.rate > 0):
            raise ValueError(f"need smoothing and rate > 0, got {self.smoothing} and {self.rate}")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; the pairs of the solution are mutual CSLS neighbours among the words."""
        x, y = (unit(rows[: self.words]).astype(np.float32) for rows in (problem.x, problem.y))
        first = min(self.relaxed_words, len(x), len(y))
        w, _ = relaxation(x[:first], y[:first], RELAXED_STEPS, RELAXED_SMOOTHING, on_step)
        w = self._transported(x, y, w.astype(np.float32), on_step)
        space = Space.of(x @ w, y, min(NEIGHBOURHOOD, len(x), len(y)), on_step=on_step)
        return replace(
            Procrustes()(replace(problem, pairs=space.induce(on_step=on_step)[0])),
            converged=False,
            stopped=f"all {self.epochs} epochs are done",
        )

    def _transported(self, x: Array, y: Array, w: Array, on_step: OnStep) -> Array:
        """Move a map, batch by batch."""
        rng = np.random.default_rng(self.seed)
        for epoch in range(self.epochs):
            batch = min(self.batch * 2**epoch, len(x), len(y))
            steps = max(1, self.steps // 4**epoch)
            for done in range(steps):
                a, b = (rows[rng.choice(len(rows), batch, replace=False)] for rows in (x, y))
                plan = sinkhorn(-(a @ w) @ b.T, self.smoothing)
                moved = w + np.float32(self.rate / batch) * (a.T @ (plan @ b))
                if not np.isfinite(moved).all():
                    raise ValueError(
                        f"the transport diverged in epoch {epoch + 1}, step {done + 1}, at rate "
                        f"{self.rate:g} and smoothing {self.smoothing:g}: lower the one or raise "
                        "the other"
                    )
                w = polar(moved)
                on_step(Step(f"transport {epoch + 1} of {self.epochs}", done + 1, steps))
        return w


def relaxation(
    x: Array, y: Array, steps: int, smoothing: float, on_step: OnStep = silent
) -> tuple[Array, float]:
    """Find the rotation of a soft assignment of words that keeps their similarities.

    The similarities of x are the root of ``x x.T``, which is ``a a.T`` with ``a = x
    (x.T x)^(-1/4)``; those of y are ``b b.T``. By the method of Frank and Wolfe, the plan P moves
    towards less of ``|a a.T P - P b b.T|^2``. It is known by ``P b`` and ``P.T a`` alone, so that
    no product has more than n * n * d terms.

    Parameters
    ----------
    x, y : (n, d) and (n, e) arrays
    steps : int
    smoothing : float
        Of the plans that the steps move to; they are of the order of the products of rows.

    Returns
    -------
    w : (d, e) array
    mismatch : float
        What was minimised, as a share of the squares of both sides' similarities.
    """
    a, b = (rows @ spread(rows.astype(np.float64), -0.5).astype(rows.dtype) for rows in (x, y))
    b = b * np.sqrt(np.linalg.norm(a.T @ a) / np.linalg.norm(b.T @ b))
    s, t = a.T @ a, b.T @ b
    pa, pb = np.tile(a.mean(axis=0), (len(b), 1)), np.tile(b.mean(axis=0), (len(a), 1))
    for done in range(1, steps + 1):
        gradient = (a @ s) @ pa.T + (pb @ t - 2 * a @ (a.T @ pb)) @ b.T
        plan = sinkhorn(gradient, smoothing)
        share = np.float32(2 / (2 + done))
        pa, pb = pa + share * (plan.T @ a - pa), pb + share * (plan @ b - pb)
        on_step(Step("relaxation", done, steps))
    squares = np.sum(s * (pa.T @ pa)) + np.sum(t * (pb.T @ pb))
    between = np.sum((a.T @ pb) * (pa.T @ b))
    return procrustes(a, pb).w, float((squares - 2 * between) / (np.sum(s * s) + np.sum(t * t)))
