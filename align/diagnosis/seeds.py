"""What a seed dictionary is worth: how much of it is covered, and how much of it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from align.maps import Array
from align.problem import Problem
from align.solvers.audit import DOUBTFUL, FEW, doubts
from dictionaries import Coverage, Lexicon
from embeddings import Embeddings

EXAMPLES = 3  # doubtful pairs that are shown


@dataclass(frozen=True)
class Dictionary:
    """A seed dictionary against two vocabularies.

    Parameters
    ----------
    origin : str
    coverage : Coverage
        What both vocabularies hold.
    folded : int
        Source words that would be covered if case were folded everywhere.
    identical : int
        Pairs that are covered, of a word with itself.
    audited, doubtful : int
        Pairs whose cosine was judged, and those that are probably wrong. None are judged where
        there are fewer source words than dimensions: right and wrong pairs then look much alike.
    examples : tuple of (str, str)
        The most doubtful of these.
    remarks : tuple of str
        What the reader of the file found.
    """

    origin: str
    coverage: Coverage
    folded: int
    identical: int
    audited: int
    doubtful: int
    examples: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]

    @classmethod
    def of(
        cls, lexicon: Lexicon, source: Embeddings, target: Embeddings, problem: Problem | None
    ) -> Dictionary:
        """Describe a dictionary.

        Parameters
        ----------
        lexicon : Lexicon
        source, target : Embeddings
        problem : Problem, optional
            Its pairs are those of the lexicon among the first words of both sides.
        """
        doubt = _doubts(problem)
        worst = np.argsort(-doubt, kind="stable")[: np.count_nonzero(doubt > DOUBTFUL)]
        named = problem.pairs[worst[:EXAMPLES]] if problem else ()
        return cls(
            origin=lexicon.origin,
            coverage=lexicon.coverage(source, target),
            folded=_folded(lexicon).coverage(*map(_folded_index, (source, target))).words_covered,
            identical=sum(a == b for a, b in lexicon.within(source, target).pairs),
            audited=len(doubt),
            doubtful=len(worst),
            examples=tuple((source.words[i], target.words[j]) for i, j in named),
            remarks=lexicon.report.remarks,
        )


def _doubts(problem: Problem | None) -> Array:
    """Return the probability that a pair is wrong; none where that cannot be judged."""
    words = len(np.unique(problem.pairs[:, 0])) if problem else 0
    if problem is None or words < max(FEW, problem.x.shape[1]):
        return np.zeros(0)
    return doubts(problem)


def _folded(lexicon: Lexicon) -> Lexicon:
    return Lexicon(tuple((a.lower(), b.lower()) for a, b in lexicon.pairs))


def _folded_index(embeddings: Embeddings) -> Mapping[str, None]:
    return dict.fromkeys(word.lower() for word in embeddings.words)
