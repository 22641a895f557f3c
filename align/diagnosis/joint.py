"""A quick joint space: whether two halves of the seeds agree, hubs, and how languages lie apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from align.evaluate import Hubness, Separation, hubness, separation
from align.problem import Problem
from align.retrieve import Space
from align.solvers.procrustes import procrustes
from align.steps import OnStep, silent

WORDS = 5_000  # of each side that are asked for each other


@dataclass(frozen=True)
class Joint:
    """The most frequent words of both languages in one space, by orthogonal Procrustes.

    Parameters
    ----------
    words : int
        Of each language.
    agreed, compared : int
        Words that two maps, each from half of the seed words, translate alike by CSLS, out of those
        that are no seeds (or, where fewer than a tenth are none, of all).
    hubness : (Hubness, Hubness)
        By nearest neighbours and by CSLS, under the map of all seeds.
    separation : Separation
        Under the same.
    """

    words: int
    agreed: int
    compared: int
    hubness: tuple[Hubness, Hubness]
    separation: Separation

    @property
    def agreement(self) -> float:
        """In [0, 1]; of maps that know nothing, next to 0."""
        return self.agreed / self.compared


def joint(problem: Problem, *, seed: int = 0, on_step: OnStep = silent) -> Joint:
    """Map the most frequent words by all seeds, and by either half of their source words."""
    n = min(len(problem.x), len(problem.y), WORDS)
    sources = problem.pairs[:, 0]
    half = np.random.default_rng(seed).permutation(np.unique(sources))[::2]
    in_half = np.isin(sources, half)
    spaces = [
        _space(problem, kept, n, on_step) for kept in (in_half, ~in_half, np.ones_like(in_half))
    ]
    first, second = (space.best(np.arange(n), on_step=on_step)[0] for space in spaces[:2])
    compared = np.setdiff1d(np.arange(n), sources)
    compared = compared if 10 * len(compared) >= n else np.arange(n)
    k = spaces[2].k
    return Joint(
        words=n,
        agreed=int(np.count_nonzero((first == second)[compared])),
        compared=len(compared),
        hubness=(hubness(spaces[2], k, "nn"), hubness(spaces[2], k, "csls")),
        separation=separation(spaces[2].x, spaces[2].y),
    )


def _space(problem: Problem, kept: npt.NDArray[np.bool_], n: int, on_step: OnStep) -> Space:
    """Return the first words of both sides, mapped by some of the seeds."""
    w = procrustes(*(side[kept] for side in problem.paired))
    return Space.of(w(problem.x[:n]), problem.y[:n], min(10, n), on_step=on_step)
