"""Binary containers of words and vectors: NumPy's ``.npz`` and safetensors; never pickles."""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from embeddings.values import Array, VectorFormatError

DENSEST = 1040  # bytes that one byte of a .zip can stand for
TENSORS = (
    "expected tensors `vectors` (n, d) of floats and `words` (uint8, the bytes of a text with a "
    "word per line)"
)
LAYOUT = (
    "expected `vectors`, one row per word, and `words`, one text with a word per line "
    "(or an array of strings)"
)


def read_npz(path: Path, max_vocab: int) -> tuple[list[str], Array]:
    """Read the first ``max_vocab`` (0: all) words and vectors, any float type, as float32."""
    try:
        with zipfile.ZipFile(path) as archive:
            words, vectors = (_member(archive, name) for name in ("words.npy", "vectors.npy"))
    except KeyError as error:
        raise VectorFormatError(f"{path}: {error.args[0]}; {LAYOUT}") from error
    except OSError:
        raise
    except Exception as error:  # zipfile and NumPy raise many kinds for damaged bytes
        raise VectorFormatError(f"{path}: not a readable .npz file ({error}); {LAYOUT}") from error
    if words.ndim > 1 or words.dtype.kind not in "US":
        raise VectorFormatError(
            f"{path}: `words` has shape {words.shape} and type {words.dtype}; {LAYOUT}"
        )
    try:
        words = np.char.decode(words, "utf-8") if words.dtype.kind == "S" else words
    except UnicodeDecodeError as error:
        raise VectorFormatError(f"{path}: `words` are not UTF-8 ({error})") from error
    listed = str(words).split("\n") if words.ndim == 0 else words.tolist()
    return _checked(path, listed, vectors, max_vocab)


def _member(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Read an array, but not one larger than its archive can hold."""
    with archive.open(name) as file:
        first = np.lib.format.read_magic(file) == (1, 0)  # the others are of larger headers
        header = (
            np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = header(file)
        size = os.path.getsize(archive.filename or "")
        if math.prod(shape) * dtype.itemsize > DENSEST * size:
            raise ValueError(f"{name} promises shape {shape}, more than {size:,} bytes can hold")
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def write_npz(path: Path, words: Sequence[str], vectors: Array) -> None:
    """Write words and vectors, uncompressed."""
    with path.open("wb") as file:
        np.savez(file, words=np.array("\n".join(words)), vectors=vectors)


def read_safetensors(path: Path, max_vocab: int) -> tuple[list[str], Array]:
    """Read the first ``max_vocab`` (0: all) rows; numbers in single precision stay on the disk
    until they are used.
    """  # noqa: D205  # one sentence
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            text, rows = stored.get_slice("words"), stored.get_slice("vectors")
            found = [(part.get_dtype(), len(part.get_shape())) for part in (text, rows)]
            if found[0] != ("U8", 1) or found[1] not in [("F64", 2), ("F32", 2), ("F16", 2)]:
                raise VectorFormatError(f"{path}: found types and axes {found}; {TENSORS}")
            words = text[:].tobytes().decode().split("\n")
            size = min(max_vocab or len(words), rows.get_shape()[0])
            vectors = _mapped(path)[:size] if rows.get_dtype() == "F32" else rows[:size]
    except (SafetensorError, UnicodeDecodeError) as error:
        raise VectorFormatError(
            f"{path}: not readable safetensors word vectors ({error}); {TENSORS}"
        ) from error
    return _checked(path, words, vectors, max_vocab, cut=True)


def _mapped(path: Path) -> Array:
    """Return the tensor ``vectors``, of float32, as a read-only view of the file."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        described = json.loads(file.read(size))["vectors"]
    start, shape = 8 + size + described["data_offsets"][0], tuple(described["shape"])
    if 0 in shape:  # nothing can be mapped
        return np.empty(shape, dtype=np.float32)
    return np.asarray(np.memmap(path, dtype="<f4", mode="r", offset=start, shape=shape))


def read_metadata(path: Path) -> dict[str, str]:
    """Read the texts that a safetensors file holds beside its tensors; ValueError if damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            return dict(stored.metadata() or {})
    except SafetensorError as error:
        raise VectorFormatError(f"{path}: not a readable safetensors file ({error})") from error


def write_safetensors(
    path: Path,
    words: Sequence[str],
    vectors: Array,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write words, as the bytes of one text, and vectors."""
    text = np.frombuffer("\n".join(words).encode(), dtype=np.uint8)
    write_tensors(path, {"words": text, "vectors": vectors}, metadata)


def write_tensors(
    path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays to a safetensors file; OSError where that fails, as for any other file."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    whole = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    try:
        save_file(whole, path, metadata=dict(metadata or {}))
    except SafetensorError as error:
        raise OSError(f"cannot write {path} ({error})") from error


def _checked(
    path: Path, words: list[str], vectors: np.ndarray, max_vocab: int, *, cut: bool = False
) -> tuple[list[str], Array]:
    if vectors.ndim != 2 or not vectors.shape[1] or vectors.dtype.kind != "f":
        raise VectorFormatError(
            f"{path}: `vectors` has shape {vectors.shape} and type {vectors.dtype}; {LAYOUT}"
        )
    expected = min(max_vocab or len(words), len(words)) if cut else len(words)
    if len(vectors) != expected:
        raise VectorFormatError(
            f"{path}: {len(words):,} words but {len(vectors):,} vectors; {LAYOUT}"
        )
    with np.errstate(over="ignore"):  # becomes infinite, which the caller reports
        return words[: max_vocab or None], vectors[: max_vocab or None].astype(
            np.float32, copy=False
        )
