"""`load`: one entry for every kind of vector file, the kind decided by its first bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np

from embeddings.cache import Twin
from embeddings.kinds import binary_reader
from embeddings.tally import UTF8, Tally
from embeddings.text import text_blocks
from embeddings.values import (
    Array,
    Embeddings,
    OnRead,
    ReadReport,
    VectorFormatError,
    require_finite,
)

SAMPLE = "sample:"  # the origin of the vectors shipped in the package
SUFFIXES = r"\.(vec|txt|gz|xz|zst|zip|npz|safetensors|pth|bin|emb|embeddings)$"
SPARE = 8  # an array that grows has room for a part of 1/SPARE more


def load(
    path: str | Path,
    *,
    max_vocab: int = 200_000,
    lower: bool = False,
    name: str | None = None,
    on_read: OnRead | None = None,
    cache: bool = True,
) -> Embeddings:
    """Read word vectors.

    Parameters
    ----------
    path : str or Path
        fastText, word2vec or GloVe text (with or without a header line; plain, gzip, xz,
        Zstandard, or the one file of a .zip), fastText or word2vec ``.bin``, ``.npz`` or
        safetensors as `save` writes them, ``.pth`` as MUSE does. The content decides, not the
        suffix.
        ``sample:en`` and ``sample:fr`` are the vectors shipped in the package.
    max_vocab : int
        Read the first so many words only, by convention the most frequent; 0 for all.
    lower : bool
        Fold words to lower case; of words that become equal the first is kept.
    name : str, optional
        A label; by default the language code in the file's name, as ``en`` in ``wiki.en.vec``.
    on_read : callable, optional
        Called with the bytes read so far and in all; of a ``.bin`` file those of the vectors. The
        other binary kinds are read at once.
    cache : bool
        Keep what is read of a text file of over 4 MB in the user's cache folder, and map it from
        there the next time (see `embeddings.cache`). The values are the same either way.

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
    twin = Twin.of(stream.path, max_vocab, lower) if cache and not stream.binary else None
    known = twin.read() if twin else None
    words, vectors, report = known or (*_gather(stream), stream.report)
    found = Embeddings(
        words=words,
        vectors=vectors,
        name=name or stream.name,
        origin=stream.origin,
        max_vocab=max_vocab,
        lower=lower,
        report=report,
    )
    if twin and not known:
        twin.write(found)
    return found


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
        self.binary = binary_reader(self.path)  # None for text

    def __iter__(self) -> Iterator[tuple[list[str], Array]]:
        """Yield (m words, (m, d) array) blocks."""
        if self.binary is None:
            yield from text_blocks(
                self.path, self.tally, max_vocab=self.max_vocab, on_read=self.on_read
            )
        else:
            on_read = self.on_read or (lambda done, total: None)
            for words, vectors in self.binary(self.path, self.max_vocab, on_read):
                yield _filter(words, vectors, self.tally)
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


def _filter(words: list[str], vectors: Array, tally: Tally) -> tuple[list[str], Array]:
    """Leave out words that come again, are not UTF-8 (and so hold surrogates), or are zero."""
    first = tally.lines + 1
    tally.lines += len(words)
    tally.rows += len(words)
    require_finite(words, vectors, tally.name)
    numbers = range(first, first + len(words))
    if not _is_utf8("".join(words)):
        good = [row for row, word in enumerate(words) if _is_utf8(word)]
        for row in sorted({*range(len(words))} - {*good}):
            tally.defect(UTF8, numbers[row])
        return tally.keep([words[i] for i in good], vectors[good], [numbers[i] for i in good])
    return tally.keep(words, vectors, numbers)


def _is_utf8(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _gather(stream: Stream) -> tuple[list[str], Array]:
    """Collect the blocks in one array; a single block stays as it is, so it may be on the disk."""
    blocks = iter(stream)
    words, vectors = next(blocks)
    ours = False
    for new, rows in blocks:
        if not ours:
            vectors, ours = np.array(vectors, order="C"), True
        size = len(words) + len(new)
        if size > len(vectors):  # in most systems no byte is moved
            vectors.resize((size + size // SPARE, rows.shape[1]), refcheck=False)
        vectors[len(words) : size] = rows
        words += new
    if ours:
        vectors.resize((len(words), vectors.shape[1]), refcheck=False)
    return words, vectors
