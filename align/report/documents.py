"""Reports of one or several runs: a page with figures, or tables for a text."""

from __future__ import annotations

from collections.abc import Mapping

from align.record import Record
from align.report.grid import in_latex, in_markdown, latex, markdown
from align.report.page import page
from align.report.sections import Section, compared, drawn, scored
from align.run import Run
from align.steps import OnStep, silent


def sections(records: Mapping[str, Record]) -> list[Section]:
    """Return a section for each run, after one of all where there are several.

    Parameters
    ----------
    records : mapping
        From the name of each run to its record.
    """
    every = [
        scored(f"run-{i}", f"{name}: {_languages(record)}" if len(records) > 1 else name, record)
        for i, (name, record) in enumerate(records.items(), start=1)
    ]
    return [compared(records), *every] if len(records) > 1 else every


def html(runs: Mapping[str, Run], *, on_step: OnStep = silent) -> str:
    """Return a page of runs, by their names, that fetches nothing from outside.

    Raises
    ------
    ImportError
        If matplotlib or jinja2 is not installed.
    """
    told = sections({name: run.record for name, run in runs.items()})
    first = told[: len(told) - len(runs)]
    every = [
        drawn(section, run, on_step=on_step)
        for section, run in zip(told[len(first) :], runs.values(), strict=True)
    ]
    names = sorted({_languages(run.record) for run in runs.values()})
    title = f"Alignment of {', '.join(names)}"
    return page(title, [*first, *every])


def _languages(record: Record) -> str:
    return f"{record.source.name} to {record.target.name}"
