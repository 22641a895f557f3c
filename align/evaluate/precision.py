"""Precision@k of bilingual lexicon induction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from align.evaluate.resampling import bootstrap_interval
from align.retrieve import Neighbours


@dataclass(frozen=True, eq=False)
class Gold:
    """What the right answers are.

    Parameters
    ----------
    sources : (q,) array of int
        The distinct source rows that are asked: those with a translation in the vocabulary.
    answers : (g, 2) array of int
        Position in ``sources`` and target row of each right pair.
    out_of_vocabulary : int
        Source words that are not asked, because they or all their translations are missing.
    """

    sources: npt.NDArray[np.intp]
    answers: npt.NDArray[np.intp]
    out_of_vocabulary: int


@dataclass(frozen=True)
class Precision:
    """The share of source words that have a right translation among their k best.

    Parameters
    ----------
    k : int
    hits, scored : int
        Source words that have one, out of those that were asked.
    out_of_vocabulary : int
        Source words of the dictionary that could not be asked.
    interval : (float, float)
        95 % bootstrap interval over the source words that were asked.
    """

    k: int
    hits: int
    scored: int
    out_of_vocabulary: int
    interval: tuple[float, float]

    @property
    def value(self) -> float:
        """Hits out of the words asked, in [0, 1]."""
        return self.hits / self.scored

    @property
    def coverage(self) -> float:
        """Words asked out of all words of the dictionary, in [0, 1]."""
        return self.scored / (self.scored + self.out_of_vocabulary)


@dataclass(frozen=True)
class Score:
    """What one way of retrieval earns on one dictionary.

    Parameters
    ----------
    retrieval : str
        How the neighbours were found, as ``csls10`` or ``nn``.
    precisions : tuple of Precision
        One for each k.
    recall : float
        The share of the true neighbours that the search found: 1 where it was exact.
    """

    retrieval: str
    precisions: tuple[Precision, ...]
    recall: float = 1.0

    def at(self, k: int) -> Precision:
        """Return the precision at k; KeyError where it was not measured."""
        for precision in self.precisions:
            if precision.k == k:
                return precision
        raise KeyError(k)


def precision(
    found: Neighbours, gold: Gold, ks: Sequence[int], *, seed: int = 0
) -> tuple[Precision, ...]:
    """Measure precision@k, counting the source words that can be asked (MUSE, VecMap).

    Parameters
    ----------
    found : Neighbours
        Those of ``gold.sources``, at least ``max(ks)`` of each, or as many as there are.
    gold : Gold
    ks : sequence of int
    seed : int
        Of the bootstrap.
    """
    if not len(gold.sources):
        raise ValueError("no word of the dictionary can be asked: nothing to score")
    size = int(max(found.rows.max(), gold.answers[:, 1].max())) + 1
    asked = np.arange(len(gold.sources))[:, None] * size + found.rows
    right = np.isin(asked, gold.answers[:, 0] * size + gold.answers[:, 1])
    results = []
    for k in ks:
        hit: npt.NDArray[np.bool_] = np.any(right[:, :k], axis=1)
        results.append(
            Precision(
                k=k,
                hits=int(hit.sum()),
                scored=len(hit),
                out_of_vocabulary=gold.out_of_vocabulary,
                interval=bootstrap_interval(hit, seed=seed),
            )
        )
    return tuple(results)
