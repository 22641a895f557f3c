"""Writers: text, word2vec's binary and the Projector's tables stream; two containers are whole."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from embeddings.arrays import write_npz, write_safetensors
from embeddings.files import replacing
from embeddings.values import Array, Embeddings

HEADER_WIDTH = 32  # room for the counts, which are known only at the end
ROWS_WIDTH = 12  # the same in a binary file, in zeros
ROWS = 8192  # rows given to a writer at once
PART = 1024  # and formatted by one thread

Write = Callable[[Sequence[str], Array], None]
Writer = Callable[[Path, int], AbstractContextManager[Write]]


def save(embeddings: Embeddings, path: str | Path) -> None:
    """Write word vectors; the suffix chooses the kind, and reading back gives the same numbers.

    Parameters
    ----------
    embeddings : Embeddings
    path : str or Path
        ``.vec`` or ``.txt`` (text with a header line), ``.bin`` (word2vec binary), ``.npz`` or
        ``.safetensors``; ``x.tsv`` for TensorBoard's Embedding Projector, which wants the words
        apart, in ``x.metadata.tsv``.

    Raises
    ------
    ValueError
        If the suffix is another, or a word cannot be written in that kind of file.
    """
    path = Path(path)
    if stream := streaming(path):
        with stream(path, embeddings.dim) as write:
            for start in range(0, len(embeddings), ROWS):
                rows = slice(start, start + ROWS)
                write(embeddings.words[rows], embeddings.vectors[rows])
        return
    with replacing(path) as beside:
        WHOLE[path.suffix](beside, embeddings.words, embeddings.vectors)


def streaming(path: Path) -> Writer | None:
    """Return what writes a file of this suffix block by block; None where it is written whole.

    Raises
    ------
    ValueError
        If the suffix asks for nothing that can be written.
    """
    if path.suffix not in STREAMED | WHOLE:
        *names, last = STREAMED | WHOLE
        raise ValueError(
            f"cannot tell what to write to {path}: end its name in {', '.join(names)} or {last}"
        )
    return STREAMED.get(path.suffix)


def written(path: Path) -> tuple[Path, ...]:
    """Return the files that `save` makes."""
    return (path, _metadata(path)) if path.suffix == ".tsv" else (path,)


def require_writable(path: Path, words: Sequence[str], first: int = 0) -> None:
    """Raise an error where a word, or anything at all, cannot be written in such a file.

    Parameters
    ----------
    path : Path
    words : sequence of str
    first : int
        The row of the first of them, for the message.
    """
    if streaming(path) is None:
        return
    broken = re.compile(r"[\t\n\r]|^$" if path.suffix == ".tsv" else r"[ \t\n\r\v\f]|^$")
    for row, word in enumerate(words, first):
        if broken.search(word):
            raise ValueError(
                f"the word {word!r} (row {row}) cannot be written as text, which separates words "
                "by spaces, tabs or line breaks; write .npz or .safetensors instead"
            )


@contextmanager
def text_writer(path: Path, dim: int) -> Iterator[Write]:
    """Give a function that appends words and their vectors to a text file with a header line.

    Numbers have the fewest digits that read back as the same float32. The file appears under
    its name when the block ends without an error. The header is padded with spaces, because
    the number of rows is not known before.
    """
    rows = 0
    with replacing(path) as beside, beside.open("wb") as file:

        def write(words: Sequence[str], vectors: Array) -> None:
            nonlocal rows
            require_writable(path, words, rows)
            _write_numbers(file, vectors, " ", words)
            rows += len(words)

        file.write(b" " * HEADER_WIDTH + b"\n")
        yield write
        file.seek(0)
        file.write(f"{rows} {dim}".encode())


@contextmanager
def binary_writer(path: Path, dim: int) -> Iterator[Write]:
    """Give a function that appends to a file of word2vec's binary kind; see `text_writer`.

    The count of rows has leading zeros: word2vec's own tools would take a space that follows the
    header for a word.
    """
    rows = 0
    with replacing(path) as beside, beside.open("wb") as file:

        def write(words: Sequence[str], vectors: Array) -> None:
            nonlocal rows
            require_writable(path, words, rows)
            numbers = np.ascontiguousarray(vectors, dtype="<f4")
            file.writelines(
                part
                for word, row in zip(words, numbers, strict=True)
                for part in (word.encode() + b" ", row.data)
            )
            rows += len(words)

        file.write(f"{0:0{ROWS_WIDTH}} {dim}\n".encode())
        yield write
        file.seek(0)
        file.write(f"{rows:0{ROWS_WIDTH}}".encode())


@contextmanager
def projector_writer(path: Path, dim: int) -> Iterator[Write]:
    """Give a function that appends to two tables without header lines; see `text_writer`.

    ``x.tsv`` holds the numbers and ``x.metadata.tsv`` the words, as TensorBoard's Embedding
    Projector loads them.
    """
    rows = 0
    with (
        replacing(path) as beside,
        replacing(_metadata(path)) as words_beside,
        beside.open("wb") as numbers,
        words_beside.open("wb") as names,
    ):

        def write(words: Sequence[str], vectors: Array) -> None:
            nonlocal rows
            require_writable(path, words, rows)
            _write_numbers(numbers, vectors, "\t")
            names.writelines(f"{word}\n".encode() for word in words)
            rows += len(words)

        yield write


STREAMED: dict[str, Writer] = {
    ".vec": text_writer,
    ".txt": text_writer,
    ".bin": binary_writer,
    ".tsv": projector_writer,
}
WHOLE = {".npz": write_npz, ".safetensors": write_safetensors}


def _write_numbers(
    file: BinaryIO, vectors: Array, separator: str, words: Sequence[str] | None = None
) -> None:
    """Append a line for every row, after its word if there are words; formatted in threads."""
    import polars as pl  # not needed before the first text file

    columns = [str(column) for column in range(vectors.shape[1])]

    def lines(start: int) -> bytes:
        part = slice(start, start + PART)
        frame = pl.DataFrame(vectors[part], schema=columns, orient="row")
        if words is not None:
            frame.insert_column(0, pl.Series("word", list(words[part]), dtype=pl.String))
        text = BytesIO()
        frame.write_csv(text, include_header=False, separator=separator, quote_style="never")
        return text.getvalue()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        file.writelines(pool.map(lines, range(0, len(vectors), PART)))


def _metadata(path: Path) -> Path:
    return path.with_name(f"{path.stem}.metadata.tsv")
