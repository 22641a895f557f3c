"""What maps make of several languages: translations between all of them, and what these score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from align.maps import Array, LinearMap
from align.multilingual.record import Agreement, Cycle, Direction
from align.multilingual.scores import agreed, drift, precision, returned, rings, steps_of, tables
from align.multilingual.seeds import Pair, between
from align.multilingual.world import World
from align.record import LexiconRecord
from align.retrieve import Space, ready
from align.retrieve.neighbours import Rows
from align.solvers import Solver
from align.solvers.solution import Solution, require_linear
from align.steps import OnStep, Step

FREQUENT = 1000  # words of a language that are sent round


@dataclass(frozen=True, eq=False)
class View:
    """The best translation of every word between languages, by CSLS.

    Parameters
    ----------
    tables : mapping of (str, str) to (n,) array of int
        The row of the translation of each word of the first language.
    maps : mapping of (str, str) to (d, d) array
        What takes vectors of one language to those of another, where they are not in one space.
    """

    tables: dict[Pair, Rows] = field(default_factory=dict)
    maps: dict[Pair, Array] = field(default_factory=dict)


def agreements(world: World, seed: int, on_step: OnStep) -> list[Agreement]:
    """Measure how well quick maps of every pair that has seeds translate others of its seeds."""
    found = []
    for done, pair in enumerate(world.seeds):
        hits, asked = agreed(world.problem(pair), world.k, seed, on_step)
        found.append(Agreement(pair, hits, asked))
        on_step(Step("agreement", done + 1, len(world.seeds)))
    return found


def together(
    world: World, vectors: Mapping[str, Array], like: Mapping[Pair, Space], on_step: OnStep
) -> tuple[View, dict[Pair, Space]]:
    """Look at all languages in one space; returns the neighbours between every two as well."""
    sides = {name: ready(rows) for name, rows in vectors.items()}
    view, spaces = View(), {}
    pairs = list(combinations(sides, 2))
    for done, (a, b) in enumerate(pairs):
        near = like.get((a, b))
        spaces[a, b] = Space.of(sides[a], sides[b], world.k, like=near, on_step=on_step)
        view.tables.update(tables(spaces[a, b], (a, b), on_step))
        on_step(Step("translating", done + 1, len(pairs)))
    return view, spaces


def apart(world: World, solver: Solver, on_step: OnStep) -> View:
    """Make a separate map of every pair that has seeds, and look at both languages under it."""
    view = View()
    for done, pair in enumerate(world.seeds):
        problem = world.problem(pair)
        solution = solver(problem, on_step=on_step)
        sides = solution.mapped(problem)
        space = Space.of(*sides, world.k, like=solution.space, on_step=on_step)
        view.tables.update(tables(space, pair, on_step))
        view.maps.update(_transfers(solver, solution, pair))
        on_step(Step("separate maps", done + 1, len(world.seeds)))
    return view


def _transfers(solver: Solver, solution: Solution, pair: Pair) -> dict[Pair, Array]:
    """Return the maps from each language of a pair to the other."""
    x = require_linear(solver, solution.map)
    y = require_linear(solver, solution.target or LinearMap(np.eye(x.shape[1])))
    return {pair: x.then(y.inverse).w, pair[::-1]: y.then(x.inverse).w}


def directions(
    world: World, one: View, separate: View, edges: Iterable[Pair], seed: int
) -> tuple[Direction, ...]:
    """Score every direction that has a test dictionary."""
    edges = list(edges)
    found = []
    for pair, test in world.tests.items():
        gold = world.gold(pair)
        table = separate.tables.get(pair)
        direct = None if table is None else precision(gold, table, seed)
        shared = precision(gold, one.tables[pair], seed)
        record = LexiconRecord.of(test, *(world.languages[name] for name in pair))
        via = () if pair in edges or pair[::-1] in edges else between(*pair, edges)
        found.append(Direction(*pair, via, record, shared, direct))
    return tuple(found)


def cycles(world: World, one: View, separate: View) -> tuple[Cycle, ...]:
    """Send the most frequent words of every language round all pairs of others."""
    found = []
    for ring in rings(world.languages):
        words = min(FREQUENT, len(world.languages[ring[0]]))
        back = returned(one.tables, ring, words)
        if all(pair in separate.tables for pair in steps_of(ring)):
            others = returned(separate.tables, ring, words)
            strayed = drift(separate.maps, ring, world.x[ring[0]][:words])
            found.append(Cycle(ring, words, back, others, strayed))
        else:
            found.append(Cycle(ring, words, back))
    return tuple(found)
