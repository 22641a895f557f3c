"""From the words of a task to rows of vocabularies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from align.run import row_of
from embeddings import Embeddings

Rows = npt.NDArray[np.intp]
Key = TypeVar("Key")
ABSENT = -1


def find(words: Iterable[str], vocabulary: Embeddings) -> Rows:
    """Return the row of each word, or -1.

    A word is looked up as it is written, then in lower case, each time also in Unicode's composed
    form. A term of several words is there only where the vocabulary holds it as one.
    """
    rows = (_row(word, vocabulary) for word in words)
    return np.array([ABSENT if row is None else row for row in rows], dtype=np.intp)


def _row(word: str, vocabulary: Embeddings) -> int | None:
    row = row_of(word, vocabulary)
    return row_of(word.lower(), vocabulary) if row is None else row


def find_all(lists: Sequence[Sequence[str]], vocabularies: Sequence[Embeddings]) -> Rows:
    """Return the rows of each line of words, each column in its own vocabulary: (n, c)."""
    columns = zip(*lists, strict=True)
    return np.stack(
        [find(words, found) for words, found in zip(columns, vocabularies, strict=True)], axis=1
    )


def covered(rows: Rows) -> npt.NDArray[np.bool_]:
    """Tell which lines have all of their words, (n,)."""
    there: npt.NDArray[np.bool_] = (rows != ABSENT).all(axis=1)
    return there


def most_covered(
    lists: Sequence[Sequence[str]], choices: Mapping[Key, Sequence[Embeddings]]
) -> Key:
    """Return which vocabularies, one for each column, hold the most lines; of equals the first."""
    return max(choices, key=lambda key: int(covered(find_all(lists, choices[key])).sum()))
