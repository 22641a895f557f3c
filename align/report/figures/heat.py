"""Shares in rows and columns, the higher the darker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians, sin
from typing import TYPE_CHECKING, Any

import numpy as np

from align.report.figures.drawing import INK, Figure, drawn
from align.report.figures.labels import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 9.0  # inches
ROW, FRAME = 0.27, 0.5  # inches for a row, and for the heads
FONT, SLANT = 9.0, 35  # points of print; degrees of a head that is too wide
COLOURS = "Blues"  # lightness falls steadily: it can be read in grey
LEAST = 0.1  # shares that are closer than this look alike
DARK = 0.62  # of the range: on darker cells the numbers are white
NONE = "\N{EN DASH}"


@dataclass(frozen=True)
class Heat:
    """Shares in rows and columns.

    Parameters
    ----------
    rows, columns : sequence of str
        Their names.
    shares : sequence of sequence of float or None
        In [0, 1], a sequence for each row; None where there is nothing to show.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    shares: Sequence[Sequence[float | None]]


def heat_figure(name: str, title: str, heat: Heat) -> Figure:
    """Draw shares as coloured cells that hold their numbers, in percent.

    Parameters
    ----------
    name : str
        Unique in the page.
    title : str
        What one sees.
    heat : Heat
        With at least one share.
    """
    words = "In percent, the darker the higher. " + " ".join(
        _said(
            column, [(row, shares[i]) for row, shares in zip(heat.rows, heat.shares, strict=True)]
        )
        for i, column in enumerate(heat.columns)
    )
    height = FRAME + ROW * len(heat.rows) + _slanted(heat) * sin(radians(SLANT)) / 72
    return Figure(name, title, words, drawn(name, lambda axes: _paint(axes, heat), height, WIDTH))


def _slanted(heat: Heat) -> float:
    """Return how long the longest head is where one has no room above its column, or else 0."""
    longest = max(text_width(column, FONT) for column in heat.columns)
    room = 72 * WIDTH - max(text_width(row, FONT) for row in heat.rows)
    return longest if longest > room / len(heat.columns) else 0


def _said(column: str, shares: Sequence[tuple[str, float | None]]) -> str:
    found = [(share, row) for row, share in shares if share is not None]
    if not found:
        return f"{column}: nothing."
    (low, least), (high, most) = min(found), max(found)
    return f"{column}: {100 * low:.1f} ({least}) to {100 * high:.1f} ({most})."


def _paint(axes: Axes, heat: Heat) -> None:
    cells = np.array(
        [[np.nan if share is None else 100 * share for share in row] for row in heat.shares]
    )
    low = float(np.nanmin(cells))
    high = max(float(np.nanmax(cells)), low + 100 * LEAST)
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(cells), cmap=COLOURS, vmin=low, vmax=high, edgecolors="white"
    )
    mesh.set_gid("cells")
    for (i, j), share in np.ndenumerate(cells):
        shown = NONE if np.isnan(share) else f"{share:.1f}"
        dark = (share - low) / (high - low) > DARK
        axes.text(
            j + 0.5,
            i + 0.5,
            shown,
            ha="center",
            va="center",
            fontsize=FONT,
            color="white" if dark else INK,
        )
    _name_sides(axes, heat)


def _name_sides(axes: Axes, heat: Heat) -> None:
    """Write the names of the columns above, slanted where they are wide, and those of the rows."""
    axes.invert_yaxis()
    axes.xaxis.tick_top()
    slant: dict[str, Any] = {"rotation": SLANT, "ha": "left", "rotation_mode": "anchor"}
    look = slant if _slanted(heat) else {}
    axes.set_xticks(np.arange(len(heat.columns)) + 0.5, heat.columns, fontsize=FONT, **look)
    axes.set_yticks(np.arange(len(heat.rows)) + 0.5, heat.rows, fontsize=FONT)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
