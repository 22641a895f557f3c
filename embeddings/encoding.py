"""`from_encoder`: lexical vectors from anything that embeds a list of strings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from embeddings.tally import SHOWN
from embeddings.values import (
    Array,
    Defect,
    Embeddings,
    ReadReport,
    all_finite,
    listed,
    require_words,
)

Encode = Callable[[list[str]], Any]  # m words in; an (m, d) array or torch tensor out
OnBatch = Callable[[int, int], None]  # words encoded so far, words in all

NOTHING = "the encoder makes nothing of the word"


def from_encoder(
    words: Sequence[str],
    encode: Encode,
    *,
    batch: int = 64,
    name: str = "",
    on_batch: OnBatch | None = None,
) -> Embeddings:
    """Build word vectors by embedding every word on its own.

    Parameters
    ----------
    words : sequence of str
        By convention the most frequent first; of words that come twice the first is kept.
    encode : callable
        Takes a list of m strings and returns an (m, d) array or torch tensor, on any device. A
        row of zeros says that the encoder makes nothing of a word, which is then left out.
    batch : int
        How many words are given to ``encode`` at once.
    name : str
        A language code or another short label.
    on_batch : callable, optional
        Called with the words encoded so far and in all.

    Returns
    -------
    Embeddings
        float32; ``report`` says what was left out, with places in ``words`` counted from 1.

    Raises
    ------
    ValueError
        If there are no words or they are one text, or ``encode`` returns another shape, numbers
        that are not finite, or zeros only.
    """
    if batch < 1:
        raise ValueError(f"a batch holds 1 word or more, got {batch}")
    places: dict[str, int] = {}
    for place, word in enumerate(listed(words), 1):
        places.setdefault(word, place)
    distinct = list(places)
    if not distinct:
        raise ValueError("no words to encode")
    require_words(distinct, name or "words")
    vectors = _encoded(distinct, encode, batch, on_batch)
    known = np.flatnonzero(vectors.any(axis=1)).tolist()
    if not known:
        raise ValueError(f"the encoder makes nothing of any of the {len(distinct):,} words")
    left_out = [places[distinct[row]] for row in sorted({*range(len(distinct))} - {*known})]
    defects = (Defect(NOTHING, len(left_out), tuple(left_out[:SHOWN])),) if left_out else ()
    return Embeddings(
        words=[distinct[row] for row in known],
        vectors=vectors[known] if left_out else vectors,
        name=name,
        report=ReadReport(len(words), len(words) - len(distinct), defects),
    )


def _encoded(words: list[str], encode: Encode, batch: int, on_batch: OnBatch | None) -> Array:
    """Fill one array, batch by batch."""
    vectors = np.empty((0, 0), dtype=np.float32)
    for start in range(0, len(words), batch):
        some = words[start : start + batch]
        rows = _rows(encode(some), some, start, vectors.shape[1])
        if not start:
            vectors = np.empty((len(words), rows.shape[1]), dtype=np.float32)
        vectors[start : start + len(some)] = rows
        if on_batch:
            on_batch(start + len(some), len(words))
    return vectors


def _rows(encoded: object, words: list[str], start: int, dim: int) -> Array:
    """Return what an encoder gave as an array; an error that names the words where it is none."""
    if (detach := getattr(encoded, "detach", None)) is not None:  # a torch tensor, on any device
        encoded = detach().cpu().float().numpy()
    with np.errstate(over="ignore"):  # becomes infinite, which is told below
        rows = np.asarray(encoded, dtype=np.float32)
    wrong = rows.ndim != 2 or len(rows) != len(words) or not rows.shape[1]
    if wrong or dim not in (0, rows.shape[1]):
        raise ValueError(
            f"the encoder gave an array of shape {rows.shape} for {len(words)} words from "
            f"{words[0]!r} (row {start}) on; expected ({len(words)}, {dim or 'd'})"
        )
    if not all_finite(rows):
        row = int(np.argmin(np.isfinite(rows).all(axis=1)))
        raise ValueError(
            f"the encoder gave {words[row]!r} (row {start + row}) a number that is not finite"
        )
    return rows
