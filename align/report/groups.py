"""`Group`: the runs of one method on one pair. `Account`: how the runs of a method went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median, stdev

import numpy as np
import numpy.typing as npt

from align.evaluate import Measure, Score
from align.record import Evaluation
from align.results import Cell, Result

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Group:
    """The runs of one method on one pair with one size of the training dictionary.

    Parameters
    ----------
    pair, method : str
    runs : tuple of (Cell, Result or None)
        Of all folds and seeds.
    """

    pair: str
    method: str
    runs: tuple[tuple[Cell, Result | None], ...]

    @cached_property
    def ended(self) -> tuple[tuple[Cell, Result, Evaluation], ...]:
        """The runs that ended well and were scored, each with what it scored."""
        return tuple(
            (cell, result, result.record.evaluation)
            for cell, result in self.runs
            if result and result.record and result.record.evaluation
        )

    @property
    def complete(self) -> bool:
        """Whether all runs ended well."""
        return 0 < len(self.ended) == len(self.runs)

    @cached_property
    def hits(self) -> Values:
        """The share of seeds that translate a word rightly, (words,): the folds' words in turn."""
        folds: dict[int, list[npt.NDArray[np.bool_]]] = {}
        for cell, result, _ in self.ended:
            folds.setdefault(cell.fold, []).append(np.array(result.best) == 1)
        return np.concatenate([np.mean(folds[fold], axis=0) for fold in sorted(folds)])

    @property
    def spread(self) -> float | None:
        """The standard deviation of P@1 over seeds that ended well; None for fewer than two."""
        folds = len({cell.fold for cell, _ in self.runs})
        seeds: dict[int, list[npt.NDArray[np.int32]]] = {}
        for cell, result, _ in self.ended:
            seeds.setdefault(cell.seed, []).append(result.best)
        shares = [
            float(np.mean(np.concatenate(parts) == 1))
            for parts in seeds.values()
            if len(parts) == folds
        ]
        return stdev(shares) if len(shares) > 1 else None

    def measures(self, metrics: Collection[str]) -> dict[str, float]:
        """Return the mean over words and seeds of every measure, by its name in the table."""
        found: dict[str, list[Measure]] = {}
        for *_, evaluation in self.ended:
            for name, measure in _named(evaluation.scores, metrics):
                found.setdefault(name, []).append(measure)
        return {
            name: sum(one.total for one in each) / sum(one.scored for one in each)
            for name, each in found.items()
            if len(each) == len(self.ended)
        }


@dataclass(frozen=True)
class Account:
    """How the runs of a method went.

    Parameters
    ----------
    method : str
    ended, failed, planned : int
        Runs.
    spread : float or None
        The standard deviation of P@1 over seeds, pooled over pairs; None with fewer than two.
    widest : str
        The pair where it is largest.
    outcomes : mapping
        How many runs without seeds ended with each verdict.
    seconds : float or None
        The median of the runs that ended well.
    memory : int
        The most bytes that one of their workers held.
    measures : mapping
        The average over the pairs that all methods finished, by the name of the measure.
    """

    method: str
    ended: int
    failed: int
    planned: int
    spread: float | None
    widest: str
    outcomes: Mapping[str, int]
    seconds: float | None
    memory: int
    measures: Mapping[str, float]

    @classmethod
    def of(
        cls, method: str, groups: Sequence[Group], common: Collection[str], metrics: Collection[str]
    ) -> Account:
        """Sum up the groups of a method; averages are over the pairs in common."""
        results = [result for group in groups for _, result in group.runs if result]
        ended = [result for group in groups for _, result, _ in group.ended]
        verdicts = [result.record.verdict for result in ended if result.record]
        spreads = {group.pair: s for group in groups if (s := group.spread) is not None}
        measured = [group.measures(metrics) for group in groups if group.pair in common]
        return cls(
            method,
            len(ended),
            sum(bool(result.error) for result in results),
            sum(len(group.runs) for group in groups),
            fmean(s**2 for s in spreads.values()) ** 0.5 if spreads else None,
            max(spreads, key=spreads.__getitem__, default=""),
            Counter(verdict.outcome for verdict in verdicts if verdict),
            median(result.seconds for result in ended) if ended else None,
            max((result.memory for result in ended), default=0),
            _averages(measured),
        )


def _named(scores: Sequence[Score], metrics: Collection[str]) -> Iterator[tuple[str, Measure]]:
    """Yield all measures from source to target by CSLS, and P@1 by any other way."""
    for score in sorted(scores, key=_is_main, reverse=True):
        main, retrieval = _is_main(score), score.retrieval.rstrip("0123456789").upper()
        way = "" if main else f" {retrieval}{' back' if score.direction == 'backward' else ''}"
        for measure in score.measures:
            if measure.oov == "skip" and measure.name in (metrics if main else ("P@1",)):
                yield f"{measure.name}{way}", measure


def _is_main(score: Score) -> bool:
    return score.direction == "forward" and score.retrieval.startswith("csls")


def _averages(measured: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of every measure that all pairs have."""
    first = measured[0] if measured else {}
    names = [name for name in first if all(name in each for each in measured)]
    return {name: fmean(each[name] for each in measured) for name in names}
