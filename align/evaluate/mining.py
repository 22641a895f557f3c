"""Mining: the pairs of sentences that are translations of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from align.evaluate.resampling import Interval, bootstrap_intervals
from align.maps import Array
from align.retrieve import Space

Rows = npt.NDArray[np.intp]
Candidates = Literal["forward", "backward", "max"]
Threshold = Literal["same pairs", "other half"]
CANDIDATES: tuple[Candidates, ...] = get_args(Candidates)


@dataclass(frozen=True)
class Mined:
    """What mining found of the pairs of sentences that are translations.

    Parameters
    ----------
    candidates : {'forward', 'backward', 'max'}
        The best target of each source, the best source of each target, or the best of both
        where every sentence is taken at most once [1]_.
    threshold : {'same pairs', 'other half'}
        Whether the least score of a pair was chosen for the best F1 on the pairs that are counted,
        as published figures are, or for each half of the source sentences on the other half.
    gold, mined, hits : int
        Pairs that are translations; those that were found; those of them that are right.
    interval : (float, float)
        95 % bootstrap interval of F1 over source sentences, at the thresholds that were chosen.

    References
    ----------
    .. [1] Artetxe and Schwenk, "Margin-based parallel corpus mining with multilingual sentence
       embeddings", ACL 2019.
    """

    candidates: Candidates
    threshold: Threshold
    gold: int
    mined: int
    hits: int
    interval: Interval

    @property
    def precision(self) -> float:
        """Right pairs out of those found, in [0, 1]."""
        return self.hits / max(1, self.mined)

    @property
    def recall(self) -> float:
        """Right pairs out of those that are translations, in [0, 1]."""
        return self.hits / self.gold

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in [0, 1]."""
        return 2 * self.hits / (self.gold + self.mined)


def mined(
    pairs: Rows, scores: Array, n: int, candidates: Candidates, *, seed: int = 0
) -> tuple[Mined, ...]:
    """Choose thresholds, and count what they keep.

    Parameters
    ----------
    pairs : (p, 2) array of int
        A source and a target sentence each; those of equal number are translations.
    scores : (p,) array
    n : int
        Sentences of each side.
    candidates : {'forward', 'backward', 'max'}
        How the pairs were found.
    seed : int
        Of the halves and of the bootstrap.

    Returns
    -------
    tuple of Mined
        One for each way to choose a threshold.
    """
    half = np.zeros(n, dtype=np.intp)
    half[np.random.default_rng(seed).permutation(n)[: n // 2]] = 1
    right = pairs[:, 0] == pairs[:, 1]
    of = half[pairs[:, 0]]
    least = np.array(
        [best_threshold(scores[of == i], right[of == i], sum(half == i)) for i in (1, 0)]
    )
    kept = {
        "same pairs": scores >= best_threshold(scores, right, n),
        "other half": scores >= least[of],
    }
    found = []
    for threshold in get_args(Threshold):
        sources, hits = pairs[kept[threshold], 0], right[kept[threshold]]
        totals, sizes = 2 * np.bincount(sources, hits, n), 1 + np.bincount(sources, minlength=n)
        [interval] = bootstrap_intervals(totals[:, None], sizes, seed=seed)  # F1 is their ratio
        found.append(Mined(candidates, threshold, n, len(hits), int(hits.sum()), interval))
    return tuple(found)


def best_threshold(scores: Array, right: npt.NDArray[np.bool_], gold: int) -> float:
    """Return the least score of a pair with which F1 is highest; of equal ones, the highest.

    Parameters
    ----------
    scores : (p,) array
    right : (p,) array of bool
    gold : int
        Pairs that are translations.

    Returns
    -------
    float
        Infinity where no pair is right.
    """
    order = np.argsort(-scores, kind="stable")
    hits, ranked = np.cumsum(right[order]), scores[order]
    f1 = 2 * hits / (gold + np.arange(1, len(hits) + 1))
    f1[:-1][ranked[:-1] == ranked[1:]] = 0  # equal scores are kept or left out together
    return float(ranked[f1.argmax()]) if f1.any() else np.inf


def candidate_pairs(space: Space, candidates: Candidates) -> tuple[Rows, Array]:
    """Pair sentences by the ratio margin.

    Parameters
    ----------
    space : Space
        Of sentences; its k is the neighbourhood of the margin.
    candidates : {'forward', 'backward', 'max'}
        As `Mined` has them.

    Returns
    -------
    pairs : (p, 2) array of int
    scores : (p,) array of float32
    """
    if candidates != "max":
        return space.induce(candidates, 0, "margin")
    pairs, scores = space.induce("union", 0, "margin")
    kept = once(pairs, scores)
    return pairs[kept], scores[kept]


def once(pairs: Rows, scores: Array) -> npt.NDArray[np.bool_]:
    """Tell which pairs to keep so that no sentence is taken twice, the best first.

    Parameters
    ----------
    pairs : (p, 2) array of int
    scores : (p,) array

    Returns
    -------
    (p,) array of bool
    """
    taken: tuple[set[int], set[int]] = set(), set()
    kept = np.zeros(len(pairs), dtype=bool)
    for i in np.argsort(-scores, kind="stable"):
        source, target = pairs[i].tolist()
        if source not in taken[0] and target not in taken[1]:
            kept[i] = True
            taken[0].add(source)
            taken[1].add(target)
    return kept
