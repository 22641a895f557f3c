"""Writers: text that streams, and the two binary containers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from embeddings.arrays import write_npz, write_safetensors
from embeddings.files import replacing
from embeddings.values import Array, Embeddings

HEADER_WIDTH = 32  # room for the counts, which are known only at the end
ROWS = 8192  # rows formatted at once

Write = Callable[[Sequence[str], Array], None]


def save(embeddings: Embeddings, path: str | Path) -> None:
    """Write word vectors; the suffix chooses the kind, and reading back gives the same numbers.

    Parameters
    ----------
    embeddings : Embeddings
    path : str or Path
        ``.vec`` or ``.txt`` (text with a header line), ``.npz`` or ``.safetensors``.

    Raises
    ------
    ValueError
        If the suffix is another, or a word cannot be written in that kind of file.
    """
    path = Path(path)
    if is_text(path):
        with text_writer(path, embeddings.dim) as write:
            for start in range(0, len(embeddings), ROWS):
                rows = slice(start, start + ROWS)
                write(embeddings.words[rows], embeddings.vectors[rows])
        return
    container = write_npz if path.suffix == ".npz" else write_safetensors
    with replacing(path) as beside:
        container(beside, embeddings.words, embeddings.vectors)


def is_text(path: Path) -> bool:
    """Whether the suffix asks for text; an error where it asks for nothing that can be written."""
    if path.suffix not in {".vec", ".txt", ".npz", ".safetensors"}:
        raise ValueError(
            f"cannot tell what to write to {path}: end its name in .vec, .txt, .npz or .safetensors"
        )
    return path.suffix in {".vec", ".txt"}


@contextmanager
def text_writer(path: Path, dim: int) -> Iterator[Write]:
    """Give a function that appends words and their vectors to a text file with a header line.

    Numbers have the fewest digits that read back as the same float32. The file appears under
    its name when the block ends without an error. The header is padded with spaces, because
    the number of rows is not known before.
    """
    import polars as pl  # not needed before the first text file

    columns = [str(column) for column in range(dim)]
    rows = 0
    with replacing(path) as beside, beside.open("wb") as file:

        def write(words: Sequence[str], vectors: Array) -> None:
            nonlocal rows
            _require_plain(words, rows)
            frame = pl.DataFrame(vectors, schema=columns, orient="row")
            frame.insert_column(0, pl.Series("word", list(words), dtype=pl.String))
            frame.write_csv(file, include_header=False, separator=" ", quote_style="never")
            rows += len(words)

        file.write(b" " * HEADER_WIDTH + b"\n")
        yield write
        file.seek(0)
        file.write(f"{rows} {dim}".encode())


def _require_plain(words: Sequence[str], first: int) -> None:
    broken = re.compile(r"[ \t\n\r\v\f]|^$")
    for row, word in enumerate(words, first):
        if broken.search(word):
            raise ValueError(
                f"the word {word!r} (row {row}) cannot be written as text, which separates words "
                "from numbers by spaces; write .npz or .safetensors instead"
            )
