"""Reports of one or several runs, as text of many kinds; not imported by `import align`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from align.report.comparison import comparison_dict, comparison_table
from align.report.grid import in_latex, in_markdown, latex, markdown
from align.report.machine import as_dict
from align.report.page import page
from align.report.sections import comparison_of, sections
from align.report.table import run_table
from align.run import Run
from align.steps import OnStep, silent

Runs = Mapping[str, Run]


def as_html(runs: Runs, *, on_step: OnStep = silent) -> str:
    """Return a page with figures that fetches nothing from outside.

    Parameters
    ----------
    runs : mapping
        From the name of each run to the run.
    on_step : callable
        Told of the searches.

    Raises
    ------
    ImportError
        If matplotlib or jinja2 is not installed.
    """
    return page(_title(runs), sections(runs, figures=True, on_step=on_step))


def as_markdown(runs: Runs, *, on_step: OnStep = silent) -> str:
    """Return what was done and all scores, in GitHub's Markdown; `as_html` has the parameters."""
    parts = [f"# {in_markdown(_title(runs))}"]
    for section in sections(runs, figures=False, on_step=on_step):
        parts += [f"## {in_markdown(section.title)}", in_markdown(section.headline)]
        parts += ["\n".join(f"- {label}: {in_markdown(text)}" for label, text in section.facts)]
        parts += map(markdown, section.grids)
        parts += [f"Signature: `{signature}`" for signature in section.signatures]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_latex(runs: Runs, *, on_step: OnStep = silent) -> str:
    """Return all tables in LaTeX, for a text that loads booktabs and adjustbox."""
    parts = ["% \\usepackage{booktabs,adjustbox}"]
    for section in sections(runs, figures=False, on_step=on_step):
        parts += [latex(grid, section.title) for grid in section.grids]
        parts += [_signed(section.title, each) for each in section.signatures]
    return "\n\n".join(parts) + "\n"


def as_json(runs: Runs, *, on_step: OnStep = silent) -> str:
    """Return the records of the runs, and their comparison or why there is none."""
    found, why = comparison_of(runs, on_step)
    comparison = comparison_dict(found) if found else None
    records = [{"name": name, **as_dict(run.record)} for name, run in runs.items()]
    told = {"runs": records, "comparison": comparison, "not_compared": why}
    return json.dumps(told, ensure_ascii=False) + "\n"


def as_text(runs: Runs, *, on_step: OnStep = silent) -> str:
    """Return the tables that commands print in a terminal."""
    found, why = comparison_of(runs, on_step)
    first = [comparison_table(found)] if found else []
    tables = [f"{name}\n{run_table(run.record)}" for name, run in runs.items()]
    last = [f"not compared: {why}"] if why else []
    return "\n\n".join([*first, *tables, *last]) + "\n"


def _title(runs: Runs) -> str:
    records = [run.record for run in runs.values()]
    pairs = dict.fromkeys(f"{each.source.name} to {each.target.name}" for each in records)
    return f"Alignment of {', '.join(pairs)}"


def _signed(title: str, signature: str) -> str:
    """Return a signature in LaTeX, with places where a line may break."""
    shown = in_latex(signature).replace(r"\textbar{}", r"\textbar\allowbreak{}")
    return rf"{{\footnotesize\raggedright\noindent {in_latex(title)}: \texttt{{{shown}}}\par}}"


DOCUMENTS: Mapping[str, Callable[..., str]] = {
    ".html": as_html,
    ".md": as_markdown,
    ".tex": as_latex,
    ".json": as_json,
}
