"""Parts of a dictionary: where a map is good, and where it is bad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from align.evaluate.measures import Measure, skip
from align.evaluate.ranks import Gold, Ranks

BANDS = (1_000, 5_000, 20_000, 50_000, 100_000, 200_000)  # the last ranks of the frequency bands
SHOWN = ("P@1", "MRR")


@dataclass(frozen=True)
class Part:
    """What the source words of one kind score, among those that can be asked.

    Parameters
    ----------
    by : str
        What the words are parted by: ``source rank`` or ``target rank`` (the place in the file of
        vectors, by convention the order of frequency; of several translations, that of the most
        frequent), ``spelling`` (whether a translation is the same string) or ``translations`` (how
        many the vocabulary holds).
    name : str
        As ``1-1,000``, ``identical`` or ``3+``.
    measures : tuple of Measure
        P@1 and MRR, by the rule ``skip``.
    """

    by: str
    name: str
    measures: tuple[Measure, ...]


def parts(ranks: Ranks, sizes: tuple[int, int], *, seed: int = 0) -> tuple[Part, ...]:
    """Part the source words in every way; parts without a word are left out.

    Parameters
    ----------
    ranks : Ranks
    sizes : (int, int)
        How many words the vocabularies of source and target hold.
    seed : int
        Of the intervals.
    """
    return tuple(
        Part(by, name, tuple(m for m in skip(_only(ranks, words), seed=seed) if m.name in SHOWN))
        for by, name, words in _kinds(ranks.gold, sizes)
        if words.any()
    )


def _kinds(gold: Gold, sizes: tuple[int, int]) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    """Yield what is parted by, the name of the part, and which words are in it, (q,)."""
    places = gold.sources, gold.lowest(gold.answers[:, 1])
    for by, place, size in zip(("source rank", "target rank"), places, sizes, strict=True):
        ends = [0, *(end for end in BANDS if end < size), size]
        for start, end in zip(ends, ends[1:], strict=False):
            yield by, f"{start + 1:,}-{end:,}", (start <= place) & (place < end)
    identical = gold.sums(gold.identical) > 0
    yield "spelling", "identical", identical
    yield "spelling", "different", ~identical
    yield "translations", "1", gold.translations == 1
    yield "translations", "2", gold.translations == 2
    yield "translations", "3+", gold.translations >= 3


def _only(ranks: Ranks, words: npt.NDArray[np.bool_]) -> Ranks:
    """Keep the words of a part, (q,)."""
    gold = ranks.gold
    kept = words[gold.answers[:, 0]]
    positions = (np.cumsum(words) - 1)[gold.answers[kept, 0]]
    answers = np.column_stack([positions, gold.answers[kept, 1]])
    part = Gold(gold.sources[words], answers, gold.identical[kept])
    return replace(ranks, gold=part, ranks=ranks.ranks[kept])
