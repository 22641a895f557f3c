"""Analogies in one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from align.evaluate import Measure, bootstrap_intervals
from align.evaluate import analogies as answer
from align.evaluate.analogy import WAYS
from align.normalize import unit
from align.steps import OnStep, silent
from align.tasks.files import Questions, TaskRecord
from align.tasks.words import covered, find_all
from embeddings import Embeddings


@dataclass(frozen=True)
class Category:
    """What analogies of one kind score.

    Parameters
    ----------
    name : str
        As the file has it; ``total`` for all questions.
    questions : int
        In the file.
    measures : tuple of Measure
        The share of right answers by 3CosAdd and by 3CosMul, among the questions whose four words
        are there; none where there is no such question.
    """

    name: str
    questions: int
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Analogies:
    """What vectors score on analogies.

    Parameters
    ----------
    task : TaskRecord
    language : str
    categories : tuple of Category
        The last one is the total.
    """

    task: TaskRecord
    language: str
    categories: tuple[Category, ...]


def analogies(
    vectors: Embeddings, questions: Questions, *, seed: int = 0, on_step: OnStep = silent
) -> Analogies:
    """Answer analogies by 3CosAdd and 3CosMul, over the whole vocabulary.

    A word is looked up as it is written, then in lower case.

    Parameters
    ----------
    vectors : Embeddings
        As read, or those of a run: ``run.source``, ``run.target``.
    questions : Questions
        Those whose four words are in the vocabulary are asked.
    seed : int
        Of the bootstrap.

    Raises
    ------
    ValueError
        If no question is covered.
    """
    rows = find_all(questions.words, [vectors] * 4)
    there = covered(rows)
    if not there.any():
        raise ValueError(
            f"{questions.origin or 'analogies'}: {vectors.name} holds the four words of none of "
            f"{len(questions.words):,} questions (first: {' '.join(questions.words[0])}); are "
            "these words of the right language?"
        )
    asked = rows[there]
    right = answer(unit(vectors.vectors), asked[:, :3], on_step=on_step) == asked[:, 3]
    categories = _categories(right, there, questions.categories, seed)
    return Analogies(questions.record, vectors.name, categories)


def _categories(
    right: npt.NDArray[np.bool_], there: npt.NDArray[np.bool_], names: Sequence[str], seed: int
) -> tuple[Category, ...]:
    """Count what was answered rightly, (w, q), of the questions that are there, by their names."""
    of = np.array(names)
    parts = [(name, of == name) for name in dict.fromkeys(names)]
    found = []
    for name, part in [*parts, ("total", np.ones(len(of), dtype=bool))]:
        every, hits = int(np.count_nonzero(part)), right[:, part[there]]
        found.append(Category(name, every, tuple(_measures(hits, every, seed))))
    return tuple(found)


def _measures(hits: npt.NDArray[np.bool_], every: int, seed: int) -> Iterator[Measure]:
    """Count the questions asked, (w, q), that each way answered rightly."""
    if not (asked := hits.shape[1]):
        return
    for way, hit, interval in zip(WAYS, hits, bootstrap_intervals(hits.T, seed=seed), strict=True):
        yield Measure(way, "skip", float(hit.sum()), asked, every - asked, interval)
