"""`load`: one entry for every kind of vector file, the kind decided by its first bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np

from embeddings.arrays import read_npz, read_safetensors
from embeddings.pth import is_pth, read_pth
from embeddings.tally import Tally
from embeddings.text import OnRead, text_blocks
from embeddings.values import Array, Embeddings, ReadReport, VectorFormatError, require_finite

SAMPLE = "sample:"  # the origin of the vectors shipped in the package
FASTTEXT_BINARY = (793712314).to_bytes(4, "little")
SUFFIXES = r"\.(vec|txt|gz|npz|safetensors|pth|bin|emb|embeddings)$"


def load(
    path: str | Path,
    *,
    max_vocab: int = 200_000,
    lower: bool = False,
    name: str | None = None,
    on_read: OnRead | None = None,
) -> Embeddings:
    """Read word vectors.

    Parameters
    ----------
    path : str or Path
        fastText, word2vec or GloVe text (with or without a header line, plain or gzip),
        ``.npz`` or safetensors as `save` writes them, ``.pth`` as MUSE does. The content decides,
        not the suffix.
        ``sample:en`` and ``sample:fr`` are the vectors shipped in the package.
    max_vocab : int
        Read the first so many words only, by convention the most frequent; 0 for all.
    lower : bool
        Fold words to lower case; of words that become equal the first is kept.
    name : str, optional
        A label; by default the language code in the file's name, as ``en`` in ``wiki.en.vec``.
    on_read : callable, optional
        Called with the bytes read so far and in all.

    Returns
    -------
    Embeddings
        float32; ``report`` says what was left out and why.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    VectorFormatError
        If the file is not of a known kind, or more than 1 % of its lines cannot be read.
    """
    stream = Stream(path, max_vocab=max_vocab, lower=lower, on_read=on_read)
    words, vectors = _gather(stream)
    return Embeddings(
        words=words,
        vectors=vectors,
        name=name or stream.name,
        origin=stream.origin,
        max_vocab=max_vocab,
        lower=lower,
        report=stream.report,
    )


class Stream:
    """The words and vectors of a file, block by block; `load` describes the arguments.

    Iterate once; after the last block ``report`` says what was left out.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        When made, if there is no such file.
    VectorFormatError
        When iterated, if the file is not of a known kind, holds nothing usable, or more than 1 %
        of its lines cannot be read.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_vocab: int = 0,
        lower: bool = False,
        on_read: OnRead | None = None,
    ) -> None:
        if max_vocab < 0:
            raise ValueError(f"max_vocab must be 0 (all words) or more, got {max_vocab}")
        self.path, self.name, self.origin = _located(path)
        self.max_vocab = max_vocab
        self.on_read = on_read
        self.tally = Tally(str(path), lower)
        self.report = ReadReport()

    def __iter__(self) -> Iterator[tuple[list[str], Array]]:
        """Yield (m words, (m, d) array) blocks."""
        read = _container(self.path)
        if read is None:
            yield from text_blocks(
                self.path, self.tally, max_vocab=self.max_vocab, on_read=self.on_read
            )
        else:
            yield _filter(*read(self.path, self.max_vocab), self.tally)
        self.report = self.tally.report()
        if not self.tally.seen:
            raise VectorFormatError(
                f"{self.path}: no usable word vectors in {self.report.lines:,} lines"
            )


def sample_names() -> tuple[str, ...]:
    """Return the languages whose sample vectors are shipped in the package."""
    return tuple(sorted(path.stem for path in _sample_folder().glob("*.npz")))


def _located(path: str | Path) -> tuple[Path, str, str]:
    """Return the file to read, the language's name, and the origin to record."""
    text = str(path)
    if not text.startswith(SAMPLE):
        require_file(Path(path))
        return Path(path), label(Path(path)), str(Path(path).resolve())
    name = text.removeprefix(SAMPLE)
    if name not in sample_names():
        raise ValueError(f"no sample vectors for {name!r}; there are {', '.join(sample_names())}")
    return _sample_folder() / f"{name}.npz", name, text


def _sample_folder() -> Path:
    return Path(str(files("embeddings"))) / "sample"  # pip never installs into a zip file


def label(path: Path) -> str:
    """Return the language code in a file's name, else the name without its suffixes."""
    stem = path.name
    while (shorter := re.sub(SUFFIXES, "", stem)) not in ("", stem):
        stem = shorter
    codes = [part for part in stem.split(".") if re.fullmatch(r"[a-z]{2,3}", part)]
    return codes[-1] if codes else stem


def require_file(path: Path) -> None:
    """Raise the error that says what is wrong where ``path`` is not a file that can be read."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, expected a vector file")
    if not path.exists():
        raise FileNotFoundError(f"there is no vector file {path}")
    if not path.is_file():
        raise OSError(f"{path} is a pipe or a device; write its content to a file and give that")


def _container(path: Path) -> Callable[[Path, int], tuple[list[str], Array]] | None:
    """Return the reader of a binary container, or None for text."""
    with path.open("rb") as file:
        start = file.read(9)
        size = path.stat().st_size
    if start.startswith(FASTTEXT_BINARY):
        raise VectorFormatError(
            f"{path}: fastText .bin models cannot be read yet; use the .vec file of the same model"
        )
    if is_pth(path):
        return read_pth
    if start.startswith(b"PK\x03\x04"):
        return read_npz
    header = int.from_bytes(start[:8], "little")  # enormous for eight bytes of text
    return read_safetensors if start[8:] == b"{" and header < size else None


def _filter(words: list[str], vectors: Array, tally: Tally) -> tuple[list[str], Array]:
    tally.lines = tally.rows = tally.expected = len(words)
    require_finite(words, vectors, tally.name)
    return tally.keep(words, vectors, range(1, len(words) + 1))


def _gather(stream: Stream) -> tuple[list[str], Array]:
    """Collect the blocks in one array."""
    words: list[str] = []
    vectors = np.empty((0, 0), dtype=np.float32)
    for new, rows in stream:
        end = len(words) + len(new)
        if end > len(vectors):  # memory that is never written to costs nothing
            guess = max(stream.tally.expected, 2 * end)
            room = np.empty((min(guess, stream.max_vocab or guess), rows.shape[1]), np.float32)
            if words:
                room[: len(words)] = vectors[: len(words)]
            vectors = room
        vectors[len(words) : end] = rows
        words += new
    return words, vectors[: len(words)]
