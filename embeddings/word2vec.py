"""word2vec's binary format: a line of two counts, then words with the bytes of their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from embeddings.mapping import Mapped
from embeddings.values import Array, OnRead, VectorFormatError

HEADER = re.compile(rb"(\d{1,12}) (\d{1,7})[ \t]*\r?\n")
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # in no line of text
ROWS = 8192  # in a block


def is_word2vec(start: bytes) -> bool:
    """Whether a file that starts so holds words with the bytes of float32 numbers.

    After the counts and the first word, text goes on with digits, this format with any bytes.
    """
    header = HEADER.match(start)
    if header is None:
        return False
    _, _, after = start[header.end() :].partition(b" ")
    numbers = after[: 4 * int(header[2])]
    try:
        numbers.partition(b"\n")[0].decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":  # which is where we cut
            return True
    return CONTROL.search(numbers) is not None


def word2vec_blocks(
    path: Path, max_vocab: int, on_read: OnRead
) -> Iterator[tuple[list[str], Array]]:
    """Yield the first ``max_vocab`` (0: all) words and vectors, block by block.

    A word that is not UTF-8 holds surrogates in place of its odd bytes.

    Raises
    ------
    VectorFormatError
        If the file is damaged, or holds fewer rows than asked for and promised.
    """
    from embeddings.kernels import word2vec_rows  # numba is not needed before the first such file

    file = Mapped(path)
    header = HEADER.match(file.bytes[:64].tobytes())
    assert header is not None  # `is_word2vec` says so
    promised, dim = int(header[1]), int(header[2])
    size = min(max_vocab or promised, promised)
    if not dim or size * (4 * dim + 2) > len(file):
        raise VectorFormatError(
            f"{path}: cut short, or its header is wrong: {len(file):,} bytes cannot hold the "
            f"{promised:,} vectors of {dim:,} numbers that it promises; fetch the file again"
        )
    at = header.end()
    for done in range(0, size, ROWS):
        places = np.empty((min(ROWS, size - done), 2), dtype=np.int64)
        rows = np.empty((len(places), 4 * dim), dtype=np.uint8)
        end = word2vec_rows(file.bytes, at, places, rows)
        if end < 0:
            raise VectorFormatError(
                f"{path}: damaged or cut short at word {done - end:,} of {promised:,}; "
                "fetch the file again"
            )
        words = [file.bytes[a:b].tobytes().decode(errors="surrogateescape") for a, b in places]
        file.forget(at, end)
        at = end
        on_read(4 * dim * (done + len(words)), 4 * dim * size)
        yield words, rows.view("<f4")
