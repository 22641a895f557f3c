"""The start that needs no seeds: words whose similarities to their own side look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from align.maps import Array
from align.normalize import Normalization
from align.problem import Problem
from align.retrieve import Space
from align.solvers.dropout import dictionary
from align.solvers.multistep import spread
from align.solvers.procrustes import Procrustes
from align.solvers.solution import Solution
from align.steps import OnStep, silent


@dataclass(frozen=True, kw_only=True)
class SimilarityStart:
    """Pair words by the distribution of their similarities [1]_, and rotate one side to the other.

    A word's similarities to all words of its own side, sorted, are the same in both languages as
    far as the two spaces are the same up to a rotation. Pairs are sought by CSLS among these. Most
    are wrong, but more are right than by chance, which can be enough for
    `align.solvers.self_learning.SelfLearning` to go on from. The seeds of the problem take no part.

    Parameters
    ----------
    words : int
        Of the so many first words of both sides, or as many as the smaller one has.
    k : int
        The neighbourhood of CSLS.

    References
    ----------
    .. [1] Artetxe et al., "A robust self-learning method for fully unsupervised cross-lingual
       mappings of word embeddings", ACL 2018.
    """

    name: ClassVar[str] = "similarity"

    words: int = 4000
    k: int = 10

    def __post_init__(self) -> None:
        if min(self.words, self.k) < 1:
            raise ValueError(f"need words >= 1 and k >= 1, got {self.words} and {self.k}")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve."""
        n = min(self.words, len(problem.x), len(problem.y))
        x, y = (
            Normalization.fitted(distributions(side[:n]), "unit,center,unit")[1]
            for side in (problem.x, problem.y)
        )
        k = min(self.k, n)
        pairs = dictionary(Space.of(x, y, k, on_step=on_step), k, 1.0, np.random.default_rng(0))
        return Procrustes()(Problem(problem.x, problem.y, pairs))


def distributions(x: Array) -> Array:
    """Return every word's sorted similarities to all words, (n, n) float32.

    The similarities are the square root of ``x x.T``: it has the singular vectors of x, and its
    singular values. As ``x (x.T x)^(-1/2) x.T`` it needs no decomposition of n rows.
    """
    rows = x.astype(np.float64)
    similarities = ((rows @ spread(rows, -1)) @ rows.T).astype(np.float32)
    similarities.sort(axis=1)
    return similarities
