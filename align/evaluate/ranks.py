"""`Ranks`: where the right answers came. Every score of lexicon induction follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gold:
    """What the right answers are.

    Parameters
    ----------
    sources : (q,) array of int
        The distinct source rows that are asked: those with a translation in the vocabulary.
    answers : (g, 2) array of int
        Position in ``sources`` and target row of each right pair.
    identical : (g,) array of bool
        Whether the two words of the pair are one string.
    missing_words, missing_pairs : int
        Source words that are not asked, because they or all their translations are missing, and
        pairs of which a word is missing.

    Raises
    ------
    ValueError
        If no word is asked.
    """

    sources: Rows
    answers: Rows
    identical: npt.NDArray[np.bool_]
    missing_words: int = 0
    missing_pairs: int = 0

    def __post_init__(self) -> None:
        if not len(self.sources):
            raise ValueError("no word of the dictionary can be asked: nothing to score")

    @property
    def pairs(self) -> Rows:
        """Source and target row of each right pair, (g, 2)."""
        return np.column_stack([self.sources[self.answers[:, 0]], self.answers[:, 1]])

    @cached_property
    def translations(self) -> Rows:
        """How many right answers each word has, (q,)."""
        return np.bincount(self.answers[:, 0], minlength=len(self.sources))

    def lowest(self, values: npt.NDArray[np.integer]) -> Rows:
        """Return the lowest of the values, (g,), of each word's right answers, (q,)."""
        found = np.full(len(self.sources), np.iinfo(np.intp).max, dtype=np.intp)
        np.minimum.at(found, self.answers[:, 0], values)
        return found

    def sums(self, values: npt.NDArray[Any]) -> Values:
        """Return the sum of the values, (g,), of each word's right answers, (q,)."""
        found = np.zeros(len(self.sources))
        np.add.at(found, self.answers[:, 0], values)
        return found


@dataclass(frozen=True, eq=False)
class Ranks:
    """The rank of every right answer among all targets.

    Parameters
    ----------
    gold : Gold
    ranks : (g,) array of int
        Of each pair of ``gold.answers``, from 1, as `align.retrieve.Space.ranks` has it.
    """

    gold: Gold
    ranks: Rows

    @cached_property
    def best(self) -> Rows:
        """The rank of the first right answer to each word, (q,)."""
        return self.gold.lowest(self.ranks)

    def hits(self, k: int) -> npt.NDArray[np.bool_]:
        """Return whether a right answer is among the k best, (q,): their mean is P@k."""
        return self.best <= k

    @property
    def reciprocal(self) -> Values:
        """One over the rank of the first right answer, (q,): their mean is the MRR."""
        return 1 / self.best

    @property
    def average_precision(self) -> Values:
        """The mean, over a word's right answers, of the precision at their ranks, (q,).

        At the rank of its j-th right answer a word has a precision of j / rank. The mean of these
        values over words is the MAP; where words have one right answer each, it is the MRR.
        """
        word = self.gold.answers[:, 0]
        order = np.lexsort((self.ranks, word))
        before = np.cumsum(self.gold.translations) - self.gold.translations
        precisions = np.empty(len(order))
        precisions[order] = (np.arange(len(order)) - before[word[order]] + 1) / self.ranks[order]
        return self.gold.sums(precisions) / self.gold.translations
