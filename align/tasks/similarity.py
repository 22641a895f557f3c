"""Word similarity in one language, or across two in one space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from align.evaluate import Correlation, correlation
from align.evaluate.similarity import RULES
from align.tasks.files import TaskRecord, WordPairs
from align.tasks.words import covered, find_all
from embeddings import Embeddings


@dataclass(frozen=True)
class Similarity:
    """What cosines are worth on one list of word pairs.

    Parameters
    ----------
    task : TaskRecord
    languages : (str, str)
        Of the first and of the second words.
    scores : tuple of Correlation
        By the rule ``skip`` and, where a pair is missing, by ``middle``.
    """

    task: TaskRecord
    languages: tuple[str, str]
    scores: tuple[Correlation, ...]


def similarity(
    vectors: Embeddings, pairs: WordPairs, other: Embeddings | None = None, *, seed: int = 0
) -> Similarity:
    """Correlate cosines with the scores that people gave to pairs of words.

    A word is looked up as it is written, then in lower case. A term of several words, as
    SemEval-2017 has them, is there only where the vocabulary holds it as one.

    Parameters
    ----------
    vectors : Embeddings
        As read, or those of a run: ``run.source``, ``run.target``.
    pairs : WordPairs
    other : Embeddings, optional
        Of the second words, where these are of another language in the same space.
    seed : int
        Of the bootstrap.

    Raises
    ------
    ValueError
        If fewer than 3 pairs are covered.
    """
    other = other or vectors
    rows = find_all(pairs.pairs, (vectors, other))
    gold = np.array(pairs.gold, dtype=np.float64)
    rules = RULES[:1] if covered(rows).all() else RULES
    try:
        scores = tuple(
            correlation(vectors.vectors, other.vectors, rows, gold, missing=rule, seed=seed)
            for rule in rules
        )
    except ValueError as error:
        raise ValueError(
            f"{pairs.origin or 'word pairs'}: {error}; are these words of {vectors.name} "
            f"and {other.name}?"
        ) from error
    return Similarity(pairs.record, (vectors.name, other.name), scores)
