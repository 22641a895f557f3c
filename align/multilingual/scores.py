"""What maps are worth: seeds held out, right translations, and words that come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import permutations

import numpy as np

from align.evaluate import Gold, Measure, bootstrap_interval
from align.maps import Array
from align.problem import Problem
from align.retrieve import Space
from align.retrieve.neighbours import Rows
from align.solvers import Procrustes
from align.steps import OnStep, silent

Pair = tuple[str, str]
HELD_OUT = 0.2  # of the source words of the seeds


def agreed(problem: Problem, k: int, seed: int, on_step: OnStep = silent) -> tuple[int, int]:
    """Hold out some seeds, map by the others, and translate the held-out words both ways by CSLS.

    Seeds that share a word with a held-out one are left out altogether.

    Returns
    -------
    int, int
        Right words of both sides, and all that were asked; 0 of 0 where no seeds are left to learn
        from.
    """
    words = np.unique(problem.pairs[:, 0])
    shuffled = np.random.default_rng(seed).permutation(words)
    held = np.isin(problem.pairs[:, 0], shuffled[: max(1, round(HELD_OUT * len(words)))])
    asked = problem.pairs[held]
    fit = ~held & ~np.isin(problem.pairs[:, 1], asked[:, 1])
    if not fit.any():
        return 0, 0
    seeds = Problem(problem.x, problem.y, problem.pairs[fit])
    space = Space.of(*Procrustes()(seeds).mapped(problem), k, on_step=on_step)
    ways = (space, asked), (space.reversed, asked[:, ::-1])
    right = [_right(one, pairs, on_step) for one, pairs in ways]
    return sum(hits for hits, _ in right), sum(asked for _, asked in right)


def _right(space: Space, pairs: Rows, on_step: OnStep) -> tuple[int, int]:
    sources, position = np.unique(pairs[:, 0], return_inverse=True)
    best, _ = space.best(sources, on_step=on_step)
    found = np.bincount(position, best[position] == pairs[:, 1], len(sources)) > 0
    return int(found.sum()), len(sources)


def tables(space: Space, pair: Pair, on_step: OnStep = silent) -> dict[Pair, Rows]:
    """Return the best translation of every word by CSLS, of both languages of a space."""
    a, b = pair
    return {
        (a, b): space.best(np.arange(len(space.x)), on_step=on_step)[0],
        (b, a): space.reversed.best(np.arange(len(space.y)), on_step=on_step)[0],
    }


def precision(gold: Gold, table: Rows, seed: int) -> Measure:
    """Return P@1 over the words that can be asked, from the best translation of every word."""
    right = table[gold.pairs[:, 0]] == gold.pairs[:, 1]
    hits = np.bincount(gold.answers[:, 0], right, len(gold.sources)) > 0
    interval = bootstrap_interval(hits, seed=seed)
    return Measure("P@1", "skip", float(hits.sum()), len(hits), gold.missing_words, interval)


def rings(names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return all ways round three languages, from each of them."""
    return list(permutations(sorted(names), 3))


def steps_of(ring: tuple[str, str, str]) -> tuple[Pair, Pair, Pair]:
    """Return the pairs of a ring, the last one leading back."""
    a, b, c = ring
    return (a, b), (b, c), (c, a)


def returned(tables_: Mapping[Pair, Rows], ring: tuple[str, str, str], words: int) -> int:
    """Count the first so many words that come back to themselves."""
    start = np.arange(words)
    end = reduce(lambda rows, pair: tables_[pair][rows], steps_of(ring), start)
    return int(np.count_nonzero(end == start))


def drift(maps: Mapping[Pair, Array], ring: tuple[str, str, str], x: Array) -> float:
    """Return the mean of ``||x w_ab w_bc w_ca - x|| / ||x||``; rows of zeros have none."""
    x = x[x.any(axis=1)].astype(np.float64)
    moved = reduce(lambda rows, pair: rows @ maps[pair], steps_of(ring), x)
    return float(np.mean(np.linalg.norm(moved - x, axis=1) / np.linalg.norm(x, axis=1)))
