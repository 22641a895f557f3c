"""`World`: several languages, normalised, with what they have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np

from align.evaluate import Gold
from align.gold import gold_of, rows_of
from align.maps import Array
from align.multilingual.seeds import Lexicons, Pair, Seeds, require_connected, seeds_of, turned
from align.normalize import Normalization
from align.problem import Problem
from align.retrieve import require_neighbourhood
from align.retrieve.neighbours import Rows
from align.solvers.generalised import JointProblem
from align.solvers.procrustes import procrustes
from dictionaries import Lexicon
from embeddings import Embeddings

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class World:
    """Several languages, normalised, with what they have in common.

    Parameters
    ----------
    languages : mapping of str to Embeddings
        In order of their names: whatever order they were given in, the numbers are the same.
    normalizations : mapping of str to Normalization
    x : mapping of str to (n, d) array
        The normalised vectors.
    seeds : mapping of (str, str) to Seeds
        Of pairs of names in order.
    tests : mapping of (str, str) to Lexicon
        In both directions.
    k : int
        The neighbourhood of CSLS.
    """

    languages: Mapping[str, Embeddings]
    normalizations: Mapping[str, Normalization]
    x: Mapping[str, Array]
    seeds: Mapping[Pair, Seeds]
    tests: Mapping[Pair, Lexicon]
    k: int

    @classmethod
    def of(
        cls,
        languages: Mapping[str, Embeddings],
        lexicons: Lexicons,
        test: Lexicons,
        normalize: str,
        k: int,
    ) -> World:
        """Normalise, and find seeds; an error where these do not connect all languages."""
        ordered = {name: languages[name] for name in sorted(languages)}
        for a, b in combinations(ordered.values(), 2):
            require_neighbourhood(k, len(a), len(b))
        tests = turned(test, ordered)
        seeds = seeds_of(ordered, lexicons, tests)
        require_connected(list(ordered), seeds)
        fitted = {n: Normalization.fitted(one.vectors, normalize) for n, one in ordered.items()}
        normalizations = {name: one for name, (one, _) in fitted.items()}
        x = {name: vectors for name, (_, vectors) in fitted.items()}
        world = cls(ordered, normalizations, x, seeds, tests, k)
        for pair in tests:
            world.gold(pair)  # its error now, not after hours of work
        return world

    def gold(self, pair: Pair) -> Gold:
        """Return the test dictionary of a direction, as rows."""
        return gold_of(self.tests[pair], *(self.languages[name] for name in pair))

    def rows(self, pair: Pair) -> Rows:
        """Return the seeds of a pair, as rows; none where it has no dictionary."""
        if pair not in self.seeds:
            return np.empty((0, 2), dtype=np.intp)
        return rows_of(self.seeds[pair].lexicon.pairs, *(self.languages[name] for name in pair))

    def problem(self, pair: Pair) -> Problem:
        """Return a pair of languages with their seeds."""
        a, b = pair
        return Problem(self.x[a], self.x[b], self.rows(pair))

    def rotation(self, pair: Pair) -> Array:
        """Return the orthogonal map from one language of a pair with seeds to the other, (d, d)."""
        return procrustes(*self.problem(pair).paired).w

    def joined(self, root: str) -> JointProblem:
        """Return all languages, with the seeds of all pairs."""
        at = {name: i for i, name in enumerate(self.languages)}
        rows = {(at[a], at[b]): self.rows((a, b)) for a, b in combinations(self.languages, 2)}
        return JointProblem(tuple(self.x.values()), rows, at[root])

    def named(self, found: Mapping[tuple[int, int], T]) -> dict[Pair, T]:
        """Return what a joint solution tells of pairs, by the names of their languages."""
        names = list(self.languages)
        return {(names[i], names[j]): one for (i, j), one in found.items()}
