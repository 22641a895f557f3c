"""`Run`: two languages in one space, with the record of how they came there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from align.alignment import Alignment
from align.evaluate import Gold, Score, precision
from align.maps import Array
from align.record import Evaluation, LexiconRecord, Record
from align.retrieve import Retrieval, Space
from align.steps import OnStep, silent
from dictionaries import Lexicon
from embeddings import Embeddings

KS = (1, 5, 10)  # the precisions that are reported


@dataclass(frozen=True)
class Translation:
    """A candidate translation and its score: CSLS in [-4, 4] or cosine in [-1, 1]."""

    word: str
    score: float


@dataclass(frozen=True, eq=False)
class Run:
    """The outcome of an alignment, ready to be used.

    Parameters
    ----------
    source, target : Embeddings
        The vectors as they were read.
    alignment : Alignment
        The map with its normalisation.
    space : Space
        Both vocabularies in the joint space.
    record : Record
        How the run was made and what it scored.
    """

    source: Embeddings
    target: Embeddings
    alignment: Alignment
    space: Space
    record: Record

    def map(self, vectors: Array) -> Array:
        """Bring raw source vectors, (n, d), into the joint space."""
        return self.alignment.map_source(vectors)

    def map_target(self, vectors: Array) -> Array:
        """Bring raw target vectors, (n, d), into the joint space."""
        return self.alignment.map_target(vectors)

    def translate(
        self, word: str, k: int = 5, retrieval: Retrieval = "csls", *, reverse: bool = False
    ) -> tuple[Translation, ...]:
        """Return the k best translations of a source word, or with ``reverse`` of a target word.

        Raises
        ------
        KeyError
            If the word is not in the vocabulary.
        """
        if word not in (self.target if reverse else self.source):
            raise KeyError(word)
        return self.translate_all([word], k, retrieval, reverse=reverse)[0]

    def translate_all(
        self,
        words: Iterable[str],
        k: int = 5,
        retrieval: Retrieval = "csls",
        *,
        reverse: bool = False,
    ) -> tuple[tuple[Translation, ...], ...]:
        """Translate many words at once; a word outside the vocabulary gets no translations."""
        words = list(words)
        asked, answers = (self.target, self.source) if reverse else (self.source, self.target)
        space = self.space.reversed if reverse else self.space
        known = [word for word in words if word in asked]
        rows = [asked.index[word] for word in known]
        found = space.nearest(rows, min(k, len(answers)), retrieval)
        translations = {
            word: tuple(
                Translation(answers.words[row], float(score))
                for row, score in zip(found.rows[i], found.scores[i], strict=True)
            )
            for i, word in enumerate(known)
        }
        return tuple(translations.get(word, ()) for word in words)

    def lexicon(
        self,
        retrieval: Retrieval = "csls",
        *,
        min_score: float = -np.inf,
        max_rank: int = 0,
        on_step: OnStep = silent,
    ) -> list[tuple[str, str, float]]:
        """Induce a lexicon: the pairs of words that are each other's nearest neighbour.

        Parameters
        ----------
        retrieval : {'csls', 'nn'}
        min_score : float
            Leave out pairs that score lower.
        max_rank : int
            Keep pairs of the first so many words of both sides; 0 for all.

        Returns
        -------
        list of (source word, target word, score)
            In order of the source vocabulary.
        """
        pairs, scores = self.space.mutual(max_rank, retrieval, on_step=on_step)
        return [
            (self.source.words[i], self.target.words[j], float(score))
            for (i, j), score in zip(pairs, scores, strict=True)
            if score >= min_score
        ]

    def evaluate(self, test: Lexicon, *, on_step: OnStep = silent) -> Evaluation:
        """Score the run on a dictionary: precision@1, 5 and 10 by NN and by CSLS.

        Source words count where the vocabularies hold them and one of their translations.

        Raises
        ------
        ValueError
            If the vocabularies hold no pair of the dictionary.
        """
        target_words = len(self.target)
        ks = tuple(k for k in KS if k <= target_words) or (1,)
        gold = gold_of(test, self.source, self.target)
        scores = tuple(
            Score(
                retrieval_name(retrieval, self.record.k),
                precision(
                    self.space.nearest(gold.sources, ks[-1], retrieval, on_step=on_step),
                    gold,
                    ks,
                    seed=self.record.seed,
                ),
            )
            for retrieval in ("nn", "csls")
        )
        shared = len(set(test.sources) & set(self.record.train_sources))
        return Evaluation(LexiconRecord.of(test, self.source, self.target), shared, scores)


def retrieval_name(retrieval: Retrieval, k: int) -> str:
    """Return the name that scores carry, as ``csls10``."""
    return f"csls{k}" if retrieval == "csls" else retrieval


def rows_of(
    pairs: Sequence[tuple[str, str]], source: Embeddings, target: Embeddings
) -> npt.NDArray[np.intp]:
    """Turn word pairs, all of them in the vocabularies, into a (p, 2) array of rows."""
    rows = [(source.index[a], target.index[b]) for a, b in pairs]
    return np.array(rows, dtype=np.intp).reshape(-1, 2)


def gold_of(test: Lexicon, source: Embeddings, target: Embeddings) -> Gold:
    """Turn a test dictionary into rows.

    Raises
    ------
    ValueError
        If the vocabularies hold none of its pairs.
    """
    covered = test.within(source, target)
    if not len(covered):
        raise ValueError(no_overlap("test", test, source, target))
    position = {word: i for i, word in enumerate(covered.sources)}
    return Gold(
        sources=np.array([source.index[word] for word in covered.sources], dtype=np.intp),
        answers=np.array([(position[a], target.index[b]) for a, b in covered.pairs], dtype=np.intp),
        out_of_vocabulary=len(test.sources) - len(covered.sources),
    )


def no_overlap(part: str, lexicon: Lexicon, source: Embeddings, target: Embeddings) -> str:
    """Say that a dictionary does not fit the vocabularies, and what that may come from."""
    first = " ".join(lexicon.pairs[0]) if lexicon.pairs else "nothing"
    return (
        f"the vocabularies hold none of the {len(lexicon):,} pairs of the {part} dictionary "
        f"{lexicon.origin or ''} (first pair: {first!r}; first words: "
        f"{source.words[0]!r}, {target.words[0]!r}); are the languages in the right order, and "
        "the case the same (--lower)?"
    )
