"""Tables of words and numbers, in Markdown and LaTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass

MINUS = "\N{MINUS SIGN}"
LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        MINUS: "$-$",
    }
)


@dataclass(frozen=True)
class Grid:
    """A table.

    Parameters
    ----------
    caption : str
        What it shows, with the units of its numbers.
    columns : tuple of str
        Their heads.
    rows : tuple of tuple of str
    kinds : str
        A letter for each column, as in LaTeX: ``l`` where it holds text, ``r`` where numbers.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kinds: str


def markdown(grid: Grid) -> str:
    """Return a table in GitHub's Markdown, its caption above it."""
    rule = [{"l": "---", "r": "--:"}[kind] for kind in grid.kinds]
    rows = [list(map(in_markdown, row)) for row in (grid.columns, *grid.rows)]
    lines = [f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:])]
    return "\n".join([in_markdown(grid.caption), "", *lines])


def latex(grid: Grid, title: str) -> str:
    """Return a table in LaTeX, for the packages booktabs and adjustbox.

    Parameters
    ----------
    grid : Grid
    title : str
        What its caption starts with.
    """
    head, *rows = (" & ".join(map(in_latex, row)) + r" \\" for row in (grid.columns, *grid.rows))
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{in_latex(title)}. {in_latex(grid.caption)}}}",
            r"\begin{adjustbox}{max width=\textwidth}",
            rf"\begin{{tabular}}{{@{{}}{grid.kinds}@{{}}}}",
            r"\toprule",
            head,
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{adjustbox}",
            r"\end{table}",
        ]
    )


def signed(value: float) -> str:
    """Return a number with its sign and one decimal."""
    return f"{value:+.1f}".replace("-", MINUS)


def in_markdown(text: str) -> str:
    """Write a text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_<>#|~$&]|(?<=\])\()", r"\\\1", " ".join(text.split()))


def in_latex(text: str) -> str:
    """Write a text so that LaTeX shows it as it is."""
    return " ".join(text.split()).translate(LATEX)
