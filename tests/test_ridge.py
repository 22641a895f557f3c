import numpy as np
import pytest
from numpy.testing import assert_allclose

from align import Problem, Ridge
from align.solvers.ridge import ridge


@pytest.fixture
def paired(rng):
    """50 rows of 6 and of 4 dimensions, and a map that nearly fits."""
    x = rng.standard_normal((50, 6)) * [4, 3, 2, 1, 0.5, 0.1]
    w = rng.standard_normal((6, 4))
    return x, x @ w + rng.standard_normal((50, 4)), w


def objective(w, x, y, penalty):
    squares = np.mean([row @ row for row in x])
    return np.sum((x @ w - y) ** 2) + penalty * squares * np.sum(w**2)


@pytest.mark.parametrize("penalty", [0, 0.3, 20])
def test_the_normal_equations_hold_and_no_nearby_map_is_better(paired, penalty, rng):
    x, y, _ = paired

    w = ridge(x, y, penalty).w

    c = penalty * np.mean(np.sum(x**2, axis=1))
    assert_allclose(x.T @ (x @ w - y) + c * w, np.zeros((6, 4)), atol=1e-9)
    for _ in range(20):
        nearby = w + 1e-3 * rng.standard_normal(w.shape)
        assert objective(nearby, x, y, penalty) > objective(w, x, y, penalty)


def test_a_penalty_weighs_as_seeds_that_go_nowhere(paired):
    x, y, _ = paired
    length = np.sqrt(np.mean(np.sum(x**2, axis=1)))
    more = np.vstack([x, *[length * np.eye(6)] * 3])  # 3 times d of them
    nowhere = np.vstack([y, np.zeros((18, 4))])

    assert_allclose(ridge(x, y, 3).w, np.linalg.lstsq(more, nowhere, rcond=None)[0])


def test_the_length_of_vectors_does_not_matter(paired):
    x, y, _ = paired

    assert_allclose(ridge(10 * x, y, 0.5).w, ridge(x, y, 0.5).w / 10)


def test_a_map_without_noise_is_found(paired):
    x, _, w = paired

    assert_allclose(ridge(x, x @ w, 0).w, w, atol=1e-9)


def test_of_too_few_seeds_the_smallest_map_is_taken(paired):
    x, y, _ = paired
    x, y = x[:3], y[:3]

    w = ridge(x, y, 0).w

    assert_allclose(x @ w, y, atol=1e-9)
    assert_allclose(w, np.linalg.pinv(x) @ y, atol=1e-9)


def test_it_maps_single_precision_between_different_dimensions(paired):
    x, y, _ = (side.astype(np.float32) for side in paired)
    problem = Problem(x, y, np.tile(np.arange(50), (2, 1)).T)

    solution = Ridge(penalty=0.1)(problem)

    assert_allclose(solution.map.w, ridge(*(s.astype(float) for s in (x, y)), 0.1).w)
    assert solution.mapped(problem)[0].shape == y.shape


@pytest.mark.parametrize("penalty", [-0.1, np.nan, np.inf])
def test_a_penalty_that_makes_no_sense_is_refused(penalty):
    with pytest.raises(ValueError, match=f"0 or more, got {penalty}"):
        Ridge(penalty=penalty)
