"""Reports as text of many kinds; not imported by `import align`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from align.report.grid import in_latex, in_markdown, latex, markdown
from align.report.page import page
from align.report.sections import Section


class Report(Protocol):
    """What can be written: runs, or a batch."""

    @property
    def title(self) -> str:
        """What it is of."""

    def sections(self, *, figures: bool) -> tuple[Section, ...]:
        """Return its parts."""

    def values(self) -> dict[str, Any]:
        """Return what JSON holds."""

    def text(self) -> str:
        """Return what a terminal shows."""


def as_html(report: Report) -> str:
    """Return a page with figures that fetches nothing from outside.

    Raises
    ------
    ImportError
        If matplotlib or jinja2 is not installed.
    """
    return page(report.title, report.sections(figures=True))


def as_markdown(report: Report) -> str:
    """Return what was done and all scores, in GitHub's Markdown."""
    parts = [f"# {in_markdown(report.title)}"]
    for section in report.sections(figures=False):
        parts += [f"## {in_markdown(section.title)}", in_markdown(section.headline)]
        parts += ["\n".join(f"- {label}: {in_markdown(text)}" for label, text in section.facts)]
        parts += map(markdown, section.grids)
        parts += [f"Signature: `{signature}`" for signature in section.signatures]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_latex(report: Report) -> str:
    """Return all tables in LaTeX, for a text that loads booktabs and adjustbox.

    What else is told stands in comments.
    """
    parts = ["% \\usepackage{booktabs,adjustbox}"]
    for section in report.sections(figures=False):
        told = (section.headline, *(f"{label}: {text}" for label, text in section.facts))
        parts += ["\n".join(f"% {' '.join(each.split())}" for each in told if each)]
        parts += [latex(grid, section.title) for grid in section.grids]
        parts += [_signed(section.title, each) for each in section.signatures]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(report: Report) -> str:
    """Return all scores as plain values."""
    return json.dumps(report.values(), ensure_ascii=False) + "\n"


def as_text(report: Report) -> str:
    """Return the tables that commands print in a terminal."""
    return report.text() + "\n"


def _signed(title: str, signature: str) -> str:
    """Return a signature in LaTeX, with places where a line may break."""
    shown = in_latex(signature).replace(r"\textbar{}", r"\textbar\allowbreak{}")
    return rf"{{\footnotesize\raggedright\noindent {in_latex(title)}: \texttt{{{shown}}}\par}}"


DOCUMENTS: Mapping[str, Callable[[Report], str]] = {
    ".html": as_html,
    ".md": as_markdown,
    ".tex": as_latex,
    ".json": as_json,
}
