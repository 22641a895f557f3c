"""`Subwords`: vectors of any word, from the rows of itself and of its character n-grams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.fasttext import Model, open_model
from embeddings.mapping import scratch
from embeddings.values import Array, OnRead, VectorFormatError, listed, require_finite

END_OF_SENTENCE = b"</s>"  # has no n-grams
BLOCK = 1 << 18  # words of a block: to make one, the whole matrix may have to be read
TOGETHER = 1 << 16  # words whose keys are held at once, at most: a key has 16 bits for the word
PASSES = 16  # over the matrix for one block: more hold fewer keys at once
WINDOW = 1 << 21  # bytes of the matrix that stay in memory


class Subwords:
    """A fastText ``.bin`` model that is asked for vectors: of its own words, and of any other.

    A vector is the mean of the word's own row, if it has one, and of the rows of its character
    n-grams, as fastText's ``get_word_vector`` has it [1]_. Make one with `Subwords.open`; the
    model stays on the disk, and only the rows that a question needs are read.

    References
    ----------
    .. [1] Bojanowski et al., "Enriching word vectors with subword information", TACL 5, 2017.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.path = model.file.path
        self.dim = model.header.dim

    @classmethod
    def open(cls, path: str | Path) -> Subwords:
        """Open a model.

        Raises
        ------
        OSError
            If there is no such file.
        VectorFormatError
            If it is no fastText model of words, is quantised or damaged.
        """
        if not Path(path).is_file():
            raise FileNotFoundError(f"there is no fastText model {path}")
        if not Path(path).stat().st_size:
            raise VectorFormatError(f"{path}: the file is empty, expected a fastText model")
        return cls(open_model(Path(path), hashed=True))

    def __repr__(self) -> str:
        return f"<Subwords {self.path.name}: {len(self):,} words x {self.dim}>"

    def __len__(self) -> int:
        """Return how many words are in the dictionary."""
        return self._model.header.size

    def __contains__(self, word: object) -> bool:
        """Whether a word is in the dictionary."""
        return isinstance(word, str) and self._row(word.encode("utf-8", "surrogateescape")) >= 0

    def vector(self, word: str) -> Array:
        """Return the vector of one word, shape (d,); ValueError where it has none."""
        row: Array = self.vectors([word])[0]
        return row

    def vectors(self, words: Iterable[str]) -> Array:
        """Return the vectors of words, (n, d).

        Raises
        ------
        ValueError
            If a word is neither in the dictionary nor has an n-gram, so that nothing is known
            of it; or the words are one text.
        """
        asked = listed(words)
        spelled = [word.encode("utf-8", "surrogateescape") for word in asked]
        rows = np.array([self._row(word) for word in spelled], dtype=np.int64)
        found, parts = means(self._model, spelled, rows)
        if not parts.all():
            raise ValueError(self._ignorance(asked[int(np.argmin(parts))]))
        require_finite(asked, found, str(self.path))
        return found

    def _ignorance(self, word: str) -> str:
        header = self._model.header
        said = f"{self.path} knows nothing of {word!r}: it is not among its {len(self):,} words, "
        if header.longest and header.buckets:
            return f"{said}and has no n-gram of {header.shortest} to {header.longest} characters"
        return f"{said}and the model was trained without character n-grams (-maxn 0)"

    def _row(self, word: bytes) -> int:
        """Return the row of a word, or -1."""
        from embeddings.kernels import hash_of

        code = hash_of(np.frombuffer(word, dtype=np.uint8))
        order, codes = self._by_hash
        first, last = np.searchsorted(codes, code), np.searchsorted(codes, code, "right")
        alike = order[first:last].tolist()
        return next((row for row in alike if self._model.words(row, row + 1) == [word]), -1)

    @cached_property
    def _by_hash(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
        order = np.argsort(self._model.hashes, kind="stable")
        return order, self._model.hashes[order]


def subword_blocks(
    path: Path, max_vocab: int, on_read: OnRead
) -> Iterator[tuple[list[str], Array]]:
    """Yield the first ``max_vocab`` (0: all) words and vectors of a fastText model.

    A word that is not UTF-8 holds surrogates in place of its odd bytes.
    """
    model = open_model(path, max_vocab)
    size, row = len(model.ends), 4 * model.header.dim  # bytes of a row
    for start in range(0, size, BLOCK):
        words = model.words(start, start + BLOCK)
        rows = np.arange(start, start + len(words))

        def tell(done: int, before: int = start) -> None:
            on_read(row * (before + done), row * size)

        vectors, _ = means(model, words, rows, tell)
        yield [word.decode(errors="surrogateescape") for word in words], vectors


def means(
    model: Model,
    words: Sequence[bytes],
    rows: npt.NDArray[np.int64],
    on_done: Callable[[int], None] = lambda done: None,
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Average the rows of each word and of its n-grams.

    Parameters
    ----------
    model : Model
    words : sequence of bytes, length n
    rows : (n,) array of int
        The row of each, or -1.
    on_done : callable
        Told how many words are done.

    Returns
    -------
    vectors : (n, d) array of float32
        Zero where there is nothing to average.
    parts : (n,) array of int
        How many rows were averaged.
    """
    vectors = np.zeros((len(words), model.rows.shape[1]), dtype=np.float32)
    parts = np.zeros(len(words), dtype=np.int64)
    size = max(1, min(TOGETHER, -(-len(words) // PASSES)))
    for start in range(0, len(words), size):
        some = slice(start, start + size)
        mean, count = vectors[some], parts[some]
        _sum(model, _keys(model, words[some], rows[some]), mean, count)
        np.divide(mean, np.maximum(count, 1)[:, None], out=mean, casting="same_kind")
        on_done(min(start + size, len(words)))
    model.file.forget()
    return vectors, parts


def _keys(
    model: Model, words: Sequence[bytes], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return row << 16 | word for every row that a word needs, in order of the row."""
    from embeddings.kernels import WORD_BITS, ngram_keys

    marked = [b"" if word == END_OF_SENTENCE else b"<%b>" % word for word in words]
    text = np.frombuffer(b"".join(marked), dtype=np.uint8)
    ends = np.cumsum([len(word) for word in marked], dtype=np.int64)
    own = (rows << WORD_BITS | np.arange(len(words)))[rows >= 0]
    header = model.header
    longest = header.longest if header.buckets else 0
    asked = text, ends, header.shortest, longest, header.buckets, header.size
    keys = scratch(ngram_keys(*asked, own[:0]) + len(own))
    keys[: len(own)] = own
    ngram_keys(*asked, keys[len(own) :])
    keys.sort()
    return keys


def _sum(
    model: Model, keys: npt.NDArray[np.int64], sums: Array, parts: npt.NDArray[np.int64]
) -> None:
    """Add and count the rows, in the order in which they lie in the file, and forget them."""
    from embeddings.kernels import WORD_BITS, add_rows

    width = model.rows.strides[0]
    first = model.rows.ctypes.data - model.file.bytes.ctypes.data
    start = 0
    while start < len(keys):
        row = int(keys[start]) >> WORD_BITS
        after = row + max(1, WINDOW // width)
        stop = int(np.searchsorted(keys, after << WORD_BITS))
        add_rows(model.rows, keys[start:stop], sums, parts)
        model.file.forget(first + row * width, first + min(after, len(model.rows)) * width)
        start = stop
