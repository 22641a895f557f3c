"""Shares with their intervals: precision@k, by frequency band, or of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from align.evaluate import Measure
from align.report.figures.drawing import INK, Figure, colour, drawn, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW, GAP = 0.28, 0.2  # inches for a dot with its interval, and between groups
FRAME = 0.8  # inches for the axis and its title
ROOM = 0.25  # of the axis, to the right of the last interval, for its label


@dataclass(frozen=True)
class Group:
    """Shares that stand together.

    Parameters
    ----------
    name : str
        Written beside them.
    shares : sequence of (str, Measure)
        Each with the retrieval it was found by, as ``csls10``.
    """

    name: str
    shares: Sequence[tuple[str, Measure]]


def dots(name: str, title: str, groups: Sequence[Group], axis: str) -> Figure:
    """Draw every share as a dot on its interval.

    Parameters
    ----------
    name : str
        Unique in the page.
    title : str
        What one sees.
    groups : sequence of Group
        From top to bottom.
    axis : str
        What the shares are, as ``P@1 by CSLS, percent of the words asked``.
    """
    rows = sum(len(group.shares) for group in groups)
    height = FRAME + ROW * rows + GAP * len(groups)
    svg = drawn(name, lambda axes: _paint(axes, groups, axis), height)
    return Figure(name, title, "; ".join(map(_said, groups)) + ".", svg)


def _said(group: Group) -> str:
    shares = ", ".join(f"{by.upper()} {_with_interval(share)}" for by, share in group.shares)
    return f"{group.name}: {shares}"


def _with_interval(share: Measure) -> str:
    low, high = (100 * end for end in share.interval)
    return f"{percent(share.value)} (interval {low:.1f} to {high:.1f})"


def _paint(axes: Axes, groups: Sequence[Group], axis: str) -> None:
    rows = _rows(groups)
    for by in dict.fromkeys(row.by for row in rows):
        _dots(axes, by, [row for row in rows if row.by == by])
    low, high = axes.get_xlim()
    axes.set_xlim(max(0, low), high + ROOM * (high - low))
    middles = [np.mean([row.y for row in rows if row.group is group]) for group in groups]
    axes.set_yticks(middles, [group.name for group in groups])
    axes.set_ylim(rows[-1].y + 0.6, -0.6)
    axes.set_xlabel(axis, loc="right")  # the names at its left may need most of the width
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


@dataclass(frozen=True)
class _Row:
    y: float
    group: Group
    by: str
    share: Measure


def _rows(groups: Sequence[Group]) -> list[_Row]:
    rows, y = [], 0.0
    for group in groups:
        for by, share in group.shares:
            rows.append(_Row(y, group, by, share))
            y += 1
        y += GAP / ROW
    return rows


def _dots(axes: Axes, by: str, rows: Sequence[_Row]) -> None:
    """Draw all shares of one retrieval."""
    ys, low, high = (
        [r.y for r in rows],
        *([100 * r.share.interval[i] for r in rows] for i in (0, 1)),
    )
    axes.hlines(ys, low, high, color=colour(by), linewidth=1.6, gid=f"intervals-{by}")
    values = [100 * row.share.value for row in rows]
    axes.plot(values, ys, "o", color=colour(by), markersize=6, gid=f"dots-{by}")
    for y, end, value in zip(ys, high, values, strict=True):
        axes.annotate(
            f"{by.upper()} {value:.1f}",
            (end, y),
            (5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=10,
        )
