"""A batch as a report: what went wrong, then pair x method with tests, ranks and a heat map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from textwrap import fill
from typing import Any

from align.report.averages import FEWEST, Table, methods_of, tables
from align.report.comparison import CHANCE
from align.report.figures import LEVEL, Figure, Heat, heat_figure, percent
from align.report.grid import WIDTH, counted, plain, signed
from align.report.sections import Section
from align.report.signature import common_signature, signature
from align.report.standings import (
    accounts_grid,
    best,
    failures_grid,
    measures_grid,
    pairs_grid,
)
from align.results import Cell, Results
from align.steps import OnStep, silent

FEWEST_LANGUAGES = 3  # that a map of them needs


@dataclass(frozen=True, eq=False)
class BatchReport:
    """What `align.report.documents` writes of a batch.

    Parameters
    ----------
    name : str
    results : Results
    baseline : str
        The method that the others are tested against; by default the first one.
    on_step : callable
        Told of the tests.
    """

    name: str
    results: Results
    baseline: str = ""
    on_step: OnStep = silent

    @property
    def title(self) -> str:
        """Its name."""
        return f"Batch {self.name}"

    def sections(self, *, figures: bool) -> tuple[Section, ...]:
        """Return its parts, as `batch_sections` does."""
        return batch_sections(
            self.results, baseline=self.baseline, figures=figures, on_step=self.on_step
        )

    def values(self) -> dict[str, Any]:
        """Return how many runs there are, those that failed, and all that the tables hold."""
        found = tables(self.results, self.baseline, on_step=self.on_step)
        failed = self.results.failed
        return {
            "runs": len(self.results.cells),
            "missing": self.results.missing,
            "failed": [{**asdict(cell), "error": result.error} for cell, result in failed],
            "tables": [asdict(table) for table in found],
            "signatures": _signatures(self.results),
        }

    def text(self) -> str:
        """Return all that is told and all tables, without figures."""
        parts = [self.title]
        for section in self.sections(figures=False):
            told = [section.headline, *(f"{label}: {text}" for label, text in section.facts)]
            parts += [section.title.upper(), "\n".join(fill(each, WIDTH) for each in told)]
            parts += map(plain, section.grids)
            parts += [f"signature {each}" for each in section.signatures]
        return "\n\n".join(parts)


def batch_sections(
    results: Results, *, baseline: str = "", figures: bool, on_step: OnStep = silent
) -> tuple[Section, ...]:
    """Return a section on the runs, and one for each size of the training dictionary.

    Parameters
    ----------
    results : Results
    baseline : str
        The method that the others are tested against; by default the first one.
    figures : bool
        Whether to draw figures.
    on_step : callable
        Told of the tests.

    Raises
    ------
    ValueError
        If there is no such method, or runs on one pair were asked different words.
    """
    found = tables(results, baseline, on_step=on_step)
    told = [_scored(f"scores-{i}", table) for i, table in enumerate(found, start=1)]
    if figures:
        told = [
            replace(section, pictures=tuple(_pictures(section.name, table)))
            for section, table in zip(told, found, strict=True)
        ]
    return (_runs(results), *told)


def _runs(results: Results) -> Section:
    """Say how many runs there are, what failed, and how the scores were made."""
    return Section(
        "runs",
        "The runs",
        _ended(results),
        tuple(_facts(results)),
        (failures_grid(results),) if results.failed else (),
        tuple(f"{method}: {common}" for method, common in _signatures(results).items()),
    )


def _ended(results: Results) -> str:
    every, failed, missing = len(results.cells), len(results.failed), results.missing
    if not failed and not missing:
        return f"All {every:,} runs ended well."
    return (
        f"Of {every:,} runs {every - failed - missing:,} ended well. Failed, with an error: "
        f"{failed:,}. Missing, as they were not run yet: {missing:,}."
    )


def _facts(results: Results) -> Iterator[tuple[str, str]]:
    """Yield what the grid is of, and what it was run on."""
    counts = {
        field.name: len({getattr(cell, field.name) for cell, _ in results.cells})
        for field in fields(Cell)
    }
    several = (counted(n, name.replace("_", " ")) for name, n in counts.items() if n > 1)
    yield "grid", " x ".join(several) or "1 run"
    done = [result for _, result in results.cells if result and result.worker]
    if done:
        threads = {result.threads for result in done}
        each = " or ".join(counted(n, "thread") for n in sorted(threads))
        workers = counted(len({result.worker for result in done}), "worker")
        yield "run on", f"{workers}, of {each} each"
        ends = sorted(result.ended for result in done)
        yield "ended", f"{ends[0]} the first run, {ends[-1]} the last"


def _signatures(results: Results) -> dict[str, str]:
    """Return what the signatures of each method's runs have in common."""
    found: dict[str, list[str]] = {method: [] for method in methods_of(results)}
    for cell, result in results.finished:
        if result.record:
            found[cell.method].append(signature(result.record))
    return {method: common_signature(each) for method, each in found.items() if each}


def _scored(name: str, table: Table) -> Section:
    """Say what the methods score with one size of the training dictionary."""
    size = f"{table.train_size:,}" if table.train_size else "all"
    measures = (measures_grid(table),) if table.common else ()
    return Section(
        name,
        f"Trained on {size} words",
        _headline(table),
        tuple(_remarks(table)),
        (pairs_grid(table), *measures, accounts_grid(table)),
    )


def _headline(table: Table) -> str:
    if not table.averages:
        return "No pair was finished by all methods, so there are no averages."
    first = best([one.value for one in table.averages]) or range(len(table.methods))
    names = " and ".join(table.methods[i] for i in first)
    one = table.averages[first[0]]
    low, high = map(percent, one.interval)
    said = (
        f"{names} {'scores' if len(first) == 1 else 'score'} highest: P@1 by CSLS is "
        f"{percent(one.value)} on average over {counted(len(table.common), 'pair')} ({LEVEL} "
        f"interval {low} to {high})"
    )
    if one.difference is not None and one.p is not None:
        points = signed(100 * one.difference)
        said += f", {points} points from {table.baseline} ({_chance(one.p)}, corrected)"
    return f"{said}."


def _remarks(table: Table) -> Iterator[tuple[str, str]]:
    """Yield what averages are over, and whether ranks differ beyond chance."""
    out = [pair for pair in table.pairs if pair not in table.common]
    over = f"over the {counted(len(table.common), 'pair')} that all methods finished"
    yield "averages", f"{over}; left out: {', '.join(out)}" if out else over
    if table.friedman:
        found = "differ beyond chance" if table.friedman.p < CHANCE else "may differ by chance"
        yield (
            "ranks",
            f"the mean ranks of the methods {found}: Friedman's chi-squared is "
            f"{table.friedman.statistic:.1f}, {_chance(table.friedman.p)} (Friedman 1937)",
        )
    else:
        methods, pairs = FEWEST
        yield (
            "ranks",
            f"not tested: that needs {methods} methods and {pairs} pairs whose scores differ",
        )


def _chance(p: float) -> str:
    return f"p {p:.4f}" if p >= 0.0001 else "p < 0.0001"


def _pictures(name: str, table: Table) -> Iterator[Figure]:
    """Yield the heat map of pairs and methods, and of languages where there are few."""
    if any(share is not None for row in table.shares for share in row):
        title = f"P@1 by CSLS of {counted(len(table.pairs), 'pair')}, by method"
        yield heat_figure(f"{name}-pairs", title, Heat(table.pairs, table.methods, table.shares))
    languages = _languages(table)
    if languages and table.averages:
        leader = max(range(len(table.methods)), key=lambda i: table.averages[i].value)
        found = {pair: row[leader] for pair, row in zip(table.pairs, table.shares, strict=True)}
        each = [[found.get(f"{a}-{b}") for b in languages] for a in languages]
        heat = Heat([f"from {a}" for a in languages], [f"to {b}" for b in languages], each)
        title = f"P@1 by CSLS of {table.methods[leader]}, by source and target language"
        yield heat_figure(f"{name}-languages", title, heat)


def _languages(table: Table) -> tuple[str, ...]:
    """Return the languages where most of their pairs are there, both ways; or else none."""
    pairs = [tuple(pair.split("-")) for pair in table.pairs]
    if any(pair[::-1] not in pairs for pair in pairs):
        return ()
    languages = tuple(dict.fromkeys(language for pair in pairs for language in pair))
    most = 2 * len(pairs) >= len(languages) * (len(languages) - 1)
    return languages if most and len(languages) >= FEWEST_LANGUAGES else ()
