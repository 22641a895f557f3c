"""Binary containers of words and vectors: NumPy's ``.npz`` and safetensors; never pickles."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embeddings.values import Array, VectorFormatError

LAYOUT = (
    "expected `vectors`, one row per word, and `words`, one text with a word per line "
    "(or an array of strings)"
)


def read_npz(path: Path, max_vocab: int) -> tuple[list[str], Array]:
    """Read the first ``max_vocab`` (0: all) words and vectors, any float type, as float32."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            words, vectors = stored["words"], stored["vectors"]
    except KeyError as error:
        raise VectorFormatError(f"{path}: {error.args[0]}; {LAYOUT}") from error
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise VectorFormatError(f"{path}: not a readable .npz file ({error}); {LAYOUT}") from error
    listed = str(words).split("\n") if words.ndim == 0 else [str(word) for word in words]
    return _checked(path, listed, vectors, max_vocab)


def write_npz(path: Path, words: Sequence[str], vectors: Array) -> None:
    """Write words and vectors, uncompressed."""
    with path.open("wb") as file:
        np.savez(file, words=np.array(_joined(words)), vectors=vectors)


def read_safetensors(path: Path, max_vocab: int) -> tuple[list[str], Array]:
    """Read the first ``max_vocab`` (0: all) rows; the others are not brought into memory."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            words = stored.get_tensor("words").tobytes().decode().split("\n")
            rows = stored.get_slice("vectors")
            vectors = rows[: min(max_vocab or len(words), rows.get_shape()[0])]
    except (SafetensorError, UnicodeDecodeError) as error:
        raise VectorFormatError(
            f"{path}: not readable safetensors word vectors ({error}); expected tensors `vectors` "
            "(n, d) and `words` (the bytes of a text with a word per line)"
        ) from error
    return _checked(path, words, vectors, max_vocab, cut=True)


def write_safetensors(path: Path, words: Sequence[str], vectors: Array) -> None:
    """Write words, as the bytes of one text, and vectors."""
    from safetensors.numpy import save_file

    text = np.frombuffer(_joined(words).encode(), dtype=np.uint8)
    save_file({"words": text, "vectors": np.ascontiguousarray(vectors)}, path)


def _joined(words: Sequence[str]) -> str:
    broken = next((word for word in words if "\n" in word), None)
    if broken is not None:
        raise ValueError(f"the word {broken!r} holds a line break and cannot be written")
    return "\n".join(words)


def _checked(
    path: Path, words: list[str], vectors: np.ndarray, max_vocab: int, *, cut: bool = False
) -> tuple[list[str], Array]:
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise VectorFormatError(
            f"{path}: `vectors` has shape {vectors.shape} and type {vectors.dtype}; {LAYOUT}"
        )
    expected = min(max_vocab or len(words), len(words)) if cut else len(words)
    if len(vectors) != expected:
        raise VectorFormatError(
            f"{path}: {len(words):,} words but {len(vectors):,} vectors; {LAYOUT}"
        )
    return words[: max_vocab or None], vectors[: max_vocab or None].astype(np.float32)
