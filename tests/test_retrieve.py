import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from align.normalize import unit
from align.retrieve import Space
from align.retrieve.csls import csls_best


@pytest.fixture
def two(rng):
    x, y = rng.standard_normal((2, 70, 5)).astype(np.float32)
    y = y[:50]
    return [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y)]


def csls_by_hand(x, y, k):
    """Return the full matrix of ``2 cos - r - r``, written slowly from the definition."""
    n, m = len(x), len(y)
    cosine = [[float(x[i] @ y[j]) for j in range(m)] for i in range(n)]
    r_x = [sum(sorted(cosine[i], reverse=True)[:k]) / k for i in range(n)]
    r_y = [sum(sorted((cosine[i][j] for i in range(n)), reverse=True)[:k]) / k for j in range(m)]
    return np.array([[2 * cosine[i][j] - r_x[i] - r_y[j] for j in range(m)] for i in range(n)])


@pytest.mark.parametrize("k", [1, 4, 10])
def test_csls_agrees_with_its_definition(two, k):
    x, y = two
    expected = csls_by_hand(x, y, k)

    found = Space.of(x, y, k).nearest(range(len(x)), 5)

    best = np.argsort(-expected, axis=1)[:, :5]
    np.testing.assert_array_equal(found.rows, best)
    assert_allclose(found.scores, np.take_along_axis(expected, best, axis=1), atol=1e-5)


def test_the_reversed_space_asks_from_target_to_source(two):
    x, y = two
    expected = csls_by_hand(x, y, 3).T

    found = Space.of(x, y, 3).reversed.nearest(range(len(y)), 1)

    np.testing.assert_array_equal(found.rows[:, 0], expected.argmax(axis=1))


def test_a_space_scales_its_rows(two):
    x, y = two

    np.testing.assert_array_equal(
        Space.of(5 * x, 0.1 * y, 4).nearest([0, 1], 3).rows,
        Space.of(x, y, 4).nearest([0, 1], 3).rows,
    )


@pytest.mark.parametrize("retrieval", ["csls", "nn"])
@pytest.mark.parametrize("max_rank", [0, 20])
@pytest.mark.parametrize("direction", ["mutual", "forward", "backward", "union"])
def test_induced_pairs_are_those_of_the_whole_matrix(two, retrieval, max_rank, direction):
    x, y = two
    scores = csls_by_hand(x, y, 5) if retrieval == "csls" else (x @ y.T).astype(float)
    there = {(i, j) for i, j in enumerate(scores.argmax(axis=1))}
    back = {(i, j) for j, i in enumerate(scores.argmax(axis=0))}
    wanted = {"mutual": there & back, "forward": there, "backward": back, "union": there | back}
    limit = max_rank or 1000
    expected = sorted((i, j) for i, j in wanted[direction] if i < limit and j < limit)

    pairs, found = Space.of(x, y, 5).induce(direction, max_rank, retrieval)

    assert [tuple(pair) for pair in pairs] == expected
    assert_allclose(found, [scores[i, j] for i, j in expected], atol=1e-5)


def test_the_rank_limit_leaves_out_the_next_word():
    x = np.eye(4, dtype=np.float32)

    pairs, _ = Space.of(x, x[[3, 0, 1, 2]], 2).induce("mutual", 2, "nn")

    assert pairs.tolist() == [[0, 1]]  # 1 goes with row 2, the third word of the target


def test_what_the_neighbours_settle_is_what_a_search_finds(rng):
    hubs = rng.standard_normal((400, 6)) + 0.8  # a common direction makes hubs
    x, y = unit(hubs.astype(np.float32)[:250]), unit(hubs.astype(np.float32)[150:])
    space = Space.of(x, y, 5)

    rows, scores, certain = csls_best(space.source.near, space.target.near)

    searched = space.nearest(range(len(x)), 1)
    assert 0.3 < certain.mean() < 1  # both kinds are there
    np.testing.assert_array_equal(rows[certain], searched.rows[certain, 0])
    assert_allclose(scores[certain], searched.scores[certain, 0], atol=1e-6)
    np.testing.assert_array_equal(space.best(np.arange(len(x)))[0], searched.rows[:, 0])


def test_the_best_by_cosine_is_known_without_a_search(two):
    class Unasked:
        base = two[1]

    space = Space.of(*two, 3)
    rows = np.array([7, 0, 7])
    expected = space.nearest(rows, 1, "nn")

    target = replace(space.target, index=Unasked())
    found, scores = replace(space, target=target).best(rows, "nn")

    np.testing.assert_array_equal(found, expected.rows[:, 0])
    np.testing.assert_array_equal(scores, expected.scores[:, 0])


def test_the_inverted_softmax_divides_by_the_sum_over_sources(two):
    x, y = two
    weights = np.exp((x @ y.T).astype(float) / 0.05)
    expected = weights / weights.sum(axis=0)

    found = Space.of(x, y, 5).nearest(range(len(x)), 3, "invsoftmax", temperature=0.05)

    best = np.argsort(-expected, axis=1)[:, :3]
    np.testing.assert_array_equal(found.rows, best)
    assert_allclose(found.scores, np.take_along_axis(expected, best, axis=1), rtol=1e-4)


def test_a_small_temperature_does_not_overflow(two):
    found = Space.of(*two, 5).nearest([0], 1, "invsoftmax", temperature=1e-3)

    assert np.isfinite(found.scores).all()
    with pytest.raises(ValueError, match="above 0, got 0"):
        Space.of(*two, 5).nearest([0], 1, "invsoftmax", temperature=0)


def test_the_margin_is_a_ratio_among_the_nearest(two):
    x, y = two
    cosine = (x @ y.T).astype(float)
    r_x = -np.sort(-cosine, axis=1)[:, :4].mean(axis=1)
    r_y = -np.sort(-cosine, axis=0)[:4].mean(axis=0)
    near = np.argsort(-cosine, axis=1)[:, :4]
    ratio = cosine / ((r_x[:, None] + r_y) / 2)

    found = Space.of(x, y, 4).nearest(range(len(x)), 2, "margin")

    for i, rows in enumerate(found.rows):
        expected = sorted(near[i], key=lambda j: -ratio[i, j])[:2]
        assert list(rows) == expected
        assert_allclose(found.scores[i], ratio[i, expected], rtol=1e-4)


@pytest.mark.parametrize("forward", [True, False])
def test_agreement_is_csls_less_a_quarter_of_what_the_best_source_is_ahead(two, forward):
    csls = csls_by_hand(*two, 5)
    expected = csls - 0.25 * (csls.max(axis=0) - csls)

    space = Space.of(*(two if forward else two[::-1]), 5)
    space = space if forward else space.reversed
    found = space.nearest(range(len(two[0])), 3, "agreement")

    best = np.argsort(-expected, axis=1)[:, :3]
    assert (best != np.argsort(-csls, axis=1)[:, :3]).any()
    np.testing.assert_array_equal(found.rows, best)
    assert_allclose(found.scores, np.take_along_axis(expected, best, axis=1), atol=1e-5)


@pytest.mark.parametrize("direction", ["mutual", "union"])
def test_the_score_of_a_pair_is_that_from_the_source(two, direction):
    space = Space.of(*two, 5)
    rows, scores = space.best(np.arange(len(two[0])), "invsoftmax")

    pairs, found = space.induce(direction, 0, "invsoftmax")

    forward = {(i, int(j)): score for i, (j, score) in enumerate(zip(rows, scores, strict=True))}
    same = [
        (forward[i, j], s)
        for (i, j), s in zip(map(tuple, pairs), found, strict=True)
        if (i, j) in forward
    ]
    assert len(same) > 5
    assert_allclose(*zip(*same, strict=True))


def test_what_is_unknown_is_named(two):
    space = Space.of(*two, 5)
    with pytest.raises(
        ValueError, match="one of csls, nn, invsoftmax, margin, agreement, got 'cosine'"
    ):
        space.nearest([0], 3, "cosine")
    with pytest.raises(ValueError, match="one of mutual, .*, got 'both'"):
        space.induce("both")
    with pytest.raises(ValueError, match="between 1 and the 50 vectors .* got 0"):
        space.nearest([0], 0, "margin")


def test_a_margin_over_means_that_are_not_positive_is_finite_and_keeps_the_order():
    x = unit(np.abs(np.random.default_rng(0).standard_normal((12, 3))).astype(np.float32))
    x[3] = 0

    found = Space.of(x, -x, 3).nearest(range(12), 3, "margin")

    assert np.isfinite(found.scores).all()
    cosines = np.einsum("qd,qkd->qk", x, -x[found.rows])
    assert (np.diff(cosines, axis=1) <= 1e-6).all()


def test_a_space_that_was_kept_answers_alike(two):
    space = Space.of(*two, 5)

    again = Space.known(space.x, space.y, space.source.near, space.target.near)

    np.testing.assert_array_equal(again.nearest([3], 5).rows, space.nearest([3], 5).rows)
    np.testing.assert_array_equal(again.induce()[0], space.induce()[0])


def test_too_large_a_neighbourhood_is_named(two):
    x, y = two
    with pytest.raises(ValueError, match=r"between 1 and .* \(50\), got 51"):
        Space.of(x, y, 51)


def test_a_machine_without_faiss_is_told_the_remedy(two, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)

    with pytest.raises(ImportError, match=r"pip install 'align-embeddings\[cpu\]'"):
        Space.of(*two, 1)
