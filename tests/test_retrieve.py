import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from align.retrieve import Space, csls_search, exact_search, neighbourhood_means, search
from align.steps import Step


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


def test_exact_search_is_the_sorted_product(two):
    x, y = two
    product = x @ y.T

    found = exact_search(x, y, 7)

    np.testing.assert_array_equal(found.rows, np.argsort(-product, axis=1)[:, :7])
    assert_allclose(found.scores, -np.sort(-product, axis=1)[:, :7], atol=1e-6)


def test_equal_scores_come_in_order_of_row():
    base = np.ones((6, 2), np.float32)

    np.testing.assert_array_equal(exact_search(base[:1], base, 6).rows, [[0, 1, 2, 3, 4, 5]])


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


def test_csls_search_and_means_say_the_same_as_the_space(two):
    x, y = two
    space = Space.of(x, y, 4)
    r_x, r_y = neighbourhood_means(x, y, 4), neighbourhood_means(y, x, 4)

    found = csls_search(x[:9], y, r_x[:9], r_y, 3)

    np.testing.assert_array_equal(found.rows, space.nearest(range(9), 3).rows)


def test_a_space_scales_its_rows(two):
    x, y = two

    np.testing.assert_array_equal(
        Space.of(5 * x, 0.1 * y, 4).nearest([0, 1], 3).rows,
        Space.of(x, y, 4).nearest([0, 1], 3).rows,
    )


@pytest.mark.parametrize("retrieval", ["csls", "nn"])
@pytest.mark.parametrize("max_rank", [0, 20])
def test_mutual_pairs_are_each_others_best(two, retrieval, max_rank):
    x, y = two
    scores = csls_by_hand(x, y, 5) if retrieval == "csls" else (x @ y.T).astype(float)
    there, back = scores.argmax(axis=1), scores.argmax(axis=0)
    limit = max_rank or 1000
    expected = [(i, j) for i, j in enumerate(there) if back[j] == i and i < limit and j < limit]

    pairs, found = Space.of(x, y, 5).mutual(max_rank, retrieval)

    assert [tuple(pair) for pair in pairs] == expected
    assert_allclose(found, [scores[i, j] for i, j in expected], atol=1e-5)


def test_the_rank_limit_leaves_out_the_next_word():
    x = np.eye(4, dtype=np.float32)

    pairs, _ = Space.of(x, x[[3, 0, 1, 2]], 2).mutual(2, "nn")

    assert pairs.tolist() == [[0, 1]]  # 1 goes with row 2, the third word of the target


def test_blocks_do_not_change_the_result_and_steps_count_up(two, monkeypatch):
    x, y = two
    whole = exact_search(x, y, 3)
    monkeypatch.setattr(search, "BLOCK", 16)
    steps = []

    pieces = exact_search(x, y, 3, stage="here", on_step=steps.append)

    np.testing.assert_array_equal(pieces.rows, whole.rows)
    assert steps[0] == Step("here", 16, 70)
    assert steps[-1] == Step("here", 70, 70)


def test_too_large_a_neighbourhood_is_named(two):
    x, y = two
    with pytest.raises(ValueError, match=r"between 1 and .* \(50\), got 51"):
        Space.of(x, y, 51)
    with pytest.raises(ValueError, match="between 1 and the 50 vectors .* got 0"):
        exact_search(x, y, 0)


def test_a_machine_without_faiss_is_told_the_remedy(two, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)

    with pytest.raises(ImportError, match=r"pip install 'align-embeddings\[cpu\]'"):
        exact_search(*two, 1)
