"""The value of this package: a bilingual lexicon, a list of word pairs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property

Pair = tuple[str, str]


class LexiconFormatError(ValueError):
    """A file that cannot be read as a dictionary; the message says where and what to do."""


@dataclass(frozen=True)
class LexiconReport:
    """What a reader saw.

    Parameters
    ----------
    lines : int
        Lines read.
    duplicates : int
        Pairs left out because they had come before.
    malformed : tuple of str
        One message, with its line number, for every line of the wrong shape.
    """

    lines: int = 0
    duplicates: int = 0
    malformed: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """One sentence for everything a user should know; empty for a clean file."""
        found = []
        if self.duplicates:
            found.append(f"{self.duplicates:,} repeated pairs left out")
        if self.malformed:
            shown = "; ".join(self.malformed[:3])
            more = "; ..." if len(self.malformed) > 3 else ""
            noun = "line" if len(self.malformed) == 1 else "lines"
            found.append(f"{len(self.malformed):,} {noun} left out: {shown}{more}")
        return tuple(found)


@dataclass(frozen=True)
class Coverage:
    """How much of a lexicon two vocabularies hold.

    Parameters
    ----------
    words, words_covered : int
        Distinct source words; those with at least one pair whose words are both there.
    pairs, pairs_covered : int
        Pairs; those whose words are both there.
    """

    words: int
    words_covered: int
    pairs: int
    pairs_covered: int

    @property
    def share(self) -> float:
        """Covered source words out of all, in [0, 1]."""
        return self.words_covered / self.words if self.words else 0.0

    def __str__(self) -> str:
        return (
            f"{self.words_covered:,} of {self.words:,} source words, "
            f"{self.pairs_covered:,} of {self.pairs:,} pairs"
        )


@dataclass(frozen=True, repr=False)
class Lexicon:
    """Pairs of a source word and one of its translations, in the order of the file.

    Parameters
    ----------
    pairs : sequence of (str, str)
        A word with several translations has several pairs; repeated pairs count once.
    origin : str
        The file the pairs came from; empty for pairs made in memory.
    report : LexiconReport
        What the reader saw.
    """

    pairs: Sequence[Pair]
    origin: str = ""
    report: LexiconReport = LexiconReport()

    def __post_init__(self) -> None:
        given = tuple(self.pairs)  # once: it may be an iterator
        if words := [pair for pair in given if isinstance(pair, str)]:
            raise ValueError(f"expected pairs of two words, got the text {words[0]!r}")
        pairs = tuple(dict.fromkeys(tuple(pair) for pair in given))
        if wrong := [pair for pair in pairs if len(pair) != 2]:
            raise ValueError(f"expected pairs of two words, got {wrong[0]!r}")
        object.__setattr__(self, "pairs", pairs)

    def __repr__(self) -> str:
        return f"<Lexicon {self.origin}: {len(self.sources):,} words, {len(self):,} pairs>"

    def __len__(self) -> int:
        return len(self.pairs)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The distinct source words, in the order of the file."""
        return tuple(dict.fromkeys(source for source, _ in self.pairs))

    @property
    def targets(self) -> tuple[str, ...]:
        """The distinct target words, in the order of the file."""
        return self.reversed.sources

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change with any pair (BLAKE2b)."""
        text = "".join(f"{source}\t{target}\n" for source, target in self.pairs)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @property
    def reversed(self) -> Lexicon:
        """The same pairs from target to source."""
        return Lexicon(tuple((b, a) for a, b in self.pairs), self.origin)

    def only(self, sources: Container[str]) -> Lexicon:
        """Keep the pairs of these source words."""
        return Lexicon(tuple(pair for pair in self.pairs if pair[0] in sources), self.origin)

    def first(self, words: int) -> Lexicon:
        """Keep the pairs of the first so many distinct source words."""
        return self.only(set(self.sources[:words]))

    def split(self, share: float, *, seed: int = 0) -> tuple[Lexicon, Lexicon]:
        """Split by source word, so that no source word is in both parts.

        Parameters
        ----------
        share : float
            The part of the source words that goes to the first lexicon, in (0, 1).
        seed : int
            The same seed gives the same split.

        Returns
        -------
        Lexicon, Lexicon
            Both in the order of this lexicon.
        """
        if not 0 < share < 1:
            raise ValueError(f"share must be between 0 and 1, got {share}")
        chosen = set(random.Random(seed).sample(self.sources, round(share * len(self.sources))))
        return self.only(chosen), self.only(set(self.sources) - chosen)

    def within(self, source: Container[str], target: Container[str]) -> Lexicon:
        """Keep the pairs whose words are in both vocabularies."""
        kept = tuple(pair for pair in self.pairs if pair[0] in source and pair[1] in target)
        return Lexicon(kept, self.origin)

    def coverage(self, source: Container[str], target: Container[str]) -> Coverage:
        """Count what two vocabularies hold of this lexicon."""
        covered = self.within(source, target)
        return Coverage(len(self.sources), len(covered.sources), len(self), len(covered))
