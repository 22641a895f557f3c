"""Words and their translations in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from align.maps import Array
from align.report.figures.drawing import BLUE, INK, RED, Figure, drawn, percent
from align.report.figures.labels import Box, Points, placed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 9.0, 7.4  # inches
MARGIN, HEAD = 0.3, 0.3  # inches for the titles of the axes, and above for what the marks are
FRAME = Box(0, 0, 72 * (WIDTH - 1.3 * MARGIN), 72 * (HEIGHT - MARGIN - HEAD))  # points of print
EDGE = 24  # points of print around the words
FONT = 8.0
Plane = tuple[Points, Points, tuple[float, float]]  # both sides, and shares of the variance


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of words in the joint space.

    Parameters
    ----------
    words : sequence of (str, str)
    x, y : (p, d) arrays
        Where the source words and their translations are.
    right : (p,) array of bool
        Whether the translation is what is found first.
    """

    words: Sequence[tuple[str, str]]
    x: Array
    y: Array
    right: npt.NDArray[np.bool_]


def flat(x: Array, y: Array) -> Plane:
    """Project both sides on the two directions in which all rows together vary most (PCA).

    Parameters
    ----------
    x, y : (p, d) arrays

    Returns
    -------
    (p, 2) array, (p, 2) array, (float, float)
        Both sides, and the share of the variance along either direction.
    """
    rows = np.concatenate([x, y]).astype(np.float64)
    rows = np.pad(rows, [(0, 0), (0, max(0, 2 - rows.shape[1]))])  # a line has a plane too
    centered = rows - rows.mean(axis=0)
    _, spread, axes = np.linalg.svd(centered, full_matrices=False)
    points = centered @ axes[:2].T
    first, second, *_ = spread**2 / max(float(spread @ spread), 1e-30)
    return points[: len(x)], points[len(x) :], (float(first), float(second))


def picture(name: str, pairs: Pairs, languages: tuple[str, str]) -> Figure:
    """Draw pairs of words as joined dots, wrong ones in another colour.

    Parameters
    ----------
    name : str
        Unique in the page.
    pairs : Pairs
        The first ones are labelled first, as far as there is room.
    languages : (str, str)
        Names of source and target.
    """
    plane = flat(pairs.x, pairs.y)
    first, second = plane[2]
    wrong = int(np.count_nonzero(~pairs.right))
    title = f"{len(pairs.words)} words of {languages[0]} and their translations in {languages[1]}"
    words = (
        "Each word, a dot, is joined to its right translation, a ring: in blue where that is found "
        f"first, as for {len(pairs.words) - wrong} words, in red where another is, as for {wrong}. "
        "The plane is that of the largest variance of the words shown, "
        f"{percent(first)} and {percent(second)} of it."
    )
    svg = drawn(name, lambda axes: _paint(axes, pairs, plane, languages), HEIGHT, WIDTH)
    return Figure(name, title, words, svg)


def _paint(axes: Axes, pairs: Pairs, plane: Plane, languages: tuple[str, str]) -> None:
    from matplotlib.collections import LineCollection

    *sides, shares = plane
    x, y = _fit(axes, *sides)
    colours = [BLUE if right else RED for right in pairs.right]
    lines = LineCollection(list(np.stack([x, y], axis=1)), colors=colours, linewidths=0.7)
    lines.set_gid("joined")
    axes.add_collection(lines)
    axes.scatter(x[:, 0], x[:, 1], s=9, c=colours, gid="sources", zorder=2)
    axes.scatter(
        y[:, 0], y[:, 1], s=12, facecolors="white", edgecolors=colours, gid="targets", zorder=2
    )
    _write(axes, pairs, x, y)
    _explain(axes, languages)
    axes.set_xlabel(f"first principal component ({percent(shares[0])} of the variance)")
    axes.set_ylabel(f"second principal component ({percent(shares[1])})")


def _fit(axes: Axes, x: Points, y: Points) -> tuple[Points, Points]:
    """Make points of print the unit of the axes, and bring both sides into them, undistorted."""
    ends = np.array([FRAME.width, FRAME.height])
    inside = ends / 72 / (WIDTH, HEIGHT)
    axes.set_position((MARGIN / WIDTH, MARGIN / HEIGHT, *inside))
    axes.set(xlim=(0, ends[0]), ylim=(0, ends[1]), xticks=[], yticks=[])
    both = np.concatenate([x, y])
    low, high = both.min(axis=0), both.max(axis=0)
    scale = ((ends - 2 * EDGE) / np.maximum(high - low, 1e-30)).min()
    middle = (low + high) / 2
    return (x - middle) * scale + ends / 2, (y - middle) * scale + ends / 2


def _explain(axes: Axes, languages: tuple[str, str]) -> None:
    """Say above the frame what the marks are."""
    texts = {
        "right word found first": BLUE,
        "another word found first": RED,
        f"a dot is {languages[0]}, a ring {languages[1]}": INK,
    }
    for i, (text, shown) in enumerate(texts.items()):
        axes.text(i * FRAME.width / len(texts), FRAME.height + EDGE / 4, text, color=shown)


def _write(axes: Axes, pairs: Pairs, x: Points, y: Points) -> None:
    """Label the pairs for which there is room."""
    texts = [f"{source} \N{EN DASH} {target}" for source, target in pairs.words]
    lines = [x + share * (y - x) for share in np.linspace(0, 1, 25)]
    free = placed(texts, np.stack([x, y], axis=1), FRAME, size=FONT, avoid=np.concatenate(lines))
    for i, box in free:
        axes.text(
            box.x + box.width / 2,
            box.y + box.height / 2,
            texts[i],
            ha="center",
            va="center_baseline",
            fontsize=FONT,
            color=INK,
        )
