"""A batch as tables: pair x method, the other measures, how the runs went, what failed."""

from __future__ import annotations

from collections.abc import Sequence

from align.report.averages import DIGITS, Scored, Table
from align.report.comparison import CHANCE
from align.report.figures import LEVEL
from align.report.grid import MINUS, Grid, counted, in_short
from align.results import Results

NONE = "\N{EN DASH}"  # where no run ended well
OUTCOMES = ("worked", "doubtful", "failed")


def pairs_grid(table: Table) -> Grid:
    """Return P@1 of every method on every pair, the averages and the mean ranks."""
    rows = [
        (pair, _words(row), *map(_cell, row))
        for pair, row in zip(table.pairs, table.scores, strict=True)
    ]
    bold = [
        best(row) if pair in table.common else []
        for pair, row in zip(table.pairs, table.shares, strict=True)
    ]
    if table.averages:
        over = f"of {counted(len(table.common), 'pair')}"
        rows.append((f"average {over}", _words(table.averages), *map(_cell, table.averages)))
        rows.append((f"mean rank {over}", "", *(f"{rank:.2f}" for rank in table.ranks)))
        bold += [best([one.value for one in table.averages]), best([-r for r in table.ranks])]
    heads = (f"{m} (baseline)" if m == table.baseline else m for m in table.methods)
    caption = (
        "P@1 by CSLS, from source to target, in percent: the mean over seeds, with "
        f"{LEVEL} bootstrap intervals over source words. Bold: the highest of its row, "
        f"where all runs ended well. {_marks(table)} {_averages(table)}{NONE}: no run ended well."
    )
    kinds = "l" + "r" * (1 + len(table.methods))
    places = frozenset((i, 2 + j) for i, columns in enumerate(bold) for j in columns)
    return Grid(caption, ("pair", "words", *heads), tuple(rows), kinds, places)


def measures_grid(table: Table) -> Grid:
    """Return the average of every measure for every method."""
    names = list(dict.fromkeys(name for one in table.accounts for name in one.measures))
    rows = [
        (one.method, *(_percent(one.measures.get(name)) for name in names))
        for one in table.accounts
    ]
    bold = frozenset(
        (i, 1 + j)
        for j, name in enumerate(names)
        for i in best([one.measures.get(name) for one in table.accounts])
    )
    caption = (
        f"Averages over the same {counted(len(table.common), 'pair')} and all seeds, in percent; "
        "from source to target by CSLS where nothing else is said, back from target to source."
    )
    return Grid(caption, ("method", *names), tuple(rows), "l" + "r" * len(names), bold)


def accounts_grid(table: Table) -> Grid:
    """Return how the runs of every method went: seeds, verdicts, time and memory."""
    judged = [name for name in OUTCOMES if any(one.outcomes for one in table.accounts)]
    rows = [
        (
            one.method,
            f"{one.ended:,} of {one.planned:,}",
            str(one.failed),
            NONE if one.spread is None else f"{100 * one.spread:.2f}",
            one.widest,
            *(str(one.outcomes.get(name, 0)) if one.outcomes else "" for name in judged),
            NONE if one.seconds is None else f"{one.seconds:,.1f}",
            f"{one.memory / 1e9:.1f}" if one.memory else NONE,
        )
        for one in table.accounts
    ]
    columns = (
        "method",
        "ended well",
        "with an error",
        "SD over seeds",
        "largest on",
        *(f"judged {name}" for name in judged),
        "seconds",
        "GB",
    )
    verdicts = " Runs without a dictionary are judged without one." if judged else ""
    caption = (
        "How the runs went. SD: the standard deviation of P@1 over the seeds of a pair, in "
        f"points, pooled over pairs, and the pair where it is largest.{verdicts} Seconds: the "
        "median run, reading included; GB: the most memory that a worker held until the end of a "
        "run, earlier runs included. Both were measured beside other workers on the same machine."
    )
    return Grid(caption, columns, tuple(rows), "lrrrl" + "r" * len(judged) + "rr")


def failures_grid(results: Results) -> Grid:
    """Return the runs that ended with an error."""
    rows = tuple((str(cell), result.error) for cell, result in results.failed)
    return Grid("The runs that ended with an error.", ("run", "error"), rows, "ll")


def _marks(table: Table) -> str:
    """Say what the marks of significance mean."""
    if len(table.methods) < 2:
        return ""
    averages = f"the {len(table.methods) - 1} of the averages" if table.averages else "no averages"
    return (
        f"+ and {MINUS}: better and worse than {table.baseline}, p < {CHANCE} by approximate "
        "randomisation over words, each with its mean over the seeds (Noreen 1989), corrected for "
        f"the {table.tests} tests of pairs, and apart from these for {averages} (Holm 1979)."
    )


def _averages(table: Table) -> str:
    """Say what averages and ranks are over."""
    if not table.common:
        return "No pair was finished by all methods: there are no averages. "
    out = [pair for pair in table.pairs if pair not in table.common]
    left = f", without {', '.join(out)}, which not all methods finished" if out else ""
    return (
        f"Averages give every pair the same weight{left}; of ranks 1 is the best, and equal "
        "scores share theirs. "
    )


def _cell(scored: Scored | None) -> str:
    if scored is None:
        return NONE
    runs = f"{scored.ended} of {scored.planned} runs"
    missing = f" ({runs})" if scored.ended < scored.planned else ""
    return in_short(scored.value, scored.interval) + _mark(scored) + missing


def _mark(scored: Scored) -> str:
    if scored.p is None or scored.difference is None or scored.p >= CHANCE:
        return ""
    return " +" if scored.difference > 0 else f" {MINUS}"


def _words(row: Sequence[Scored | None]) -> str:
    return f"{max((one.words for one in row if one), default=0):,}"


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.1f}"


def best(values: Sequence[float | None]) -> list[int]:
    """Return where the highest values are; nowhere if all are equal."""
    found = [None if value is None else round(value, DIGITS) for value in values]
    there = {value for value in found if value is not None}
    return [i for i, value in enumerate(found) if len(there) > 1 and value == max(there)]
