"""Word vectors that another program holds in memory: mappings, and gensim's `KeyedVectors`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from embeddings.values import Array, Embeddings


class Keyed(Protocol):
    """What is needed of gensim's ``KeyedVectors``."""

    index_to_key: Sequence[str]
    vectors: Array


def from_mapping(vectors: Mapping[str, npt.ArrayLike], *, name: str = "") -> Embeddings:
    """Build word vectors from ``{word: vector}``, in the order of the mapping.

    ``dict(zip(value.words, value.vectors))`` is the way back.

    Parameters
    ----------
    vectors : mapping of str to (d,) array
    name : str
        A language code or another short label.

    Raises
    ------
    ValueError
        If the vectors differ in length, or are no words' vectors (see `Embeddings`).
    """
    if not vectors:
        raise ValueError("no vectors: the mapping is empty")
    rows = [np.asarray(row, dtype=np.float32) for row in vectors.values()]
    for word, row in zip(vectors, rows, strict=True):
        if row.ndim != 1 or row.shape != rows[0].shape:
            raise ValueError(
                f"the vector of {word!r} has shape {row.shape}, that of {next(iter(vectors))!r} "
                f"{rows[0].shape}; expected one axis of the same length"
            )
    _require_str(list(vectors))
    return Embeddings(list(vectors), np.array(rows, dtype=np.float32), name=name)


def from_keyed_vectors(keyed: Keyed, *, max_vocab: int = 0, name: str = "") -> Embeddings:
    """Build word vectors from gensim's ``KeyedVectors`` (``model.wv``), sharing their memory.

    Parameters
    ----------
    keyed : KeyedVectors
        Of gensim 4 or later.
    max_vocab : int
        Take the first so many words only; 0 for all.
    name : str
        A language code or another short label.

    Raises
    ------
    ValueError
        If a key is not a string, or the vectors make no sense (see `Embeddings`).
    """
    if max_vocab < 0:
        raise ValueError(f"max_vocab must be 0 (all words) or more, got {max_vocab}")
    words = list(keyed.index_to_key[: max_vocab or None])
    _require_str(words)
    return Embeddings(words, keyed.vectors[: max_vocab or None], name=name)


def to_keyed_vectors(embeddings: Embeddings) -> Any:  # noqa: ANN401  # gensim ships no types
    """Return a copy as gensim's ``KeyedVectors``.

    Raises
    ------
    ImportError
        If gensim is not installed.
    """
    try:
        from gensim.models import KeyedVectors
    except ImportError as error:
        raise ImportError("KeyedVectors need gensim: pip install gensim") from error
    keyed = KeyedVectors(embeddings.dim)
    keyed.add_vectors(list(embeddings.words), embeddings.vectors)
    return keyed


def _require_str(words: Sequence[object]) -> None:
    for word in words:
        if not isinstance(word, str):
            raise ValueError(f"expected words, got the key {word!r} of type {type(word).__name__}")
