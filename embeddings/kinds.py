"""What a file holds, decided by its first bytes: one of the binary kinds, or text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from embeddings.arrays import read_npz, read_safetensors
from embeddings.compression import ZIP, holds_arrays
from embeddings.fasttext import MAGIC
from embeddings.pth import is_pth, read_pth
from embeddings.subwords import subword_blocks
from embeddings.values import Array, OnRead
from embeddings.word2vec import is_word2vec, word2vec_blocks

PROBED = 1 << 16  # bytes

Blocks = Iterator[tuple[list[str], Array]]
Reader = Callable[[Path, int, OnRead], Blocks]  # a file and the words wanted, 0 for all


def binary_reader(path: Path) -> Reader | None:
    """Return the reader of a binary file of words and vectors, or None for text."""
    with path.open("rb") as file:
        start = file.read(PROBED)
        size = path.stat().st_size
    if start.startswith(MAGIC):
        return subword_blocks
    if is_pth(path):
        return _at_once(read_pth)
    if start.startswith(ZIP) and holds_arrays(path):
        return _at_once(read_npz)
    header = int.from_bytes(start[:8], "little")  # enormous for eight bytes of text
    if start[8:9] == b"{" and header < size:
        return _at_once(read_safetensors)
    return word2vec_blocks if is_word2vec(start) else None


def _at_once(read: Callable[[Path, int], tuple[list[str], Array]]) -> Reader:
    def blocks(path: Path, max_vocab: int, _: OnRead) -> Blocks:
        yield read(path, max_vocab)

    return blocks
