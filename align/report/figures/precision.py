"""Precision of one run or of several, and by frequency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from align.evaluate import KS, Measure, Part, Score
from align.report.figures.dots import Group, dots
from align.report.figures.drawing import LEVEL, Figure, percent

PERCENT = f"percent, with {LEVEL} intervals"
BAND = "source rank"
LONGEST = 26  # letters of the name of a run


def precision_figure(name: str, scores: Sequence[Score]) -> Figure:
    """Draw P@1, P@5 and P@10 of every retrieval.

    Parameters
    ----------
    name : str
        Unique in the page.
    scores : sequence of Score
        Of one direction.
    """
    groups = [Group(f"P@{k}", [(each.retrieval, each.at(k)) for each in scores]) for k in KS]
    firsts = ", ".join(f"{percent(m.value)} by {by.upper()}" for by, m in groups[0].shares)
    return dots(name, f"The first translation is right for {firsts}", groups, f"P@k in {PERCENT}")


def bands_figure(name: str, scores: Sequence[Score]) -> Figure:
    """Draw P@1 of every retrieval by the frequency of the source words.

    Parameters
    ----------
    name : str
        Unique in the page.
    scores : sequence of Score
        Of one direction, with the same parts.
    """
    bands = zip(*([p for p in each.parts if p.by == BAND] for each in scores), strict=True)
    groups = [
        Group(
            f"{parts[0].name} ({_first(parts[0]).scored:,} words)",
            [(each.retrieval, _first(part)) for each, part in zip(scores, parts, strict=True)],
        )
        for parts in bands
    ]
    by, frequent = groups[0].shares[-1]
    _, rare = groups[-1].shares[-1]
    title = f"{percent(frequent.value)} of the most frequent words are right by {by.upper()}, and "
    title += f"{percent(rare.value)} of the rarest"
    return dots(name, title, groups, f"P@1 by frequency rank, {PERCENT}")


def runs_figure(name: str, scores: Mapping[str, Sequence[Score]]) -> Figure:
    """Draw P@1 of several runs.

    Parameters
    ----------
    name : str
        Unique in the page.
    scores : mapping
        From the name of a run to its scores, of one direction.
    """
    groups = [
        Group(_short(run), [(each.retrieval, each.at(1)) for each in mine])
        for run, mine in scores.items()
    ]
    best = max(groups, key=lambda group: group.shares[-1][1].value)
    by, most = best.shares[-1]
    title = f"{best.name} scores highest by {by.upper()}: {percent(most.value)}"
    return dots(name, title, groups, f"P@1 in {PERCENT}")


def _first(part: Part) -> Measure:
    return next(measure for measure in part.measures if measure.name == "P@1")


def _short(run: str) -> str:
    """Return the end of a long name: paths differ there."""
    return run if len(run) <= LONGEST else f"\N{HORIZONTAL ELLIPSIS}{run[1 - LONGEST :]}"
