"""The rank of right answers: what a search of everything would give, on every search."""

import numpy as np
import pytest
from test_retrieve import csls_by_hand
from test_search import EXACT

from align.normalize import unit
from align.retrieve import Flat, Space, fast, using
from align.retrieve import ranks as ranking
from align.retrieve.fast import Fast

WAYS = ["nn", "csls", "invsoftmax", "agreement"]


@pytest.fixture
def hubs(rng):
    rows = rng.standard_normal((150, 12)).astype(np.float32) + 0.4
    return unit(rows[:60]), unit(rows[50:])


@pytest.fixture
def tied(rng):
    """Every row is one of seven, so that most scores are equal to others."""
    kinds = unit(rng.standard_normal((7, 12)).astype(np.float32))
    return kinds[rng.integers(0, 7, 60)], kinds[rng.integers(0, 7, 100)]


def every_pair(x, y):
    return np.stack(np.meshgrid(range(len(x)), range(len(y)), indexing="ij"), -1).reshape(-1, 2)


@pytest.mark.parametrize("search", EXACT)
@pytest.mark.parametrize("retrieval", WAYS)
@pytest.mark.parametrize("data", ["hubs", "tied"])
def test_a_rank_is_the_place_in_the_whole_list(search, retrieval, data, request):
    x, y = request.getfixturevalue(data)
    with using(search):
        space = Space.of(x, y, 5)
        found = space.nearest(range(len(x)), len(y), retrieval).rows

    ranks = space.ranks(every_pair(x, y), retrieval).reshape(len(x), len(y))

    places = np.broadcast_to(np.arange(1, len(y) + 1), found.shape)
    np.testing.assert_array_equal(np.take_along_axis(ranks, found, axis=1), places)


@pytest.mark.parametrize("retrieval", WAYS)
@pytest.mark.parametrize("data", ["hubs", "tied"])
def test_the_share_of_ranks_up_to_k_is_the_precision_of_a_search(retrieval, data, request, rng):
    x, y = request.getfixturevalue(data)
    space = Space.of(x, y, 5)
    pairs = np.column_stack([rng.permutation(len(x)), rng.integers(0, len(y), len(x))])

    ranks = space.ranks(pairs, retrieval)

    for k in (1, 5, 10):
        found = space.nearest(pairs[:, 0], k, retrieval).rows
        np.testing.assert_array_equal(ranks <= k, (found == pairs[:, 1:]).any(axis=1))


def test_ranks_by_csls_agree_with_its_definition(hubs):
    x, y = hubs
    scores = csls_by_hand(x, y, 5)
    by_hand = [[1 + sum(other > score for other in line) for score in line] for line in scores]

    ranks = Space.of(x, y, 5).ranks(every_pair(x, y), "csls")

    np.testing.assert_array_equal(ranks.reshape(len(x), len(y)), by_hand)


def test_blocks_and_pieces_change_nothing(tied, monkeypatch, rng):
    space = Space.of(*tied, 5)
    pairs = rng.permutation(every_pair(*tied))[:500]
    whole = space.ranks(pairs)

    monkeypatch.setattr(ranking, "BLOCK", 7)
    monkeypatch.setattr(ranking, "PIECE", 9)
    steps = []

    np.testing.assert_array_equal(space.ranks(pairs, on_step=steps.append), whole)
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (7, 500, 500)


def test_what_single_precision_cannot_tell_apart_is_ranked_in_double(rng):
    queries = unit(rng.standard_normal((8, 300)).astype(np.float32))
    base = queries[0] + 1e-6 * rng.standard_normal((60, 300)).astype(np.float32)
    scores = (queries.astype("f8") @ base.astype("f8").T).astype("f4")
    order = np.argsort(-scores, axis=1, kind="stable")

    found = ranking.ranks(queries, base, every_pair(queries, base)).reshape(scores.shape)

    places = np.broadcast_to(np.arange(1, len(base) + 1), order.shape)
    np.testing.assert_array_equal(np.take_along_axis(found, order, axis=1), places)


def test_a_search_that_misses_neighbours_ranks_all_the_same(hubs, monkeypatch):
    pairs = every_pair(*hubs)
    exact = Space.of(*hubs, 5)
    monkeypatch.setattr(fast, "SMALL", 0)

    with using(Fast(Flat(), recall=0.1)):
        space = Space.of(*hubs, 5)

        np.testing.assert_array_equal(space.ranks(pairs, "nn"), exact.ranks(pairs, "nn"))


def test_the_reversed_space_ranks_sources(hubs):
    pairs = every_pair(*hubs)
    x, y = hubs

    back = Space.of(x, y, 5).reversed.ranks(pairs[:, ::-1])

    np.testing.assert_array_equal(back, Space.of(y, x, 5).ranks(pairs[:, ::-1]))


def test_no_pairs_have_no_ranks(hubs):
    assert Space.of(*hubs, 5).ranks(np.empty((0, 2), dtype=int)).shape == (0,)


@pytest.mark.parametrize(("retrieval", "said"), [("margin", "score by nn"), ("dot", "'dot'")])
def test_what_does_not_rank_all_targets_is_refused(hubs, retrieval, said):
    with pytest.raises(ValueError, match=said):
        Space.of(*hubs, 5).ranks(np.array([[0, 0]]), retrieval)
