"""What maps make of several languages: translations between all of them, and what these score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from align.maps import Array
from align.multilingual.record import Agreement, Cycle, Direction
from align.multilingual.scores import agreed as agreement
from align.multilingual.scores import drift, precision, returned, rings, steps_of, tables
from align.multilingual.seeds import Pair, between, tree
from align.multilingual.world import World
from align.record import LexiconRecord
from align.retrieve import Space, ready
from align.retrieve.neighbours import Rows
from align.solvers import Solver
from align.steps import OnStep, Step

FREQUENT = 1000  # words of a language that are sent round


# For both directions of pairs, the row of the best translation of every word, by CSLS.
Tables = dict[Pair, Rows]


def agreements(world: World, seed: int, on_step: OnStep) -> list[Agreement]:
    """Measure how well quick maps of every pair that has seeds translate others of its seeds."""
    found = []
    for done, pair in enumerate(world.seeds):
        hits, asked = agreement(world.problem(pair), world.k, seed, on_step)
        found.append(Agreement(pair, hits, asked))
        on_step(Step("agreement", done + 1, len(world.seeds)))
    return found


def together(
    world: World, vectors: Mapping[str, Array], like: Mapping[Pair, Space], on_step: OnStep
) -> tuple[Tables, dict[Pair, Space]]:
    """Translate between all languages in one space; returns the neighbours of every two as well."""
    sides = {name: ready(rows) for name, rows in vectors.items()}
    found, spaces = {}, {}
    pairs = list(combinations(sides, 2))
    for done, (a, b) in enumerate(pairs):
        near = like.get((a, b))
        spaces[a, b] = Space.of(sides[a], sides[b], world.k, like=near, on_step=on_step)
        found.update(tables(spaces[a, b], (a, b), on_step))
        on_step(Step("translating", done + 1, len(pairs)))
    return found, spaces


def apart(world: World, solver: Solver, on_step: OnStep) -> Tables:
    """Translate between every two languages that have seeds, by a separate map of each pair."""
    found: Tables = {}
    for done, pair in enumerate(world.seeds):
        problem = world.problem(pair)
        solution = solver(problem, on_step=on_step)
        sides = solution.mapped(problem)
        space = Space.of(*sides, world.k, like=solution.space, on_step=on_step)
        found.update(tables(space, pair, on_step))
        on_step(Step("separate maps", done + 1, len(world.seeds)))
    return found


def directions(
    world: World,
    one: Tables,
    separate: Tables,
    agreed: Sequence[Agreement],
    root: str,
    seed: int,
) -> tuple[Direction, ...]:
    """Score every direction that has a test dictionary."""
    edges = tree(root, {each.pair: each.share for each in agreed})
    found = []
    for pair, test in world.tests.items():
        a, b = pair
        gold, through = world.gold(pair), None
        if root not in pair and {(a, root), (root, b)} <= separate.keys():
            through = separate[root, b][separate[a, root]]
        via = () if tuple(sorted(pair)) in world.seeds else between(a, b, edges)
        record = LexiconRecord.of(test, world.languages[a], world.languages[b])
        shared, direct, pivot = (
            None if table is None else precision(gold, table, seed)
            for table in (one[pair], separate.get(pair), through)
        )
        assert shared is not None  # all languages are in one space
        found.append(Direction(a, b, via, record, shared, direct, pivot))
    return tuple(found)


def cycles(world: World, one: Tables, separate: Tables) -> tuple[Cycle, ...]:
    """Send the most frequent words of every language round all pairs of others."""
    turns = {pair: world.rotation(pair) for pair in world.seeds}
    turns |= {pair[::-1]: turn.T for pair, turn in turns.items()}
    found = []
    for ring in rings(world.languages):
        words = min(FREQUENT, len(world.languages[ring[0]]))
        back, direct, strayed = returned(one, ring, words), None, None
        if all(pair in turns for pair in steps_of(ring)):
            strayed = drift(turns, ring, world.x[ring[0]][:words])
            direct = returned(separate, ring, words) if separate else None
        found.append(Cycle(ring, words, back, direct, strayed))
    return tuple(found)
