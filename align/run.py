"""`Run`: two languages in one space, with the record of how they came there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from align.alignment import Alignment
from align.evaluate import Ranks, Score, measures, parts
from align.gold import gold_of, rows_of
from align.maps import Array
from align.problem import Problem
from align.record import Evaluation, LexiconRecord, Record, Shared
from align.retrieve import Direction, Neighbours, Retrieval, Space
from align.solvers.audit import DOUBTFUL, FEW, held_out, wrong
from align.steps import OnStep, silent
from dictionaries import Lexicon
from embeddings import Embeddings
from embeddings.values import listed


@dataclass(frozen=True)
class Translation:
    """A candidate translation and its score, as `align.retrieve.Space.nearest` has it."""

    word: str
    score: float


@dataclass(frozen=True)
class Doubt:
    """A seed pair that may be wrong.

    Parameters
    ----------
    source, target : str
    doubt : float
        The probability that the pair is wrong, in [0, 1].
    cosine : float
        Of the pair, mapped without seeing its source word.
    suggestion : str
        The best translation of the source word in the run, by CSLS.
    """

    source: str
    target: str
    doubt: float
    cosine: float
    suggestion: str


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """The outcome of an alignment, ready to be used.

    Parameters
    ----------
    source, target : Embeddings
        The words of both sides, with their vectors in the joint space, of length 1.
    alignment : Alignment
        The map with its normalisation.
    space : Space
        Both vocabularies in the joint space.
    seeds : Lexicon
        The pairs of words that the solver was given.
    unmapped : ((s, d) array, (t, e) array)
        The vectors of the words of these pairs, each once and in order of its row, as the solver
        was given them.
    record : Record
        How the run was made and what it scored.
    test : Lexicon, optional
        The dictionary that it was scored on, with the pairs that the vocabularies lack.
    """

    source: Embeddings
    target: Embeddings
    seeds: Lexicon
    alignment: Alignment
    space: Space
    unmapped: tuple[Array, Array]
    record: Record
    test: Lexicon | None = None

    def __repr__(self) -> str:
        return f"<Run {self.record.title}: {self.source}, {self.target}>"

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

        The word is looked up as it is, then in Unicode's composed form (NFC), and in lower case
        where the vectors were read so.

        Raises
        ------
        KeyError
            If the word is not in the vocabulary.
        """
        found = self.translate_all([word], k, retrieval, reverse=reverse)[0]
        if not found:
            raise KeyError(word)
        return found

    def translate_all(
        self,
        words: Iterable[str],
        k: int = 5,
        retrieval: Retrieval = "csls",
        *,
        reverse: bool = False,
        on_step: OnStep = silent,
    ) -> tuple[tuple[Translation, ...], ...]:
        """Translate many words at once; a word outside the vocabulary gets no translations.

        Raises
        ------
        ValueError
            If the words are one text, whose letters would be translated.
        """
        asked, answers = (self.target, self.source) if reverse else (self.source, self.target)
        space = self.space.reversed if reverse else self.space
        rows = [row_of(word, asked) for word in listed(words)]
        known = [row for row in rows if row is not None]
        found = space.nearest(known, min(k, len(answers)), retrieval, on_step=on_step)
        translations = iter(_translations(found, answers))
        return tuple(() if row is None else next(translations) for row in rows)

    def translate_vectors(
        self,
        vectors: Array,
        k: int = 5,
        retrieval: Retrieval = "csls",
        *,
        reverse: bool = False,
        on_step: OnStep = silent,
    ) -> tuple[tuple[Translation, ...], ...]:
        """Translate words outside the vocabulary by their raw source vectors, (n, d).

        They are normalised and mapped as the run's own words were, centering included. With
        ``reverse``, they are raw target vectors. `embeddings.Subwords` gives such vectors.

        Raises
        ------
        ValueError
            If they have other dimensions than the run.
        """
        answers = self.source if reverse else self.target
        space = self.space.reversed if reverse else self.space
        mapped = self.map_target(vectors) if reverse else self.map(vectors)
        found = space.nearest_to(mapped, min(k, len(answers)), retrieval, on_step=on_step)
        return tuple(_translations(found, answers))

    def lexicon(
        self,
        retrieval: Retrieval = "csls",
        *,
        min_score: float = -np.inf,
        max_rank: int = 0,
        direction: Direction = "mutual",
        on_step: OnStep = silent,
    ) -> list[tuple[str, str, float]]:
        """Induce a lexicon: by default the words that are each other's nearest neighbour.

        Parameters
        ----------
        retrieval : {'csls', 'nn', 'invsoftmax', 'margin', 'agreement'}
        min_score : float
            Leave out pairs that score lower.
        max_rank : int
            Keep pairs of the first so many words of both sides; 0 for all.
        direction : {'mutual', 'forward', 'backward', 'union'}
            Pairs that are each other's nearest neighbour, or the best pair of every source word,
            of every target word, or of either.

        Returns
        -------
        list of (source word, target word, score)
            In order of the source vocabulary.
        """
        pairs, scores = self.space.induce(direction, max_rank, retrieval, on_step=on_step)
        return [
            (self.source.words[i], self.target.words[j], float(score))
            for (i, j), score in zip(pairs, scores, strict=True)
            if score >= min_score
        ]

    def audit(
        self, *, min_doubt: float = DOUBTFUL, seed: int = 0, on_step: OnStep = silent
    ) -> list[Doubt]:
        """List the seed pairs that are probably wrong, the most doubtful first.

        The run's own map has seen the pairs, and brings wrong ones closer as well. So maps are
        learned anew, each without the words it judges: runs of all methods doubt the same pairs.

        Parameters
        ----------
        min_doubt : float
            Leave out pairs of less doubt; 0 for none.
        seed : int
            Of the audit.
        on_step : callable
            Told what is done.

        Raises
        ------
        ValueError
            If the seeds have fewer than 50 source words.
        """
        words = len(self.seeds.sources)
        if words < FEW:
            raise ValueError(
                f"the run has seeds of {words} source words, and an audit needs {FEW} to tell "
                "right pairs from wrong ones: align with a larger dictionary"
            )
        rows = rows_of(self.seeds.pairs, self.source, self.target)
        own = [np.unique(side, return_inverse=True)[1] for side in rows.T]
        cosines, chance = held_out(Problem(*self.unmapped, np.column_stack(own)), seed=seed)
        doubts = wrong(cosines, chance)
        listed = np.lexsort((cosines, -doubts))[: np.count_nonzero(doubts >= min_doubt)]
        pairs = [self.seeds.pairs[i] for i in listed]
        best, _ = self.space.best(rows[listed, 0], on_step=on_step)
        return [
            Doubt(a, b, float(doubts[i]), float(cosines[i]), self.target.words[j])
            for (a, b), i, j in zip(pairs, listed, best, strict=True)
        ]

    def ranks(
        self,
        test: Lexicon,
        retrieval: Retrieval = "csls",
        *,
        reverse: bool = False,
        on_step: OnStep = silent,
    ) -> Ranks:
        """Find the rank of every right answer of a dictionary.

        Parameters
        ----------
        test : Lexicon
            From source to target, also with ``reverse``.
        retrieval : {'csls', 'nn', 'invsoftmax', 'agreement'}
        reverse : bool
            Ask for the source words of the target words.

        Raises
        ------
        ValueError
            If the vocabularies hold no pair of the dictionary.
        """
        if reverse:
            gold, space = gold_of(test.reversed, self.target, self.source), self.space.reversed
        else:
            gold, space = gold_of(test, self.source, self.target), self.space
        return Ranks(gold, space.ranks(gold.pairs, retrieval, on_step=on_step))

    def evaluate(
        self,
        test: Lexicon | None = None,
        *,
        retrievals: Sequence[Retrieval] = ("nn", "csls"),
        on_step: OnStep = silent,
    ) -> Evaluation:
        """Score the run on a dictionary, in both directions, by NN and by CSLS or as asked.

        Parameters
        ----------
        test : Lexicon, optional
            By default the one that the run was scored on when it was made.
        retrievals : sequence of {'csls', 'nn', 'invsoftmax', 'agreement'}

        Raises
        ------
        ValueError
            If the vocabularies hold no pair of the dictionary, or there is none.
        """
        test = self.tested if test is None else test
        return Evaluation(
            LexiconRecord.of(test, self.source, self.target),
            Shared.of(test.within(self.source, self.target), self.seeds),
            tuple(
                self.score(self.ranks(test, one, reverse=reverse, on_step=on_step), one, reverse)
                for reverse in (False, True)
                for one in retrievals
            ),
        )

    @property
    def tested(self) -> Lexicon:
        """The dictionary that the run was scored on; ValueError where there was none."""
        if self.test is None:
            raise ValueError(
                f"{self.record.title} was not scored when it was made, so it has no dictionary of "
                "its own: give one with --test FILE"
            )
        return self.test

    def score(self, ranks: Ranks, retrieval: Retrieval, reverse: bool = False) -> Score:
        """Turn ranks, as `ranks` returned them for the same arguments, into all measures."""
        sizes, seed = (len(self.source), len(self.target)), self.record.seed
        return Score(
            retrieval_name(retrieval, self.record.k),
            "backward" if reverse else "forward",
            measures(ranks, seed=seed),
            parts(ranks, sizes[::-1] if reverse else sizes, seed=seed),
            self.space.recall if retrieval in ("csls", "agreement") else 1.0,
        )


def _translations(found: Neighbours, answers: Embeddings) -> Iterator[tuple[Translation, ...]]:
    for best, scores in zip(found.rows, found.scores, strict=True):
        named = zip(best, scores, strict=True)
        yield tuple(Translation(answers.words[row], float(score)) for row, score in named)


def row_of(word: str, embeddings: Embeddings) -> int | None:
    """Return the row of a word as it is or in NFC, in lower case where vectors are so, or None."""
    folded = word.lower() if embeddings.lower else word
    return embeddings.index.get(folded, embeddings.index.get(spelled(word, embeddings.lower)))


def spelled(word: str, lower: bool) -> str:
    """Return a word in Unicode's composed form (NFC), and in lower case where vectors are so."""
    return unicodedata.normalize("NFC", word.lower() if lower else word)


def retrieval_name(retrieval: Retrieval, k: int) -> str:
    """Return the name that scores carry, as ``csls10``."""
    return f"{retrieval}{k}" if retrieval in ("csls", "margin", "agreement") else retrieval
