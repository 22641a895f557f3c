"""How often each target word is a nearest neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from align.evaluate import Hubness
from align.report.figures.drawing import Figure, colour, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 3.1


def hubness_figure(name: str, found: Sequence[Hubness]) -> Figure:
    """Draw how many target words are among the k nearest of how many source words.

    Parameters
    ----------
    name : str
        Unique in the page.
    found : sequence of Hubness
        By several retrievals, with the same k.
    """
    most = ", ".join(f"{each.hubs[0][1]:,} by {each.retrieval.upper()}" for each in found)
    title = f"The largest hub is near to this many source words: {most}"
    words = " ".join(map(_said, found))
    return Figure(name, title, words, drawn(name, lambda axes: _paint(axes, found), HEIGHT))


def _said(found: Hubness) -> str:
    return (
        f"By {found.retrieval.upper()}, {found.anti_hubs:,} of {found.targets:,} target words are "
        f"near to no source word, and the largest hub to {found.hubs[0][1]:,}; the skewness of the "
        f"counts is {found.skewness:.1f}."
    )


def _paint(axes: Axes, found: Sequence[Hubness]) -> None:
    from matplotlib.ticker import NullLocator, StrMethodFormatter

    for each in found:
        held = np.array(each.histogram, dtype=float)
        held[held == 0] = np.nan  # a logarithm has no place for it
        axes.plot(
            held, "o-", color=colour(each.retrieval), markersize=4.5, gid=f"hubs-{each.retrieval}"
        )
    _name_ends(axes, found)
    last = max(len(each.histogram) for each in found)
    axes.set_yscale("log")
    axes.set_ylim(0.25)  # room for a label below 1
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlim(-0.3, last - 0.3)
    ticks = range(0, last, 1 + last // 10)
    axes.set_xticks(ticks, [f"{(1 << i) >> 1:,}" for i in ticks])  # where each bin starts
    axes.set_xlabel(f"sources that have it among their {found[0].k} nearest")
    axes.set_ylabel("target words")


def _name_ends(axes: Axes, found: Sequence[Hubness]) -> None:
    """Write the name of each line at its end: of the longest beside it, of others below."""
    longest = max(found, key=lambda each: len(each.histogram))
    for each in found:
        place: dict[str, Any] = {"xytext": (0, -5), "ha": "center", "va": "top"}
        if each is longest:
            place = {"xytext": (5, 0), "ha": "left", "va": "bottom"}
        end = (len(each.histogram) - 1, each.histogram[-1])
        axes.annotate(each.retrieval.upper(), end, textcoords="offset points", **place)
