"""What a report says: a section for every run, and one that compares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from align.comparison import Comparison, compare
from align.evaluate import RULES, Score, hubness
from align.record import Evaluation, LexiconRecord, Record, VectorsRecord
from align.report.figures import (
    LEVEL,
    Figure,
    bands_figure,
    hubness_figure,
    losses_figure,
    percent,
    picture,
    precision_figure,
    runs_figure,
)
from align.report.grid import Grid, signed
from align.report.mistakes import mistakes, shown_pairs
from align.report.scores import (
    differences_grid,
    parts_grid,
    runs_grid,
    scores_grid,
    trials_grid,
    way,
)
from align.report.signature import signature
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
    picture : Figure, optional
        One that wants the full width.
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
    picture: Figure | None = None
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
        picture=picture(f"{name}-picture", shown_pairs(run, ranks), languages),
        mistakes=mistakes(run, ranks),
    )


def headline(record: Record) -> str:
    """Return the main result in a sentence."""
    if record.evaluation is None:
        return "The run was not scored: there was no test dictionary."
    score = _main(record.evaluation)
    first = score.at(1)
    low, high = first.interval
    return (
        f"For {first.hits:,} of the {first.scored:,} words asked, the first translation from "
        f"{way(record, score)} is right: P@1 by {score.retrieval.upper()} is "
        f"{percent(first.value)}, and lies with {LEVEL} confidence between {percent(low)} and "
        f"{percent(high)}."
    )


def facts(record: Record) -> tuple[tuple[str, str], ...]:
    """Return what was aligned with what, from which seeds, and how."""
    told = {
        "aligned": f"{_vectors(record.source)} with {_vectors(record.target)}",
        "seeds": _lexicon(record.train),
        "test": _lexicon(record.evaluation.test) if record.evaluation else "",
        "seen in training": _shared(record.evaluation) if record.evaluation else "",
        "method": _method(record),
        "normalisation": record.normalize,
        "fitted": f"on {record.fitted_pairs:,} pairs",
        "stopped": record.stopped,
        "search": "" if record.recall == 1 else f"fast, recall {record.recall:.4f}",
        "made": f"{record.created}, with {_versions(record)}",
    }
    return tuple((label, text) for label, text in told.items() if text)


def _vectors(vectors: VectorsRecord) -> str:
    origin = f", {vectors.origin}" if vectors.origin else ""
    return f"{vectors.rows:,} words of {vectors.name} ({vectors.dim} dimensions{origin})"


def _lexicon(lexicon: LexiconRecord) -> str:
    return f"{lexicon.coverage}" + (f" of {lexicon.origin}" if lexicon.origin else "")


def _shared(evaluation: Evaluation) -> str:
    found = evaluation.shared_with_seeds
    if not found.sources:
        return "none of the words asked is a seed"
    return f"{found.sources:,} of the words asked are seeds too, so the scores may be too high"


def _method(record: Record) -> str:
    settings = ", ".join(
        f"{name} {value}" for name, value in record.solver.items() if _is_setting(name, value)
    )
    chosen = f", which chose {record.chosen}" if record.chosen else ""
    return f"{record.solver['name']}{chosen}" + (f" ({settings})" if settings else "")


def _is_setting(name: str, value: object) -> bool:
    return name != "name" and isinstance(value, (str, int, float))


def _versions(record: Record) -> str:
    return ", ".join(f"{name} {version}" for name, version in record.versions.items())


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
        _best(found),
        grids=(differences_grid(found), side_by_side),
        figures=(runs_figure("runs-precision", scores),) if figures else (),
    )


def _best(found: Comparison) -> str:
    """Say which run is right most often, and how sure that is."""
    best = max(found.runs, key=lambda one: one.score.at(1).value)
    said = (
        f"On the words that all can answer, {best.name} is right most often: P@1 is "
        f"{percent(best.score.at(1).value)}"
    )
    for apart in best.differences[:1]:  # the first run has none
        low, high = (signed(100 * end) for end in apart.interval)
        said += (
            f", {100 * apart.value:.1f} points more than {found.runs[0].name} ({LEVEL} interval "
            f"{low} to {high}, p {apart.p:.4f})"
        )
    return f"{said}."


def comparison_of(runs: Mapping[str, Run], on_step: OnStep) -> tuple[Comparison | None, str]:
    """Return the comparison of several runs, or none and why they cannot be compared."""
    if len(runs) < 2:
        return None, ""
    try:
        return compare(list(runs.values()), names=list(runs), on_step=on_step), ""
    except ValueError as error:  # of other languages, or scored on other dictionaries
        return None, str(error)


def _main(evaluation: Evaluation) -> Score:
    """Return the score by CSLS, or else the last one."""
    scores = evaluation.forward
    return next((score for score in scores if score.retrieval.startswith("csls")), scores[-1])
