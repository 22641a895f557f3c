"""What the words themselves tell, without their vectors: script, case, what is spelled alike."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import dictionaries
from embeddings import Embeddings

RARE = 0.01  # a script of a smaller share of the words is not named


@dataclass(frozen=True)
class Vocabulary:
    """One language as it was read.

    Parameters
    ----------
    name, origin : str
    words, dim : int
    scripts : tuple of (str, float)
        Of the first letter of each word, with the share of the words, the most frequent first;
        those of a hundredth or more.
    cased : float
        The share of the words that hold a capital.
    numerals : int
        Words of digits alone.
    decomposed : int
        Words that are not in Unicode's composed form (NFC), in which dictionaries are read.
    zeros, copies : int
        Words whose vector is zero, and words whose vector another word had before.
    remarks : tuple of str
        What the reader of the file found.
    """

    name: str
    origin: str
    words: int
    dim: int
    scripts: tuple[tuple[str, float], ...]
    cased: float
    numerals: int
    decomposed: int
    zeros: int
    copies: int
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, embeddings: Embeddings, side: str = "") -> Vocabulary:
        """Describe word vectors; those without a name are called by their side."""
        words, filled = embeddings.words, embeddings.vectors.any(axis=1)
        rows = {hash(row.tobytes()) for row in embeddings.vectors[filled]}
        return cls(
            name=embeddings.name or side,
            origin=embeddings.origin,
            words=len(words),
            dim=embeddings.dim,
            scripts=scripts(words),
            cased=sum(word != word.lower() for word in words) / len(words),
            numerals=sum(map(str.isdecimal, words)),
            decomposed=sum(not unicodedata.is_normalized("NFC", word) for word in words),
            zeros=int(len(words) - filled.sum()),
            copies=int(filled.sum() - len(rows)),
            remarks=embeddings.report.remarks,
        )


@dataclass(frozen=True)
class Overlap:
    """The words that two vocabularies spell alike.

    Parameters
    ----------
    identical : int
        Words that are in both.
    numerals : int
        Those of them that are of digits alone.
    folded : int
        Words that would be in both if case were folded.
    """

    identical: int
    numerals: int
    folded: int

    @classmethod
    def of(cls, source: Embeddings, target: Embeddings) -> Overlap:
        """Compare two vocabularies."""
        lower = ({word.lower() for word in side.words} for side in (source, target))
        return cls(
            identical=len(dictionaries.identical(source.words, target.index)),
            numerals=len(dictionaries.numerals(source.words, target.index)),
            folded=len(set.intersection(*lower)),
        )


def scripts(words: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Return the scripts of words, by their first letters, with the share of the words."""
    firsts = (next(filter(str.isalpha, word), "") for word in words)
    counts = Counter(map(script, filter(None, firsts)))
    shares = ((name, count / len(words)) for name, count in counts.most_common())
    return tuple((name, share) for name, share in shares if share >= RARE)


@cache
def script(letter: str) -> str:
    """Return the script of a letter, the first word of its Unicode name, as ``Latin``."""
    name = unicodedata.name(letter, "unknown").split()[0].split("-")[0]
    return name if name == "CJK" else name.capitalize()


def in_common(a: Iterable[tuple[str, float]], b: Iterable[tuple[str, float]]) -> float:
    """Return the share of words in scripts that both sides use alike, in [0, 1]."""
    shares = dict(b)
    return sum(min(share, shares.get(name, 0.0)) for name, share in a)
