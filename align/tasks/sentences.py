"""Translations of sentences, found by the averages of their word vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from align.evaluate import KS, Measure, Mined, averages, bootstrap_intervals, mined
from align.evaluate.mining import CANDIDATES, candidate_pairs
from align.maps import Array
from align.retrieve import Retrieval, Space
from align.run import retrieval_name
from align.steps import OnStep, silent
from align.tasks.files import Sentences, TaskRecord
from align.tasks.words import ABSENT, Rows, find
from embeddings import Embeddings

RETRIEVALS: tuple[Retrieval, ...] = ("nn", "csls")
MARGIN_K = 4  # neighbours of a sentence that the margin compares with
TOKEN = re.compile(r"\w+")


@dataclass(frozen=True)
class Retrieved:
    """How many sentences find their translation.

    Parameters
    ----------
    languages : (str, str)
        From, to.
    retrieval : str
        As ``nn`` or ``csls10``.
    measures : tuple of Measure
        P@1, P@5 and P@10; a sentence without any known word counts as wrong.
    recall : float
        The share of the true neighbours that the search found: 1 where it was exact.
    """

    languages: tuple[str, str]
    retrieval: str
    measures: tuple[Measure, ...]
    recall: float


@dataclass(frozen=True)
class SentenceScores:
    """What a run scores on sentences and their translations.

    Parameters
    ----------
    tasks : (TaskRecord, TaskRecord)
    sentences : int
        Of each side.
    tokens, known : (int, int)
        Words of each side; those that the vocabulary holds.
    retrieved : tuple of Retrieved
        In both directions, by NN and by CSLS.
    mined : tuple of Mined
    """

    tasks: tuple[TaskRecord, TaskRecord]
    sentences: int
    tokens: tuple[int, int]
    known: tuple[int, int]
    retrieved: tuple[Retrieved, ...]
    mined: tuple[Mined, ...]


def sentences(
    vectors: tuple[Embeddings, Embeddings],
    texts: tuple[Sentences, Sentences],
    *,
    k: int = 10,
    seed: int = 0,
    on_step: OnStep = silent,
) -> SentenceScores:
    """Find the translation of each sentence, in both directions, and mine the pairs.

    A sentence is the average of the vectors of its distinct words, weighted by their rarity among
    the sentences given of its language, as in MUSE (`align.evaluate.averages`). Its words are the
    runs of letters, digits and underscores (``\\w+``), looked up as written, then in lower case.

    Pairs are mined by the ratio margin over the 4 nearest neighbours, as Artetxe and Schwenk
    (2019) do: candidates forward, backward, and the best of both.

    Parameters
    ----------
    vectors : (Embeddings, Embeddings)
        Of source and target in one space, as ``(run.source, run.target)``.
    texts : (Sentences, Sentences)
        Line i of one is the translation of line i of the other.
    k : int
        The neighbourhood of CSLS, in sentences.
    seed : int
        Of the bootstrap, and of the halves for which mining chooses thresholds.

    Raises
    ------
    ValueError
        If there are not as many of both, or fewer than 4 of a side have a known word.
    """
    x, y = (_Side.of(*side) for side in zip(texts, vectors, strict=True))
    n = x.sentences
    if n != y.sentences:
        raise ValueError(
            f"need the translation of each sentence, got {n:,} sentences of {x.language} "
            f"({texts[0].origin}) and {y.sentences:,} of {y.language} ({texts[1].origin})"
        )
    if min(len(x.there), len(y.there)) < MARGIN_K:
        raise ValueError(
            f"of {n:,} sentences, {len(x.there):,} of {x.language} and {len(y.there):,} of "
            f"{y.language} have a word that the vocabulary holds, and {MARGIN_K} are needed; are "
            "these the right languages, in this order?"
        )
    k = min(k, len(x.there), len(y.there))
    space, margins = (Space.of(x.vectors, y.vectors, of, on_step=on_step) for of in (k, MARGIN_K))
    return SentenceScores(
        tasks=(texts[0].record, texts[1].record),
        sentences=n,
        tokens=(x.tokens, y.tokens),
        known=(x.known, y.known),
        retrieved=(*_retrieved(space, x, y, seed), *_retrieved(space.reversed, y, x, seed)),
        mined=tuple(_mined(margins, x, y, seed)),
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """The sentences of one side: which have a known word, and the averages of these."""

    language: str
    sentences: int
    there: Rows
    vectors: Array
    tokens: int
    known: int

    @classmethod
    def of(cls, given: Sentences, vocabulary: Embeddings) -> _Side:
        tokens = [TOKEN.findall(line) for line in given.lines]
        rows = [find(words, vocabulary) for words in tokens]
        known = [found[found != ABSENT] for found in rows]
        there = np.flatnonzero([len(found) for found in known])
        vectors = averages([np.unique(found) for found in known], vocabulary.vectors)[there]
        counts = sum(map(len, tokens)), sum(map(len, known))
        return cls(vocabulary.name, len(tokens), there, vectors, *counts)


def _retrieved(space: Space, asked: _Side, answers: _Side, seed: int) -> Iterator[Retrieved]:
    """Score both retrievals; a sentence whose translation has no known word is never right."""
    place = np.full(asked.sentences, ABSENT)
    place[answers.there] = np.arange(len(answers.there))
    ks = [k for k in KS if k <= len(answers.there)]
    missing = asked.sentences - len(asked.there)
    hits = np.zeros((asked.sentences, len(ks)))
    for retrieval in RETRIEVALS:
        found = space.nearest(np.arange(len(asked.there)), ks[-1], retrieval)
        right = np.cumsum(found.rows == place[asked.there, None], axis=1)
        hits[asked.there] = right[:, np.array(ks) - 1]
        intervals = bootstrap_intervals(hits, seed=seed)
        yield Retrieved(
            (asked.language, answers.language),
            retrieval_name(retrieval, space.k),
            tuple(
                Measure(f"P@{k}", "wrong", float(total), asked.sentences, missing, interval)
                for k, total, interval in zip(ks, hits.sum(axis=0), intervals, strict=True)
            ),
            min(found.recall, space.recall),
        )


def _mined(space: Space, x: _Side, y: _Side, seed: int) -> Iterator[Mined]:
    for candidates in CANDIDATES:
        pairs, scores = candidate_pairs(space, candidates)
        numbers = np.column_stack([x.there[pairs[:, 0]], y.there[pairs[:, 1]]])
        yield from mined(numbers, scores, x.sentences, candidates, seed=seed)
