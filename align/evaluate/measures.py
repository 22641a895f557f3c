"""`Measure`: a score with what it counts, under each rule for words that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from align.evaluate.ranks import Ranks, Values
from align.evaluate.resampling import Interval, bootstrap_intervals

Rule = Literal["skip", "wrong", "xling"]
KS = (1, 5, 10)  # the precisions that are reported
RULES: Mapping[Rule, str] = {
    "skip": "the source words of which the vocabularies hold a translation (MUSE, VecMap)",
    "wrong": "all source words; one that cannot be asked is wrong (fastText)",
    "xling": "every pair that the vocabularies hold, on its own (Glavaš et al. 2019)",
}


@dataclass(frozen=True)
class Measure:
    """A mean over the source words of a dictionary, or over its pairs.

    Parameters
    ----------
    name : str
        ``P@1``, ``P@5``, ``P@10``, ``MRR`` or ``MAP``, as `Ranks` defines them.
    oov : {'skip', 'wrong', 'xling'}
        The rule for words out of the vocabularies.
    total : float
        The sum of the values: of a precision, the number of words with a hit.
    scored : int
        How many words (xling: pairs) the mean is over.
    missing : int
        How many of the dictionary the vocabularies cannot answer. They are passed over, except
        under ``wrong``, where they are among those scored. A part of a dictionary has none.
    interval : (float, float)
        95 % bootstrap interval over source words.
    """

    name: str
    oov: Rule
    total: float
    scored: int
    missing: int
    interval: Interval

    @property
    def value(self) -> float:
        """The mean, in [0, 1]."""
        return self.total / self.scored

    @property
    def hits(self) -> int:
        """The total of a precision."""
        return round(self.total)

    @property
    def coverage(self) -> float:
        """The share of the words (xling: pairs) that the vocabularies can answer, in [0, 1]."""
        every = self.scored + (0 if self.oov == "wrong" else self.missing)
        return 1 - self.missing / every


def per_word(ranks: Ranks) -> dict[str, Values]:
    """Return what each source word scores, (q,), by the name of the measure."""
    precisions = {f"P@{k}": ranks.hits(k).astype(float) for k in KS}
    return {**precisions, "MRR": ranks.reciprocal, "MAP": ranks.average_precision}


def skip(ranks: Ranks, *, seed: int = 0) -> tuple[Measure, ...]:
    """Score the source words that can be asked, and pass over the others (MUSE, VecMap).

    A word can be asked where the vocabularies hold it and one of its translations; translations
    that they do not hold are not expected.
    """
    return _means("skip", per_word(ranks), ranks.gold.missing_words, seed)


def wrong(ranks: Ranks, *, seed: int = 0) -> tuple[Measure, ...]:
    """Score all source words, those that cannot be asked with 0 (fastText's alignment script)."""
    missing = ranks.gold.missing_words
    values = {
        name: np.concatenate([found, np.zeros(missing)]) for name, found in per_word(ranks).items()
    }
    return _means("wrong", values, missing, seed)


def xling(ranks: Ranks, *, seed: int = 0) -> tuple[Measure, ...]:
    """Score pairs: the mean of 1 / rank over those that the vocabularies hold, as xling-eval does.

    The rank is among all targets: the other translations of the word are not taken out. The test
    lists of the paper [1]_ have one translation for each word, and so its authors call this MAP.
    Words, not pairs, are resampled for the interval.

    References
    ----------
    .. [1] Glavaš, Litschko, Ruder and Vulić, "How to (properly) evaluate cross-lingual word
       embeddings", ACL 2019.
    """
    gold = ranks.gold
    values = {"MAP": gold.sums(1 / ranks.ranks)}
    return _means("xling", values, gold.missing_pairs, seed, gold.translations.astype(float))


def measures(ranks: Ranks, *, seed: int = 0) -> tuple[Measure, ...]:
    """Return all measures under all rules, those of `skip` first."""
    return tuple(m for rule in (skip, wrong, xling) for m in rule(ranks, seed=seed))


def _means(
    oov: Rule, values: Mapping[str, Values], missing: int, seed: int, sizes: Values | None = None
) -> tuple[Measure, ...]:
    totals = np.column_stack(list(values.values()))
    scored = len(totals) if sizes is None else int(sizes.sum())
    return tuple(
        Measure(name, oov, float(total), scored, missing, interval)
        for name, total, interval in zip(
            values,
            totals.sum(axis=0),
            bootstrap_intervals(totals, sizes, seed=seed),
            strict=True,
        )
    )
