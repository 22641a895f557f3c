"""`compare`: several runs on the same words, and whether their difference may be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from align.evaluate import (
    Interval,
    Ranks,
    Score,
    bootstrap_interval,
    per_word,
    randomisation,
)
from align.record import Evaluation, LexiconRecord, Record, Shared
from align.retrieve import Retrieval
from align.run import Run
from align.steps import OnStep, silent
from dictionaries import Lexicon

COMPARED = ("P@1", "MRR")


@dataclass(frozen=True)
class Difference:
    """How much better a run is than the first.

    Parameters
    ----------
    name : str
        ``P@1`` or ``MRR``.
    value : float
        The run's mean less that of the first, in [-1, 1].
    interval : (float, float)
        95 % bootstrap interval over the words, each with what both runs make of it.
    p : float
        The probability of so large a difference, of either sign, between runs equally good:
        approximate randomisation.
    """

    name: str
    value: float
    interval: Interval
    p: float


@dataclass(frozen=True)
class Compared:
    """What one run makes of the words that all can answer.

    Parameters
    ----------
    name : str
        What to call the run.
    record : Record
        How it was made.
    evaluation : Evaluation
        What it scores on these words, and what they share with its seeds.
    differences : tuple of Difference
        From the first run; none of the first itself.
    best : tuple of int
        The rank of the first right answer to each word.
    alone : tuple of str
        The words that only this run gets right at once.
    """

    name: str
    record: Record
    evaluation: Evaluation
    differences: tuple[Difference, ...]
    best: tuple[int, ...]
    alone: tuple[str, ...]

    @property
    def score(self) -> Score:
        """Its score."""
        return self.evaluation.scores[0]


@dataclass(frozen=True)
class Comparison:
    """Several runs on the same words.

    Parameters
    ----------
    pairs : Lexicon
        The pairs that every run holds: the words that are asked, and their right answers.
    dropped : int
        Words that some run could answer, but not all.
    missing : int
        Words of the dictionary that none can answer.
    seed : int
        Of the intervals and tests of differences: that of the first run.
    runs : tuple of Compared
        In the order given.
    """

    pairs: Lexicon
    dropped: int
    missing: int
    seed: int
    runs: tuple[Compared, ...]


def compare(
    runs: Sequence[Run],
    test: Lexicon | None = None,
    *,
    names: Sequence[str] = (),
    retrieval: Retrieval = "csls",
    on_step: OnStep = silent,
) -> Comparison:
    """Score runs on the same words, and test every one against the first.

    A word is asked with the translations that every run holds. Each run ranks them among the
    targets of its own vocabulary.

    Parameters
    ----------
    runs : sequence of Run
        At least two, of the same two languages.
    test : Lexicon, optional
        By default the dictionary that the runs were scored on, which must then be the same.
    names : sequence of str, optional
        What to call the runs; by default their titles, with a number.
    retrieval : {'csls', 'nn', 'invsoftmax', 'agreement'}

    Raises
    ------
    ValueError
        If there are fewer than two runs, they are of different languages, were scored on different
        dictionaries or on none, or hold no pair in common.
    """
    names = names or [f"{i}: {run.record.title}" for i, run in enumerate(runs, 1)]
    _require_alike(runs, names)
    seed = runs[0].record.seed
    test = _tested(runs, names) if test is None else test
    pairs, possible = test, set[str]()
    for run in runs:
        possible.update(test.within(run.source, run.target).sources)
        pairs = pairs.within(run.source, run.target)
    if not len(pairs):
        raise ValueError(f"no pair of the {len(test):,} of {test.origin} is in every run")
    ranks = [run.ranks(pairs, retrieval, on_step=on_step) for run in runs]
    hits = np.array([one.hits(1) for one in ranks])
    alone = hits & (hits.sum(axis=0) == 1)
    words = np.array(pairs.sources, dtype=object)
    return Comparison(
        pairs=pairs,
        dropped=len(possible) - len(pairs.sources),
        missing=len(test.sources) - len(possible),
        seed=seed,
        runs=tuple(
            Compared(
                name=name,
                record=run.record,
                evaluation=Evaluation(
                    LexiconRecord.of(pairs, run.source, run.target),
                    Shared.of(pairs, run.seeds),
                    (run.score(mine, retrieval),),
                ),
                differences=() if mine is ranks[0] else _differences(mine, ranks[0], seed),
                best=tuple(mine.best.tolist()),
                alone=tuple(words[only]),
            )
            for name, run, mine, only in zip(names, runs, ranks, alone, strict=True)
        ),
    )


def _differences(ranks: Ranks, first: Ranks, seed: int) -> tuple[Difference, ...]:
    mine, others = per_word(ranks), per_word(first)
    return tuple(
        Difference(
            name,
            float(apart.mean()),
            bootstrap_interval(apart, bounds=(-1, 1), seed=seed),
            randomisation(apart, seed=seed),
        )
        for name, apart in ((name, mine[name] - others[name]) for name in COMPARED)
    )


def _require_alike(runs: Sequence[Run], names: Sequence[str]) -> None:
    """Raise an error where runs cannot be asked the same."""
    if len(runs) < 2:
        raise ValueError(f"a comparison needs at least 2 runs, got {len(runs)}")
    first = runs[0].record
    for run, name in zip(runs[1:], names[1:], strict=True):
        record = run.record
        one, other = (f"{r.source.name} -> {r.target.name}" for r in (first, record))
        if one != other:
            raise ValueError(
                f"{names[0]} is of {one}, {name} of {other}: only runs of the same languages can "
                "be compared; where they are the same, name vector files alike, as wiki.en.vec"
            )
        if first.source.lower != record.source.lower:
            raise ValueError(
                f"of {names[0]} and {name} only one was made with --lower: make both so"
            )


def _tested(runs: Sequence[Run], names: Sequence[str]) -> Lexicon:
    """Return the dictionary that all runs were scored on."""
    first = runs[0].tested
    for run, name in zip(runs[1:], names[1:], strict=True):
        if run.tested.pairs != first.pairs:
            raise ValueError(
                f"{names[0]} was scored on {first.origin}, {name} on {run.tested.origin}, which "
                "is not the same dictionary: give one for all with --test FILE"
            )
    return first
