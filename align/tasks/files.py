"""Readers of the files of tasks: word pairs with scores, analogies, sentences."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dictionaries.reading import raw_lines


class TaskFormatError(ValueError):
    """A file of a task that cannot be read; the message says where and what to do."""


@dataclass(frozen=True)
class TaskRecord:
    """Which list of questions was asked.

    Parameters
    ----------
    origin : str
        The file; empty for what was made in memory.
    fingerprint : str
        32 hexadecimal digits that change with any word or number (BLAKE2b).
    """

    origin: str
    fingerprint: str

    @classmethod
    def of(cls, origin: str, rows: Iterable[Iterable[object]]) -> TaskRecord:
        """Describe rows of words and numbers."""
        text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
        return cls(origin, hashlib.blake2b(text.encode(), digest_size=16).hexdigest())

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return re.sub(r"(\.txt)?(\.gz)?$", "", Path(self.origin).name) or "memory"


@dataclass(frozen=True, repr=False)
class WordPairs:
    """Pairs of words and how alike people found them, in the order of the file.

    Parameters
    ----------
    pairs : sequence of (str, str)
    gold : sequence of float
        The higher, the more alike; on any scale.
    origin : str
        The file; empty for pairs made in memory.
    """

    pairs: Sequence[tuple[str, str]]
    gold: Sequence[float]
    origin: str = ""

    def __post_init__(self) -> None:
        if len(self.pairs) != len(self.gold) or not len(self.pairs):
            raise ValueError(
                f"need a score for each pair, got {len(self.pairs)} and {len(self.gold)}"
            )

    @property
    def record(self) -> TaskRecord:
        """Which list this is."""
        rows = zip(self.pairs, self.gold, strict=True)
        return TaskRecord.of(self.origin, ((*pair, score) for pair, score in rows))


@dataclass(frozen=True, repr=False)
class Questions:
    """Analogies: a is to b as c is to d.

    Parameters
    ----------
    words : sequence of (str, str, str, str)
        Of each question, a, b, c and the right answer.
    categories : sequence of str
        Of each question.
    origin : str
    """

    words: Sequence[tuple[str, str, str, str]]
    categories: Sequence[str]
    origin: str = ""

    def __post_init__(self) -> None:
        if len(self.words) != len(self.categories) or not len(self.words):
            raise ValueError(
                f"need a category for each question, got {len(self.words)} and "
                f"{len(self.categories)}"
            )

    @property
    def record(self) -> TaskRecord:
        """Which list this is."""
        rows = zip(self.categories, self.words, strict=True)
        return TaskRecord.of(self.origin, ((category, *four) for category, four in rows))


@dataclass(frozen=True, repr=False)
class Sentences:
    """Sentences of one language, one per line.

    Parameters
    ----------
    lines : sequence of str
    origin : str
    """

    lines: Sequence[str]
    origin: str = ""

    @property
    def record(self) -> TaskRecord:
        """Which list this is."""
        return TaskRecord.of(self.origin, ([line] for line in self.lines))


def read_pairs(path: str | Path) -> WordPairs:
    """Read word pairs with scores: two words and a number on each line.

    Parameters
    ----------
    path : str or Path
        Separated by tabs (then words may hold spaces) or by spaces: the files of MUSE's
        collection (WordSim-353, MEN, SimLex-999, ...) and of SemEval-2017 Task 2 with the scores
        in a third column. UTF-8, plain or gzip; empty lines are passed over.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    TaskFormatError
        Names the line that is something else.
    """
    pairs, gold = [], []
    for number, text in _numbered(Path(path)):
        fields = [field.strip() for field in text.split("\t" if "\t" in text else " ")]
        fields = [field for field in fields if field]
        try:
            first, second, score = fields
            gold.append(_finite(score))
        except ValueError:
            raise TaskFormatError(
                f"{path}:{number}: expected two words and a score, got {text[:60]!r}; put tabs "
                "between them where a word holds spaces"
            ) from None
        pairs.append((first, second))
    _require(pairs, Path(path), "two words and a score")
    return WordPairs(tuple(pairs), tuple(gold), str(Path(path).resolve()))


def read_questions(path: str | Path) -> Questions:
    """Read analogies as Google's ``questions-words.txt`` has them [1]_.

    Parameters
    ----------
    path : str or Path
        Four words on each line, separated by white space; a line ``: NAME`` begins a category.
        UTF-8, plain or gzip; empty lines are passed over.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    TaskFormatError
        Names the line that is something else.

    References
    ----------
    .. [1] Mikolov et al., "Efficient estimation of word representations in vector space", 2013.
    """
    words, categories, category = [], [], ""
    for number, text in _numbered(Path(path)):
        if text.startswith(":"):
            category = text.removeprefix(":").strip()
            continue
        fields = text.split()
        if len(fields) != 4:
            raise TaskFormatError(
                f"{path}:{number}: expected four words, got {len(fields)}: {text[:60]!r}; a line "
                "that names a category begins with a colon"
            )
        a, b, c, d = fields
        words.append((a, b, c, d))
        categories.append(category)
    _require(words, Path(path), "four words")
    return Questions(tuple(words), tuple(categories), str(Path(path).resolve()))


def read_sentences(path: str | Path) -> Sentences:
    """Read sentences, one per line; an empty line is a sentence without words.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    TaskFormatError
        If the file is empty, or a line is not UTF-8.
    """
    lines = tuple(text for _, text in _numbered(Path(path), empty=True))
    _require(lines, Path(path), "a sentence")
    return Sentences(lines, str(Path(path).resolve()))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _numbered(path: Path, *, empty: bool = False) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers, in Unicode's composed form; empty ones only where asked."""
    for number, line in enumerate(raw_lines(path, "task"), 1):
        try:
            text = unicodedata.normalize("NFC", line.decode()).strip()
        except UnicodeDecodeError:
            raise TaskFormatError(
                f"{path}:{number}: not UTF-8: {line[:60]!r}; save the file as UTF-8"
            ) from None
        if text or empty:
            yield number, text


def _require(rows: Sequence[object], path: Path, each: str) -> None:
    if not rows:
        raise TaskFormatError(f"{path}: nothing to read; expected {each} on each line")
