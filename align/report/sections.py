"""What a report says: a section for every run, and one that compares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from align.comparison import Comparison, compare
from align.evaluate import RULES, hubness
from align.record import Record
from align.report.figures import (
    Figure,
    bands_figure,
    hubness_figure,
    losses_figure,
    picture,
    precision_figure,
    runs_figure,
)
from align.report.grid import Grid
from align.report.mistakes import mistakes, shown_pairs
from align.report.scores import (
    differences_grid,
    parts_grid,
    runs_grid,
    scores_grid,
    trials_grid,
)
from align.report.signature import signature
from align.report.words import best_of, facts, headline
from align.run import Run
from align.steps import OnStep, silent


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Parameters
    ----------
    name : str
        Unique in the report, of letters, digits and hyphens.
    title, headline : str
        What it is of, and its main result in a sentence.
    facts : tuple of (str, str)
        What was done, each with its label.
    grids : tuple of Grid
        Scores.
    signatures : tuple of str
        How the scores were made.
    figures : tuple of Figure
    pictures : tuple of Figure
        Those that want the full width.
    mistakes : Grid, optional
        The words that were translated wrongly.
    """

    name: str
    title: str
    headline: str
    facts: tuple[tuple[str, str], ...] = ()
    grids: tuple[Grid, ...] = ()
    signatures: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    pictures: tuple[Figure, ...] = ()
    mistakes: Grid | None = None


def sections(
    runs: Mapping[str, Run], *, figures: bool, on_step: OnStep = silent
) -> tuple[Section, ...]:
    """Return a section for each run, after one of all where there are several.

    Parameters
    ----------
    runs : mapping
        From the name of each run to the run.
    figures : bool
        Whether to draw figures, and to list the words that are translated wrongly.
    on_step : callable
        Told of the searches.
    """
    first = [compared(runs, figures=figures, on_step=on_step)] if len(runs) > 1 else []
    told = [
        scored(f"run-{i}", name, run.record) for i, (name, run) in enumerate(runs.items(), start=1)
    ]
    if figures:
        pairs = zip(told, runs.values(), strict=True)
        told = [drawn(section, run, on_step=on_step) for section, run in pairs]
    return (*first, *told)


def scored(name: str, title: str, record: Record) -> Section:
    """Say how a run was made and what it scored, from its record alone.

    Parameters
    ----------
    name : str
        Unique in the report.
    title : str
    record : Record
    """
    evaluation = record.evaluation
    trials = (trials_grid(record),) if record.trials else ()
    scores = (scores_grid(record, evaluation), parts_grid(evaluation)) if evaluation else ()
    return Section(
        name,
        title,
        headline(record),
        facts(record),
        (*trials, *scores),
        (signature(record, evaluation.scores if evaluation else (), oov=RULES),),
    )


def drawn(section: Section, run: Run, *, on_step: OnStep = silent) -> Section:
    """Add the figures of a run and the words that it translates wrongly."""
    name, record, evaluation = section.name, run.record, run.record.evaluation
    hubs = [hubness(run.space, run.space.k, each, on_step=on_step) for each in ("nn", "csls")]
    figures = [hubness_figure(f"{name}-hubs", hubs)]
    if len(record.losses) > 1:
        figures.append(losses_figure(f"{name}-losses", record.losses))
    if evaluation is None:
        return replace(section, figures=tuple(figures))
    ranks = run.ranks(run.tested, on_step=on_step)
    languages = record.source.name, record.target.name
    return replace(
        section,
        figures=(
            precision_figure(f"{name}-precision", evaluation.forward),
            bands_figure(f"{name}-bands", evaluation.forward),
            *figures,
        ),
        pictures=(picture(f"{name}-picture", shown_pairs(run, ranks), languages),),
        mistakes=mistakes(run, ranks),
    )


def compared(runs: Mapping[str, Run], *, figures: bool, on_step: OnStep) -> Section:
    """Set runs side by side, with tests of their differences where they were asked the same."""
    side_by_side = runs_grid({name: run.record for name, run in runs.items()})
    found, why = comparison_of(runs, on_step)
    if found is None:
        said = f"Their differences are not tested: {why}."
        return Section("runs", "The runs side by side", said, grids=(side_by_side,))
    scores = {one.name: (one.score,) for one in found.runs}
    return Section(
        "runs",
        "The runs compared",
        best_of(found),
        grids=(differences_grid(found), side_by_side),
        figures=(runs_figure("runs-precision", scores),) if figures else (),
    )


def comparison_of(runs: Mapping[str, Run], on_step: OnStep) -> tuple[Comparison | None, str]:
    """Return the comparison of several runs, or none and why they cannot be compared."""
    if len(runs) < 2:
        return None, ""
    try:
        return compare(list(runs.values()), names=list(runs), on_step=on_step), ""
    except ValueError as error:  # of other languages, or scored on other dictionaries
        return None, str(error)
