"""fastText's ``.bin`` models: where the words and the rows of the input matrix lie in the file.

Little-endian and packed: magic and version; twelve int32 and a double of settings; the dictionary,
which is its counts and then for each word its bytes, a zero, a count (8 bytes) and a type (1); a
flag (1) that says whether the matrix is quantised; the rows and columns (8 each) of the input
matrix and its float32 numbers: a row for every word, then one for every bucket of n-grams. What
follows, the output matrix, is not needed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.mapping import Mapped
from embeddings.values import Array, VectorFormatError

MAGIC = (793712314).to_bytes(4, "little")
VERSIONS = (11, 12)  # which differ for supervised models only
HEADER = struct.Struct("<4si12id3i2q")
MATRIX = struct.Struct("<?qq")
SUPERVISED = 3
LARGEST = 1 << 20  # dimensions; more is damage
LONGEST_NGRAM = 255


@dataclass(frozen=True)
class Header:
    """What the start of a model says.

    Parameters
    ----------
    dim : int
    size : int
        Words in the dictionary.
    buckets : int
        Rows of n-grams, below those of the words.
    shortest, longest : int
        Characters of the n-grams (fastText's minn and maxn); ``longest`` is 0 where there are none.
    """

    dim: int
    size: int
    buckets: int
    shortest: int
    longest: int


@dataclass(frozen=True, eq=False)
class Model:
    """A fastText model on the disk.

    Parameters
    ----------
    file : Mapped
    header : Header
    ends : array of int64
        Where the words end in the file, as many as were asked for.
    hashes : array of int64
        Of the words, as many as were asked for.
    rows : (size + buckets, d) array
        The input matrix; a view of the file.
    """

    file: Mapped
    header: Header
    ends: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.int64]
    rows: Array

    def words(self, first: int, last: int) -> list[bytes]:
        """Return the bytes of some of the words that were asked for, up to ``last``."""
        from embeddings.kernels import AFTER_WORD

        start = int(self.ends[first - 1]) + AFTER_WORD if first else HEADER.size
        ends = (self.ends[first:last] - start).tolist()
        content = self.file.bytes[start : start + ends[-1]].tobytes()
        starts = [0, *(end + AFTER_WORD for end in ends[:-1])]
        return [content[a:b] for a, b in zip(starts, ends, strict=True)]


def open_model(path: Path, max_words: int = 0, *, hashed: bool = False) -> Model:
    """Read the header, and walk over the dictionary.

    Parameters
    ----------
    path : Path
    max_words : int
        Remember where the first so many words lie; 0 for all.
    hashed : bool
        Whether to hash these words as well, so that they can be looked up.

    Raises
    ------
    VectorFormatError
        If this is no model of words that can be read: quantised, supervised, damaged.
    """
    from embeddings.kernels import entries  # numba is not needed before the first model

    file = Mapped(path)
    header = _header(file)
    kept = min(max_words or header.size, header.size)
    ends = np.empty(kept, dtype=np.int64)
    hashes = np.empty(kept if hashed else 0, dtype=np.int64)
    end = entries(file.bytes, HEADER.size, header.size, ends, hashes)
    file.forget()
    if end < 0:
        raise VectorFormatError(
            f"{path}: damaged or cut short at word {-end:,} of {header.size:,}; fetch it again"
        )
    rows = _matrix(file, end, header.size + header.buckets, header.dim)
    return Model(file, header, ends, hashes, rows)


def _header(file: Mapped) -> Header:
    path = file.path
    if len(file) < HEADER.size or file.bytes[:4].tobytes() != MAGIC:
        raise VectorFormatError(f"{path}: no fastText model, or one cut short in its header")
    values = HEADER.unpack(file.bytes[: HEADER.size].tobytes())
    _, version, dim, *_, kind, buckets, shortest, longest, _, _ = values[:15]
    entries, size, labels, _, pruned = values[15:]
    if version not in VERSIONS:
        raise VectorFormatError(
            f"{path}: a fastText model of version {version}; 11 and 12 can be read, "
            "so write the model again with a current fastText, or use its .vec file"
        )
    if kind == SUPERVISED or labels:
        raise VectorFormatError(
            f"{path}: a supervised fastText model, a classifier; give one of words, trained by "
            "`fasttext skipgram` or `fasttext cbow`"
        )
    if pruned >= 0:
        raise _quantised(path)
    possible = 0 < dim <= LARGEST and 0 < size == entries <= len(file) // 10 and buckets >= 0
    if not (possible and shortest >= 0 and 0 <= longest <= LONGEST_NGRAM):
        raise VectorFormatError(
            f"{path}: a fastText model with a damaged header ({size:,} words, {dim} dimensions, "
            f"{buckets:,} buckets, n-grams of {shortest} to {longest} characters); fetch it again"
        )
    return Header(dim, size, buckets, shortest, longest)


def _matrix(file: Mapped, start: int, rows: int, dim: int) -> Array:
    after = start + MATRIX.size
    if after > len(file):
        raise VectorFormatError(f"{file.path}: cut short after its words; fetch the file again")
    quantised, *shape = MATRIX.unpack(file.bytes[start:after].tobytes())
    if quantised:
        raise _quantised(file.path)
    if shape != [rows, dim] or after + 4 * rows * dim > len(file):
        raise VectorFormatError(
            f"{file.path}: damaged or cut short: expected {rows:,} rows of {dim} numbers, the file "
            f"promises {shape[0]:,} of {shape[1]:,} and has {len(file) - after:,} bytes; "
            "fetch it again"
        )
    return file.floats(after, rows, dim)


def _quantised(path: Path) -> VectorFormatError:
    return VectorFormatError(
        f"{path}: a quantised fastText model (.ftz), whose vectors are only approximate; "
        "give the .bin or .vec file it was made from"
    )
