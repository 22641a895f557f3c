"""What the methods of a batch score on each pair and on average, with tests and ranks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

import numpy as np

from align.evaluate import Interval, bootstrap_intervals, holm, randomisation
from align.evaluate.resampling import FLIPS
from align.report.comparison import CHANCE
from align.report.groups import Account, Group, Values
from align.results import Cell, Result, Results
from align.steps import OnStep, Step, silent

Key = TypeVar("Key", bound=Hashable)
Groups = Mapping[tuple[str, str], Group]  # by pair and method
FEWEST = 3, 5  # methods and pairs that Friedman's test needs
DIGITS = 12  # shares that agree in so many decimals are equal


@dataclass(frozen=True)
class Scored:
    """P@1 by CSLS of a method on the words of a pair, or on average over pairs.

    Parameters
    ----------
    value : float
        The mean over words, each with the mean of its hits over the seeds, in [0, 1]. On average
        over pairs, every pair weighs the same.
    interval : (float, float)
        95 % bootstrap interval over words, drawn within their pairs.
    words : int
        Of all folds.
    ended, planned : int
        Runs.
    difference : float or None
        From the baseline; None of the baseline itself, and where a run of either is missing.
    p : float or None
        The probability of so large a difference by chance, corrected for the number of tests.
    """

    value: float
    interval: Interval
    words: int
    ended: int
    planned: int
    difference: float | None = None
    p: float | None = None

    @classmethod
    def of(cls, groups: Sequence[Group], tested: tuple[float, float] | None) -> Scored:
        """Average over pairs, of which at least one run each ended well."""
        rows = [group.hits for group in groups]
        return cls(
            float(np.mean([row.mean() for row in rows])),
            macro_interval(rows),
            sum(map(len, rows)),
            sum(len(group.ended) for group in groups),
            sum(len(group.runs) for group in groups),
            *(tested or ()),
        )


@dataclass(frozen=True)
class Friedman:
    """Whether the ranks of methods over pairs differ beyond chance [1]_.

    References
    ----------
    .. [1] Friedman, "The use of ranks to avoid the assumption of normality implicit in the
       analysis of variance", Journal of the American Statistical Association 32, 1937.
    """

    statistic: float
    p: float


@dataclass(frozen=True)
class Table:
    """All that is reported of one size of the training dictionary.

    Parameters
    ----------
    train_size : int
        Source words; 0 for all.
    baseline : str
    methods, pairs : tuple of str
        In the order of the plan.
    scores : tuple of tuple of Scored or None
        A row for each pair, a column for each method; None where no run ended well.
    tests : int
        Of pairs; their p are corrected together, those of the averages among themselves.
    common : tuple of str
        The pairs that all methods finished: averages and ranks are over these.
    averages : tuple of Scored
        Of each method; empty where no pair is common.
    ranks : tuple of float
        The mean rank of each method over pairs, 1 for the best; equal scores share a rank.
    friedman : Friedman or None
        None for fewer than 3 methods or 5 pairs, or where all scores are equal.
    accounts : tuple of Account
        How the runs of each method went.
    """

    train_size: int
    baseline: str
    methods: tuple[str, ...]
    pairs: tuple[str, ...]
    scores: tuple[tuple[Scored | None, ...], ...]
    tests: int
    common: tuple[str, ...]
    averages: tuple[Scored, ...]
    ranks: tuple[float, ...]
    friedman: Friedman | None
    accounts: tuple[Account, ...]

    @property
    def shares(self) -> tuple[tuple[float | None, ...], ...]:
        """P@1, a row for each pair and a column for each method."""
        return tuple(tuple(one.value if one else None for one in row) for row in self.scores)


def methods_of(results: Results) -> tuple[str, ...]:
    """Return the methods in the order of the plan."""
    return tuple(dict.fromkeys(cell.method for cell, _ in results.cells))


def tables(results: Results, baseline: str = "", *, on_step: OnStep = silent) -> tuple[Table, ...]:
    """Return a table for each size of the training dictionary.

    Parameters
    ----------
    results : Results
    baseline : str
        The method that the others are tested against; by default the first one.
    on_step : callable
        Told of the tests.

    Raises
    ------
    ValueError
        If there is no such method, or runs on one pair were asked different words.
    """
    known = methods_of(results)
    if baseline and baseline not in known:
        raise ValueError(f"{baseline!r} is no method of this batch; it has {', '.join(known)}")
    _require_same_words(results)
    return tuple(
        _table(size, baseline or known[0], results, on_step)
        for size in dict.fromkeys(cell.train_size for cell, _ in results.cells)
    )


def macro_interval(rows: Sequence[Values]) -> Interval:
    """Return the 95 % bootstrap interval of the mean of means of several rows of shares.

    A value of a row counts as one over the row's length. Rows are brought to one mean first, so
    that the spread is that within rows: other words could have been asked, but no other pairs.
    """
    means = [row.mean() for row in rows]
    longest = max(map(len, rows))
    values = np.concatenate(
        [row + (np.mean(means) - mean) for row, mean in zip(rows, means, strict=True)]
    )
    sizes = np.concatenate([np.full(len(row), longest / len(row)) for row in rows])
    [(low, high)] = bootstrap_intervals((values * sizes)[:, None], sizes)
    return max(low, 0.0), min(high, 1.0)


def _table(size: int, baseline: str, results: Results, on_step: OnStep) -> Table:
    groups = _groups([(cell, result) for cell, result in results.cells if cell.train_size == size])
    pairs, methods = (tuple(dict.fromkeys(names)) for names in zip(*groups, strict=True))
    common = tuple(pair for pair in pairs if all(groups[pair, m].complete for m in methods))
    asked = {
        (pair, method): (method, [pair])
        for pair, method in groups
        if groups[pair, method].complete and groups[pair, baseline].complete
    }
    told = _tested(asked, groups, baseline, on_step)
    everywhere = {method: (method, common) for method in methods if common}
    averaged = _tested(everywhere, groups, baseline, on_step)
    scores = tuple(
        tuple(
            Scored.of([group], told.get((pair, method))) if group.ended else None
            for method in methods
            for group in [groups[pair, method]]
        )
        for pair in pairs
    )
    return Table(
        size,
        baseline,
        methods,
        pairs,
        scores,
        len(told),
        common,
        tuple(
            Scored.of([groups[pair, method] for pair in common], averaged.get(method))
            for method in everywhere
        ),
        *_ranked([row for pair, row in zip(pairs, scores, strict=True) if pair in common]),
        tuple(
            Account.of(method, [groups[pair, method] for pair in pairs], common, results.metrics)
            for method in methods
        ),
    )


def _groups(cells: Sequence[tuple[Cell, Result | None]]) -> Groups:
    runs: dict[tuple[str, str], list[tuple[Cell, Result | None]]] = {}
    for cell, result in cells:
        runs.setdefault((cell.pair, cell.method), []).append((cell, result))
    return {place: Group(*place, tuple(each)) for place, each in runs.items()}


def _tested(
    asked: Mapping[Key, tuple[str, Sequence[str]]], groups: Groups, baseline: str, on_step: OnStep
) -> dict[Key, tuple[float, float]]:
    """Test methods against the baseline, each over its pairs: the difference and the corrected p.

    The more tests, the smaller the p that each can come to: few arrangements would hide them all.
    """
    apart = {}
    for key, (method, pairs) in asked.items():
        if method != baseline:
            rows = [groups[pair, method].hits - groups[pair, baseline].hits for pair in pairs]
            apart[key] = np.concatenate([row / len(row) / len(rows) for row in rows])
    flips = max(FLIPS, ceil(2 * len(apart) / CHANCE))
    found = []
    for done, each in enumerate(apart.values(), start=1):
        found.append(randomisation(each, flips=flips))
        on_step(Step("tests", done, len(apart)))
    differences = (float(each.sum()) for each in apart.values())
    return dict(zip(apart, zip(differences, map(float, holm(found)), strict=True), strict=True))


def _ranked(
    rows: Sequence[Sequence[Scored | None]],
) -> tuple[tuple[float, ...], Friedman | None]:
    """Return the mean rank of each column, and whether ranks differ beyond chance."""
    from scipy.stats import friedmanchisquare, rankdata

    if not rows:
        return (), None
    values = np.round([[one.value for one in row if one] for row in rows], DIGITS)
    ranks = rankdata(-values, axis=1)
    means = tuple(float(mean) for mean in ranks.mean(axis=0))
    fewest_methods, fewest_pairs = FEWEST
    if (
        len(means) < fewest_methods
        or len(rows) < fewest_pairs
        or np.all(np.ptp(ranks, axis=1) == 0)
    ):
        return means, None
    found = friedmanchisquare(*values.T)
    return means, Friedman(float(found.statistic), float(found.pvalue))


def _require_same_words(results: Results) -> None:
    """Raise an error where runs that are compared did not rank the same words."""
    seen: dict[tuple[str, int, int], tuple[Cell, tuple[int | str, ...]]] = {}
    for cell, result in results.finished:
        assert result.record is not None
        if (evaluation := result.record.evaluation) is None:
            continue
        sides = result.record.source.fingerprint, result.record.target.fingerprint
        asked = (len(result.best), evaluation.test.fingerprint, *sides)
        place = (cell.pair, cell.train_size, cell.fold)
        first, words = seen.setdefault(place, (cell, asked))
        if words != asked:
            raise ValueError(
                f"{cell} and {first} were not asked the same words of the same vectors, so they "
                "cannot be compared; run the batch again with --rerun all"
            )
