import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose
from scipy.linalg import orthogonal_procrustes

from align import LinearMap, Problem, Procrustes, Refinement
from align.retrieve import Space
from align.solvers.procrustes import procrustes
from align.solvers.solution import describe, mean_squared_distance

SOLVERS = [Procrustes(), Refinement(rounds=2, k=3), Refinement(rounds=50, k=3, max_rank=40)]
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: f"{s.name}")


def test_procrustes_finds_a_known_rotation(rng):
    w = rotation(rng, 6)
    x = rng.standard_normal((20, 6))

    assert_allclose(procrustes(x, x @ w).w, w, atol=1e-12)


def test_procrustes_may_reflect(rng):
    x = rng.standard_normal((20, 3))
    mirror = np.diag([1.0, 1.0, -1.0])

    assert_allclose(procrustes(x, x @ mirror).w, mirror, atol=1e-12)


def test_procrustes_agrees_with_scipy(noisy):
    expected, _ = orthogonal_procrustes(*noisy.paired)

    assert_allclose(Procrustes()(noisy).map.w, expected, atol=1e-10)


def test_no_nearby_rotation_is_closer(noisy, rng):
    best = Procrustes()(noisy)

    for _ in range(50):
        skew = rng.standard_normal((6, 6)) * 0.01
        turn = np.linalg.qr(np.eye(6) + skew - skew.T)[0]
        nearby = LinearMap(best.map.w @ (turn * np.sign(np.diag(turn))))
        assert nearby.deviation < 1e-10
        assert mean_squared_distance(noisy, nearby) >= best.losses[-1]


def test_procrustes_names_the_shapes_that_differ():
    with pytest.raises(ValueError, match=r"as many rows of both sides, got \(3, 2\), \(4, 2\)"):
        procrustes(np.ones((3, 2)), np.ones((4, 2)))


@pytest.mark.parametrize(("d", "e"), [(6, 9), (9, 6)])
def test_procrustes_maps_between_different_dimensions(rng, d, e):
    w = np.linalg.qr(rng.standard_normal((max(d, e), min(d, e))))[0]
    w = w if d > e else w.T
    x = rng.standard_normal((400, d))

    found = procrustes(x, x @ w)

    assert found.shape == (d, e)
    assert found.deviation < 1e-12
    product = np.sum(found(x) * (x @ w))
    for _ in range(30):  # no other semi-orthogonal map brings them closer
        other = (
            np.linalg.qr(found.w + 0.05 * rng.standard_normal((d, e)))[0]
            if d > e
            else (np.linalg.qr((found.w + 0.05 * rng.standard_normal((d, e))).T)[0].T)
        )
        other = other * np.sign(np.sum(other * found.w, axis=1 if d < e else 0, keepdims=True))
        if d < e:
            assert_allclose(found.w, w, atol=1e-8)
        assert np.sum((x @ other) * (x @ w)) <= product


def test_refinement_maps_between_different_dimensions(rng):
    w = np.linalg.qr(rng.standard_normal((8, 5)))[0].T
    x = rng.standard_normal((80, 5))
    problem = Problem(
        x, x @ w + 0.01 * rng.standard_normal((80, 8)), np.tile(np.arange(30), (2, 1)).T
    )

    solution = Refinement(rounds=3, k=3)(problem)

    assert solution.map.shape == (5, 8)
    assert_allclose(solution.map.w, w, atol=0.02)


@each_solver
def test_a_solver_needs_seeds(solver, noisy):
    with pytest.raises(ValueError, match="needs a seed lexicon, got 0 usable pairs"):
        solver(Problem(noisy.x, noisy.y, np.empty((0, 2))))


@each_solver
def test_the_loss_reported_last_is_that_of_the_map_returned(solver, noisy):
    solution = solver(noisy)

    loss = mean_squared_distance(Problem(noisy.x, noisy.y, solution.pairs), solution.map)

    assert_allclose(loss, solution.losses[-1], rtol=1e-9)


@each_solver
def test_the_same_problem_gives_the_same_map_and_survives(solver, noisy):
    x, y, pairs = noisy.x.copy(), noisy.y.copy(), noisy.pairs.copy()

    first, second = solver(noisy), solver(noisy)

    np.testing.assert_array_equal(first.map.w, second.map.w)
    np.testing.assert_array_equal(noisy.x, x)
    np.testing.assert_array_equal(noisy.y, y)
    np.testing.assert_array_equal(noisy.pairs, pairs)
    assert first.map.deviation < 1e-10


def test_a_round_of_refinement_is_procrustes_on_the_mutual_neighbours(noisy):
    start = Procrustes()(noisy)
    pairs, _ = Space.of(start.map(noisy.x), noisy.y, 4).induce(max_rank=25)
    expected = procrustes(noisy.x[pairs[:, 0]], noisy.y[pairs[:, 1]])

    solution = Refinement(rounds=1, k=4, max_rank=25)(noisy)

    assert_allclose(solution.map.w, expected.w, atol=1e-10)
    np.testing.assert_array_equal(solution.pairs, pairs)


def test_refinement_repairs_a_map_from_few_seeds(rng):
    x = rng.standard_normal((300, 10))
    y = x @ rotation(rng, 10) + 0.05 * rng.standard_normal((300, 10))
    few = Problem(x, y, np.column_stack([np.arange(8), np.arange(8)]))

    def correct(solution):
        found = Space.of(solution.map(x), y).nearest(range(300), 1).rows[:, 0]
        return np.mean(found == np.arange(300))

    assert correct(Procrustes()(few)) < 0.9
    assert correct(Refinement()(few)) == 1


def test_refinement_stops_where_nothing_changes(noisy):
    solution = Refinement(rounds=50, k=3)(noisy)

    assert solution.converged
    assert len(solution.losses) < 51
    again = Space.of(solution.map(noisy.x), noisy.y, 3).induce(max_rank=10_000)[0]
    np.testing.assert_array_equal(again, solution.pairs)


@pytest.mark.parametrize("bad", [{"rounds": 0}, {"k": 0}, {"max_rank": -1}])
def test_hyperparameters_out_of_range_are_named(bad):
    with pytest.raises(ValueError, match=f"got .*{next(iter(bad.values()))}"):
        Refinement(**bad)


def test_a_solver_describes_itself_with_its_start():
    assert describe(Refinement(rounds=3)) == {
        "name": "refinement",
        "rounds": 3,
        "start": {"name": "procrustes"},
        "k": 10,
        "max_rank": Refinement.max_rank,
    }
