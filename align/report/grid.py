"""Tables of words and numbers, in plain text, Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import fill

from align.evaluate import Interval

WIDTH = 100  # of plain text that is no table
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
    bold : frozenset of (int, int)
        Row and column of the cells that stand out.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kinds: str
    bold: frozenset[tuple[int, int]] = frozenset()


def plain(grid: Grid) -> str:
    """Return a table in columns, its caption above it."""
    rows = [list(grid.columns), *_cells(grid, _in_line, "**{}**")]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if kind == "r" else cell.ljust(width)
            for cell, width, kind in zip(row, widths, grid.kinds, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([fill(_in_line(grid.caption), WIDTH), "", *lines])


def markdown(grid: Grid) -> str:
    """Return a table in GitHub's Markdown, its caption above it."""
    rule = [{"l": "---", "r": "--:"}[kind] for kind in grid.kinds]
    rows = [list(map(in_markdown, grid.columns)), rule, *_cells(grid, in_markdown, "**{}**")]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([in_markdown(grid.caption), "", *lines])


def latex(grid: Grid, title: str) -> str:
    """Return a table in LaTeX, for the packages booktabs and adjustbox.

    Parameters
    ----------
    grid : Grid
    title : str
        What its caption starts with.
    """
    cells = [list(map(in_latex, grid.columns)), *_cells(grid, in_latex, r"\textbf{{{}}}")]
    head, *rows = (" & ".join(row) + r" \\" for row in cells)
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{in_latex(title)}. {in_latex(grid.caption)}}}",
            r"\begin{adjustbox}{max width=\textwidth, max totalheight=0.8\textheight}",
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


def in_short(value: float, interval: Interval) -> str:
    """Return a share and its interval in percent."""
    low, high = (100 * end for end in interval)
    return f"{100 * value:.1f} [{low:.1f}, {high:.1f}]"


def counted(n: int, what: str) -> str:
    """Return a number of things, as ``1 pair`` or ``1,200 pairs``."""
    return f"{n:,} {what}{'s' if n != 1 else ''}"


def in_markdown(text: str) -> str:
    """Write a text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_<>#|~$&]|(?<=\])\()", r"\\\1", _in_line(text))


def in_latex(text: str) -> str:
    """Write a text so that LaTeX shows it as it is."""
    return _in_line(text).translate(LATEX)


def _in_line(text: str) -> str:
    return " ".join(text.split())


def _cells(grid: Grid, escape: Callable[[str], str], bold: str) -> Iterator[list[str]]:
    """Yield the rows as a markup has them; ``bold`` has ``{}`` in place of a bold cell."""
    for i, row in enumerate(grid.rows):
        cells = enumerate(map(escape, row))
        yield [bold.format(cell) if (i, j) in grid.bold else cell for j, cell in cells]
