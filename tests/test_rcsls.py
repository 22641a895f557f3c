import numpy as np
import pytest
from numpy.testing import assert_allclose

from align import KernelResidual, Multistep, Problem
from align.solvers.rcsls import RCSLS, rcsls_loss, within_unit_ball


def loss_by_hand(w, x, y, pairs, k):
    total = 0.0
    for i, j in pairs:
        products = x[i] @ w @ y.T
        back = x @ w @ y[j]
        total += -2 * products[j] + np.sort(products)[-k:].mean() + np.sort(back)[-k:].mean()
    return total / len(pairs)


def test_the_loss_is_that_of_its_definition_and_the_gradient_its_slope(noisy, rng):
    w = rng.standard_normal((6, 6))
    x, y = (side.astype(np.float64) for side in (noisy.x, noisy.y))

    loss, gradient = rcsls_loss(w, x, y, noisy.pairs, 4)

    assert_allclose(loss, loss_by_hand(w, x, y, noisy.pairs, 4), rtol=1e-6)
    for _ in range(10):
        step = 1e-6 * rng.standard_normal((6, 6))
        slope = loss_by_hand(w + step, x, y, noisy.pairs, 4) - loss_by_hand(
            w - step, x, y, noisy.pairs, 4
        )
        assert_allclose(slope, 2 * np.sum(gradient * step), rtol=1e-3)


@pytest.mark.parametrize("rate", [0.1, 10.0, 1e4])
@pytest.mark.parametrize("start", [RCSLS().start, Multistep()])
def test_the_map_returned_is_the_one_whose_loss_is_reported(noisy, rate, start):
    solution = RCSLS(k=5, rate=rate, iterations=30, start=start)(noisy)

    _, y = solution.mapped(noisy)
    y = y / np.linalg.norm(y, axis=1, keepdims=True)
    loss, _ = rcsls_loss(solution.map.w, noisy.x, y, noisy.pairs, 5)
    assert_allclose(loss, solution.losses[-1], rtol=1e-6)
    assert list(solution.losses) == sorted(solution.losses, reverse=True)
    assert len(solution.losses) > 1


def test_a_spectral_map_stretches_nothing(noisy):
    solution = RCSLS(k=3, rate=5, spectral=True)(noisy)

    assert np.linalg.svd(solution.map.w)[1].max() <= 1 + 1e-9


def test_the_nearest_map_in_the_ball_is_the_map_itself_inside(rng):
    w = rng.standard_normal((4, 4))
    small = w / (2 * np.linalg.norm(w, 2))

    assert_allclose(within_unit_ball(small), small, atol=1e-12)
    assert_allclose(np.linalg.norm(within_unit_ball(w), 2), 1)


def test_it_stops_where_no_step_helps(noisy):
    solution = RCSLS(k=3, rate=100, min_rate=90, iterations=50)(noisy)

    assert solution.converged
    assert len(solution.losses) < 50


def test_the_same_problem_gives_the_same_map(noisy):
    first, second = (RCSLS(k=3)(noisy) for _ in range(2))

    np.testing.assert_array_equal(first.map.w, second.map.w)


@pytest.mark.parametrize(
    ("bad", "message"),
    [({"rate": 0}, "min_rate <= rate, got 0.0001 and 0"), ({"k": 0}, "got 0, 10")],
)
def test_hyperparameters_out_of_range_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        RCSLS(**bad)


def test_it_needs_seeds(noisy):
    with pytest.raises(ValueError, match="needs a seed lexicon"):
        RCSLS()(Problem(noisy.x, noisy.y, np.empty((0, 2))))


def test_a_start_whose_map_is_not_linear_is_refused(noisy):
    with pytest.raises(TypeError, match="rcsls starts from linear maps, but .* gives a KernelMap"):
        RCSLS(k=5, start=KernelResidual())(noisy)
