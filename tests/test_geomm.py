import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose

from align import GeoMM, Problem
from align.retrieve import Space


@pytest.fixture
def many(rng):
    """A problem of 6 and 5 dimensions whose words have several translations."""
    x = rng.standard_normal((40, 6)) * [3, 2, 1, 1, 0.5, 0.3]
    y = x[:30] @ rng.standard_normal((6, 5)) + rng.standard_normal((30, 5))
    once = np.tile(np.arange(4, 24), (2, 1)).T
    return Problem(x, y, np.concatenate([once, once[:6] + [0, 1], once[:5] + [2, 0]]))


def objective(w, problem, penalty):
    """Written slowly: every cell of the seed words of both sides."""
    sources, targets = (sorted(set(side.tolist())) for side in problem.pairs.T)
    known = {tuple(pair) for pair in problem.pairs.tolist()}
    total = 0.0
    for i in sources:
        for j in targets:
            total += (problem.x[i] @ w @ problem.y[j] - ((i, j) in known)) ** 2
    lengths = [
        np.mean([row @ row for row in rows]) for rows in (problem.x[sources], problem.y[targets])
    ]
    return total + penalty * lengths[0] * lengths[1] * np.sum(w**2)


def whole(solution):
    """The bilinear form between both sides."""
    return solution.map.w @ solution.target.w.T


@pytest.mark.parametrize("penalty", [0.01, 1, 100])
def test_the_slope_of_the_objective_is_zero_and_no_nearby_map_is_better(many, penalty, rng):
    w = whole(GeoMM(penalty=penalty)(many))

    least = objective(w, many, penalty)
    size = np.linalg.norm(w)
    for _ in range(10):
        step = 1e-3 * size * rng.standard_normal(w.shape)
        above, below = (objective(w + s, many, penalty) - least for s in (step, -step))
        assert above > 0
        assert below > 0
        assert abs(above - below) < 1e-6 * (above + below)  # it is quadratic


def test_the_loss_is_the_objective(many):
    solution = GeoMM(penalty=0.3)(many)

    assert_allclose(solution.losses, [objective(whole(solution), many, 0.3)], rtol=1e-9)


def test_both_maps_are_a_rotation_and_the_root_of_one_metric(many):
    solution = GeoMM()(many)

    metrics = [map_.w.T @ map_.w for map_ in (solution.map, solution.target)]
    assert_allclose(*metrics, atol=1e-12)
    assert_allclose(metrics[0], np.diag(np.diag(metrics[0])), atol=1e-12)
    assert solution.map.shape == (6, 5)
    assert solution.target.shape == (5, 5)


def test_a_pair_that_is_named_twice_counts_once(many):
    twice = Problem(many.x, many.y, np.concatenate([many.pairs, many.pairs[:7]]))

    assert_allclose(whole(GeoMM()(twice)), whole(GeoMM()(many)), atol=1e-12)


def test_the_length_of_vectors_does_not_matter(many):
    longer = Problem(10 * many.x, 0.3 * many.y, many.pairs)

    one, other = GeoMM()(many), GeoMM()(longer)

    assert_allclose(whole(other) * 3, whole(one), atol=1e-12)
    assert_allclose(one.losses, other.losses)


def test_fewer_seeds_than_dimensions_find_what_they_can(rng):
    x = rng.standard_normal((200, 30))
    problem = Problem(x, x @ rotation(rng, 30), np.tile(np.arange(20), (2, 1)).T)

    solution = GeoMM(penalty=1e-6)(problem)

    between = solution.map(x[:20]) @ solution.target(problem.y[:20]).T
    assert_allclose(between, np.eye(20), atol=1e-3)


def test_seeds_teach_words_that_are_no_seeds(rng):
    x = rng.standard_normal((300, 20)).astype(np.float32)
    y = (x @ rotation(rng, 20) + 0.2 * rng.standard_normal((300, 20))).astype(np.float32)
    problem = Problem(x, y, np.tile(np.arange(100), (2, 1)).T)

    found = Space.of(*GeoMM()(problem).mapped(problem)).nearest(range(100, 300), 1)

    assert np.mean(found.rows[:, 0] == np.arange(100, 300)) > 0.98


@pytest.mark.parametrize("penalty", [0, -1, np.nan, np.inf])
def test_a_penalty_that_makes_no_sense_is_refused(penalty):
    with pytest.raises(ValueError, match=f"above 0, got {penalty}"):
        GeoMM(penalty=penalty)
