"""The values that readers return: words with their vectors, and what was wrong with the file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
OnRead = Callable[[int, int], None]  # bytes read so far, or made of a binary file; bytes in all


class VectorFormatError(ValueError):
    """A file that cannot be read as word vectors; the message says where and what to do."""


@dataclass(frozen=True)
class Defect:
    """One kind of bad line: how many there were, and where the first of them stand.

    Parameters
    ----------
    kind : str
        What is wrong with the lines.
    count : int
        How many lines have it.
    line_numbers : tuple of int
        Those of the first few, counted from 1.
    left_out : bool
        Whether these lines gave no word.
    """

    kind: str
    count: int
    line_numbers: tuple[int, ...]
    left_out: bool = True

    def __str__(self) -> str:
        """Say it in a few words, as in ``2 lines left out: zero row (line 4, 9)``."""
        more = ", ..." if self.count > len(self.line_numbers) else ""
        where = ", ".join(map(str, self.line_numbers))
        verb = "left out" if self.left_out else "kept"
        noun = "line" if self.count == 1 else "lines"
        return f"{self.count:,} {noun} {verb}: {self.kind} (line {where}{more})"


@dataclass(frozen=True)
class ReadReport:
    """What a reader saw.

    Parameters
    ----------
    lines : int
        Lines (or rows) read, a header included.
    duplicates : int
        Rows left out because their word had come before.
    defects : tuple of Defect
        The other rows that are remarkable, by kind.
    header : str
        What the header line claims that is not so; empty where there is nothing to say.
    """

    lines: int = 0
    duplicates: int = 0
    defects: tuple[Defect, ...] = ()
    header: str = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """One sentence for everything a user should know; empty for a clean file."""
        found = [self.header] if self.header else []
        if self.duplicates:
            noun = "duplicate" if self.duplicates == 1 else "duplicates"
            found.append(f"{self.duplicates:,} {noun} left out (the first of each word is kept)")
        return (*found, *map(str, self.defects))

    def to_json(self) -> str:
        """Return the report as a text from which `from_json` makes it again."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ReadReport:
        """Read what `to_json` wrote; ValueError, KeyError or TypeError for anything else."""
        data = json.loads(text)
        defects = (
            Defect(**{**each, "line_numbers": tuple(each["line_numbers"])})
            for each in data["defects"]
        )
        return cls(**{**data, "defects": tuple(defects)})


@dataclass(frozen=True, eq=False, repr=False)
class Embeddings:
    """Words of one language and their vectors; row ``i`` belongs to word ``i``.

    Parameters
    ----------
    words : sequence of str
        Distinct words, by convention the most frequent first.
    vectors : (n, d) array
        Converted to float32 where it is not.
    name : str
        A language code or another short label.
    origin : str
        The file the vectors came from; empty for arrays made in memory.
    max_vocab, lower
        How the file was read (see `load`), so that it can be read again in the same way.
    report : ReadReport
        What the reader saw.

    Raises
    ------
    ValueError
        If the shapes do not fit, a word comes twice, a number is not finite or nothing is left.
    """

    words: Sequence[str]
    vectors: Array
    name: str = ""
    origin: str = ""
    max_vocab: int = 0
    lower: bool = False
    report: ReadReport = ReadReport()

    def __post_init__(self) -> None:
        vectors = np.ascontiguousarray(self.vectors, dtype=np.float32)
        label = self.name or self.origin or "embeddings"
        if vectors.ndim != 2 or len(self.words) != len(vectors):
            raise ValueError(
                f"{label}: expected one row for each of {len(self.words)} words, "
                f"got an array of shape {vectors.shape}"
            )
        if vectors.size == 0:
            raise ValueError(f"{label}: no vectors, got an array of shape {vectors.shape}")
        object.__setattr__(self, "words", tuple(self.words))
        object.__setattr__(self, "vectors", vectors)
        if len(self.index) != len(self.words):
            twice = next(word for i, word in enumerate(self.words) if self.index[word] != i)
            raise ValueError(f"{label}: the word {twice!r} comes more than once")
        require_words(self.words, label)
        require_finite(self.words, vectors, label)

    def __repr__(self) -> str:
        return f"<Embeddings {self.name}: {len(self):,} words x {self.dim}>"

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def __getitem__(self, word: str) -> Array:
        """Return the vector of one word, shape (d,); KeyError where it is not there."""
        row: Array = self.vectors[self.index[word]]
        return row

    @property
    def dim(self) -> int:
        """The number of dimensions, d."""
        return int(self.vectors.shape[1])

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change with any word or any number (BLAKE2b)."""
        digest = hashlib.blake2b("".join(f"{word}\n" for word in self.words).encode())
        digest.update(self.vectors.data)
        return digest.hexdigest()[:32]


def listed(words: Iterable[str]) -> list[str]:
    """Return words as a list; raise a ValueError where they are one text, not its letters."""
    if isinstance(words, str):
        raise ValueError(f"expected words, got the text {words!r}; give [{words!r}]")
    return list(words)


def require_words(words: Sequence[str], label: str) -> None:
    """Raise an error that names the first word that no file can hold."""
    joined = "\n".join(words)
    if "" in words or joined.count("\n") >= len(words) or "\t" in joined:
        broken = next(word for word in words if not word or re.search("[\t\n]", word))
        raise ValueError(f"{label}: {broken!r} is no word; leave out empty words, tabs and breaks")


def require_finite(words: Sequence[str], vectors: Array, label: str) -> None:
    """Raise an error that names the first word whose vector holds NaN or infinity."""
    if not all_finite(vectors):
        row = int(np.argmin(np.isfinite(vectors).all(axis=1)))
        raise VectorFormatError(
            f"{label}: the vector of {words[row]!r} (row {row}) holds a number that is not finite; "
            "leave such rows out"
        )


def all_finite(vectors: Array) -> bool:
    """Whether every number is finite: one fast pass, and a careful one where that overflows."""
    flat = vectors.ravel(order="K")
    with np.errstate(over="ignore", invalid="ignore"):
        quick = np.isfinite(flat @ flat)
    return bool(quick) or bool(np.isfinite(vectors).all())
