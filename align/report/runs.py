"""One or several runs as a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from align.report.comparison import comparison_dict, comparison_table
from align.report.machine import as_dict
from align.report.sections import Section, comparison_of, sections
from align.report.table import run_table
from align.run import Run
from align.steps import OnStep, silent


@dataclass(frozen=True, eq=False)
class RunsReport:
    """What `align.report.documents` writes of runs.

    Parameters
    ----------
    runs : mapping
        From the name of each run to the run.
    on_step : callable
        Told of the searches.
    """

    runs: Mapping[str, Run]
    on_step: OnStep = silent

    @property
    def title(self) -> str:
        """The languages."""
        records = [run.record for run in self.runs.values()]
        pairs = dict.fromkeys(f"{each.source.name} to {each.target.name}" for each in records)
        return f"Alignment of {', '.join(pairs)}"

    def sections(self, *, figures: bool) -> tuple[Section, ...]:
        """Return a section for each run, after one of all where there are several."""
        return sections(self.runs, figures=figures, on_step=self.on_step)

    def values(self) -> dict[str, Any]:
        """Return the records of the runs, and their comparison or why there is none."""
        found, why = comparison_of(self.runs, self.on_step)
        records = [{"name": name, **as_dict(run.record)} for name, run in self.runs.items()]
        comparison = comparison_dict(found) if found else None
        return {"runs": records, "comparison": comparison, "not_compared": why}

    def text(self) -> str:
        """Return the table of each run, after their comparison."""
        found, why = comparison_of(self.runs, self.on_step)
        first = [comparison_table(found)] if found else []
        tables = [f"{name}\n{run_table(run.record)}" for name, run in self.runs.items()]
        last = [f"not compared: {why}"] if why else []
        return "\n\n".join([*first, *tables, *last])
