"""Keep the rows that are good, and count the others with their line numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from embeddings.values import Array, Defect, ReadReport, VectorFormatError

FIELDS = "wrong number of fields"
NUMBER = "not a finite number"
UTF8 = "word is not UTF-8"
SPACE = "space inside the word"
ZERO = "zero row"
ODD_SPACE = "unusual Unicode space inside the word"

SHOWN = 5  # line numbers kept for each kind
TOLERATED = 0.01  # the share of lines that may be left out


@dataclass
class Tally:
    """What one read has seen so far; `report` freezes it.

    Parameters
    ----------
    name : str
        The file, for messages.
    lower : bool
        Whether words are folded to lower case before duplicates are looked for.
    """

    name: str
    lower: bool = False
    lines: int = 0  # all of them
    rows: int = 0  # those that should hold a word
    duplicates: int = 0
    header: str = ""
    example: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    where: dict[str, list[int]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def defect(self, kind: str, line: int, text: str = "") -> None:
        """Count one bad line; the text of the first one goes into the error message."""
        self.counts[kind] += 1
        if len(numbers := self.where.setdefault(kind, [])) < SHOWN:
            numbers.append(line)
        self.example = self.example or (text and f"; line {line} begins {text[:40]!r}")

    def keep(
        self, words: Sequence[str], vectors: Array, lines: Sequence[int]
    ) -> tuple[list[str], Array]:
        """Return the rows whose word is new and whose vector is not zero.

        Parameters
        ----------
        words : sequence of str, length m
        vectors : (m, d) array
        lines : sequence of int, length m
            The line number of each row.
        """
        if self.lower:
            words = [word.lower() for word in words]
        suspects = np.flatnonzero(vectors[:, 0] == 0)
        zero = set(suspects[~vectors[suspects].any(axis=1)].tolist())
        rows: list[int] = []
        for row, word in enumerate(words):
            if row in zero:
                self.defect(ZERO, lines[row], word)
            elif word in self.seen:
                self.duplicates += 1
            else:
                if not word.isprintable() and len(word.split()) > 1:
                    self.defect(ODD_SPACE, lines[row])
                self.seen.add(word)
                rows.append(row)
        if len(rows) == len(words):
            return list(words), vectors
        return [words[row] for row in rows], vectors[rows]

    def report(self) -> ReadReport:
        """Freeze the tally; an error where more than 1 % of the lines had to be left out."""
        defects = tuple(
            Defect(kind, count, tuple(self.where[kind]), left_out=kind != ODD_SPACE)
            for kind, count in self.counts.items()
        )
        lost = sum(defect.count for defect in defects if defect.left_out)
        if lost > TOLERATED * self.rows:
            kinds = "; ".join(str(defect) for defect in defects if defect.left_out)
            raise VectorFormatError(
                f"{self.name}: {lost:,} of {self.rows:,} lines cannot be read, more than 1 %: "
                f"{kinds}{self.example}. Expected lines of a word and its numbers; "
                "mend or remove these lines"
            )
        return ReadReport(self.lines, self.duplicates, defects, self.header)
