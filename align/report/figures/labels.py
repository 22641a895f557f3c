"""Which labels of a crowded picture can be read, and where they stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
NARROW, WIDE = 0.62, 1.1  # widths of a letter, in font sizes, about those of a wide font
BROAD = set("mwMW@%&")
LINE = 1.3  # height of a line, in font sizes
APART = 4.0  # from a label to its point


@dataclass(frozen=True)
class Box:
    """A rectangle of text, in points of print: its lower left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether two rectangles overlap."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def covers(self, points: Points) -> int:
        """Count the points that lie in it."""
        low, high = (self.x, self.y), (self.x + self.width, self.y + self.height)
        return int(np.count_nonzero(np.all((points > low) & (points < high), axis=1)))


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is in any common font; rather too wide than too narrow."""
    wide = sum(c in BROAD or unicodedata.east_asian_width(c) in "WF" for c in text)
    return size * (NARROW * (len(text) - wide) + WIDE * wide)


def placed(
    texts: Sequence[str], anchors: Points, frame: Box, *, size: float, avoid: Points
) -> list[tuple[int, Box]]:
    """Choose labels that overlap neither each other nor the frame, the first ones first.

    Parameters
    ----------
    texts : sequence of str
    anchors : (n, a, 2) array
        The points that each text may stand at.
    frame : Box
        What labels may not leave.
    size : float
        Of the font.
    avoid : (m, 2) array
        Points that labels should not cover.

    Returns
    -------
    list of (int, Box)
        Position in ``texts`` and place of each label that is to be written.
    """
    kept: list[tuple[int, Box]] = []
    for i, text in enumerate(texts):
        free = [
            box
            for anchor in anchors[i]
            for box in _around(anchor, text_width(text, size), LINE * size)
            if _inside(box, frame) and not any(box.meets(other) for _, other in kept)
        ]
        if free and (best := min(free, key=lambda box: box.covers(avoid))).covers(avoid) == 0:
            kept.append((i, best))
    return kept


def _around(anchor: Points, width: float, height: float) -> Iterable[Box]:
    """Yield places to the right, to the left, above and below a point."""
    x, y = (float(value) for value in anchor)
    yield Box(x + APART, y - height / 2, width, height)
    yield Box(x - APART - width, y - height / 2, width, height)
    yield Box(x - width / 2, y + APART, width, height)
    yield Box(x - width / 2, y - APART - height, width, height)


def _inside(box: Box, frame: Box) -> bool:
    return (
        frame.x <= box.x
        and frame.y <= box.y
        and box.x + box.width <= frame.x + frame.width
        and box.y + box.height <= frame.y + frame.height
    )
