import re

import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose
from scipy.linalg import orthogonal_procrustes, subspace_angles

from align import (
    RCSLS,
    Adversarial,
    Audited,
    Auto,
    Contrastive,
    GeoMM,
    KernelResidual,
    LinearMap,
    Multistep,
    PcaICP,
    Problem,
    Procrustes,
    Refinement,
    Ridge,
    SelfLearning,
    SimilarityStart,
    WassersteinProcrustes,
)
from align.retrieve import Space
from align.solvers.procrustes import procrustes
from align.solvers.solution import describe, mean_squared_distance

LEAST_SQUARES = [
    Procrustes(),
    Multistep(),
    Multistep(whiten=False, dewhiten=0, reweight=0, dimensions=4),
    Refinement(rounds=2, k=3),
    Refinement(rounds=50, k=3, max_rank=40),
    Refinement(rounds=2, k=3, start=Multistep(), solver=Multistep(), keep_seeds=True),
    Refinement(rounds=2, k=3, retrieval="nn", limit=20),
    Ridge(),
    Ridge(penalty=0),
    KernelResidual(),
    KernelResidual(start=Procrustes(), both=False, limit=9),
    Refinement(rounds=2, k=3, solver=KernelResidual()),
]
SEEDED = [
    *LEAST_SQUARES,
    GeoMM(),
    SelfLearning(patience=2, k=3, max_rank=50),
    Contrastive(steps=5),
    Audited(),
]
SOLVERS = [
    *SEEDED,
    SimilarityStart(k=3),
    WassersteinProcrustes(steps=3),
    PcaICP(restarts=3),
    Adversarial(hidden=(4,), epochs=2, steps=3, k=3),
    Auto(rounds=1, learning=SelfLearning(keep=1, patience=2, k=3)),
]
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


@pytest.mark.parametrize("solver", SEEDED, ids=lambda s: f"{s.name}")
def test_a_solver_needs_seeds(solver, noisy):
    with pytest.raises(ValueError, match="needs a seed lexicon, got 0 usable pairs"):
        solver(Problem(noisy.x, noisy.y, np.empty((0, 2))))


@pytest.mark.parametrize("solver", LEAST_SQUARES, ids=lambda s: f"{s.name}")
def test_the_loss_reported_last_is_that_of_the_map_returned(solver, noisy):
    solution = solver(noisy)

    problem = Problem(noisy.x, noisy.y, solution.pairs)
    loss = mean_squared_distance(problem, solution.map, solution.target)

    assert_allclose(loss, solution.losses[-1], rtol=1e-9)


@each_solver
def test_the_same_problem_gives_the_same_map_and_survives(solver, noisy):
    x, y, pairs = noisy.x.copy(), noisy.y.copy(), noisy.pairs.copy()

    first, second = solver(noisy), solver(noisy)

    np.testing.assert_equal(first.map.tensors, second.map.tensors)
    np.testing.assert_array_equal(noisy.x, x)
    np.testing.assert_array_equal(noisy.y, y)
    np.testing.assert_array_equal(noisy.pairs, pairs)


@pytest.mark.parametrize(
    "solver",
    [Procrustes(), Refinement(rounds=2, k=3), Adversarial(hidden=(4,), epochs=1, steps=3, k=3)],
)
def test_the_map_is_orthogonal(solver, noisy):
    assert solver(noisy).map.deviation < 1e-10


def multistep_by_hand(x, y, reweight, dimensions):
    """Return both maps, written slowly from the steps of Artetxe et al. 2018."""
    maps = []
    for rows in (x, y):
        _, s, vt = np.linalg.svd(rows, full_matrices=False)
        maps.append(vt.T @ np.diag(1 / s) @ vt)  # whiten
    u, s, vt = np.linalg.svd((x @ maps[0]).T @ (y @ maps[1]))  # rotate
    both = []
    for whiten, turn in zip(maps, (u, vt.T), strict=True):
        weighted = whiten @ turn @ np.diag(s**reweight)
        both.append((weighted @ turn.T @ np.linalg.inv(whiten) @ turn)[:, :dimensions])
    return both


@pytest.mark.parametrize(("reweight", "dimensions"), [(0.5, 6), (1.0, 4), (0, 6)])
def test_multistep_agrees_with_its_steps(noisy, reweight, dimensions):
    expected = multistep_by_hand(*noisy.paired, reweight, dimensions)

    solution = Multistep(reweight=reweight, dimensions=dimensions)(noisy)

    for rows, one, other in zip(
        (noisy.x, noisy.y), (solution.map, solution.target), expected, strict=True
    ):
        mapped, by_hand = one(rows), rows @ other
        assert_allclose(mapped @ mapped.T, by_hand @ by_hand.T, atol=1e-8)  # up to a sign per axis


def test_without_weights_multistep_is_procrustes_on_whitened_rows(noisy):
    plain = Multistep(whiten=False, dewhiten=0, reweight=0)(noisy)
    turn = Procrustes()(noisy).map.w

    assert_allclose(plain.map.w @ plain.target.w.T, turn, atol=1e-8)


@pytest.mark.parametrize(("reweight", "dimensions"), [(0, 0), (0.5, 4), (0, 4)])
def test_multistep_without_dewhitening_is_canonical_correlation_analysis(rng, reweight, dimensions):
    x = rng.standard_normal((80, 6))
    y = x @ rng.standard_normal((6, 7)) + rng.standard_normal((80, 7))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    known = np.sort(np.cos(subspace_angles(x, y)))[::-1]  # of the spaces that the columns span
    problem = Problem(x, y, np.tile(np.arange(80), (2, 1)).T)

    solution = Multistep(reweight=reweight, dewhiten=0, dimensions=dimensions)(problem)

    mapped = solution.mapped(problem)
    axes = dimensions or 6
    found = np.corrcoef(*mapped, rowvar=False)
    within, between = np.eye(axes), np.diag(known[:axes])
    assert_allclose(found, np.block([[within, between], [between, within]]), atol=1e-12)


def test_multistep_of_fewer_pairs_than_dimensions_stays_finite(rng):
    x = rng.standard_normal((50, 20))
    y = x @ rotation(rng, 20)

    solution = Multistep()(Problem(x, y, np.tile(np.arange(8), (2, 1)).T))

    assert np.abs(solution.map.w).max() < 10


def test_what_the_seeds_do_not_span_is_left_out_where_it_would_be_whitened(rng):
    x, y = rng.standard_normal((2, 50, 20))
    problem = Problem(x, y, np.tile(np.arange(8), (2, 1)).T)
    outside = np.linalg.qr(np.vstack([x[:8], rng.standard_normal((12, 20))]).T)[0][:, 8:].T
    cca, rotated = (
        Multistep(dewhiten=0, reweight=0),
        Multistep(whiten=False, dewhiten=0, reweight=0),
    )

    assert_allclose(cca(problem).map(outside), 0, atol=1e-9)
    assert_allclose(np.linalg.norm(rotated(problem).map(outside), axis=1), 1)


def test_refinement_with_another_solver_keeps_the_seeds(noisy):
    solution = Refinement(rounds=1, k=3, solver=Multistep(), keep_seeds=True)(noisy)

    assert {tuple(pair) for pair in noisy.pairs} <= {tuple(pair) for pair in solution.pairs}
    assert solution.target is not None
    x, y = solution.mapped(noisy)
    np.testing.assert_array_equal(y, solution.target(noisy.y))
    assert Space.of(x, y, 3).k == 3


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"reweight": -1}, "reweight >= 0 and dimensions >= 0, got -1 and 0"),
        ({"whiten": False}, "set dewhiten=0"),
    ],
)
def test_a_multistep_that_makes_no_sense_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        Multistep(**bad)


def test_a_round_of_refinement_is_procrustes_on_the_mutual_neighbours(noisy):
    start = Procrustes()(noisy)
    pairs, _ = Space.of(start.map(noisy.x), noisy.y, 4).induce(max_rank=25)
    expected = procrustes(noisy.x[pairs[:, 0]], noisy.y[pairs[:, 1]])

    solution = Refinement(rounds=1, k=4, max_rank=25)(noisy)

    assert_allclose(solution.map.w, expected.w, atol=1e-10)
    np.testing.assert_array_equal(solution.pairs, pairs)


def test_proc_b_adds_the_best_mutual_neighbours_to_the_seeds_once(noisy):
    x, y = Procrustes()(noisy).map(noisy.x), noisy.y
    cosines = x @ y.T
    there, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
    mutual = [(i, there[i]) for i in range(len(x)) if back[there[i]] == i]
    best = sorted(mutual, key=lambda pair: -cosines[pair])[:12]
    seeds = [tuple(pair) for pair in noisy.pairs]
    expected = sorted(set(seeds + best))
    assert len(seeds) < len(expected) < len(set(seeds + mutual))

    proc_b = Refinement(rounds=1, retrieval="nn", keep_seeds=True, limit=12, max_rank=0, k=3)(noisy)

    assert [tuple(pair) for pair in proc_b.pairs] == expected
    rows = np.array(expected)
    assert_allclose(proc_b.map.w, procrustes(x=noisy.x[rows[:, 0]], y=y[rows[:, 1]]).w, atol=1e-9)


def test_a_limit_above_the_pairs_changes_nothing(noisy):
    some, all_ = (Refinement(rounds=2, k=3, limit=limit)(noisy) for limit in (60, 0))

    np.testing.assert_array_equal(some.pairs, all_.pairs)


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
    assert solution.losses[-1] != solution.losses[-2]  # no pairs are solved on twice
    again = Space.of(solution.map(noisy.x), noisy.y, 3).induce(max_rank=10_000)[0]
    np.testing.assert_array_equal(again, solution.pairs)


@pytest.mark.parametrize(
    "bad", [{"rounds": 0}, {"k": 0}, {"max_rank": -1}, {"limit": -2}, {"retrieval": "cosine"}]
)
def test_hyperparameters_out_of_range_are_named(bad):
    with pytest.raises(ValueError, match=f"got .*{next(iter(bad.values()))}"):
        Refinement(**bad)


def test_a_solver_describes_itself_with_its_start():
    assert describe(Refinement(rounds=3)) == {
        "name": "refinement",
        "rounds": 3,
        "start": {"name": "procrustes"},
        "solver": {"name": "procrustes"},
        "keep_seeds": False,
        "k": 10,
        "max_rank": Refinement.max_rank,
        "retrieval": "csls",
        "limit": 0,
        "among": 0,
    }


@pytest.mark.parametrize(
    ("solver", "told"),
    [
        (RCSLS(k=3, iterations=4), r"loss -?\d\.\d{4}"),
        (Contrastive(steps=4, rounds=1, k=3), r"loss -?\d\.\d{4}"),
        (SelfLearning(k=3, keep=0.5, max_rounds=5), r"objective \d\.\d{4}, p = [\d.]+"),
    ],
)
def test_every_step_tells_the_objective(noisy, solver, told):
    steps = []

    solver(noisy, on_step=steps.append)

    own = [
        step.told for step in steps if step.stage.lower() == solver.name and step.done < step.total
    ]
    assert len(own) >= 3
    assert all(re.fullmatch(told, text) for text in own)


def test_refinement_among_the_frequent_words_does_not_see_the_others(noisy):
    few = Problem(noisy.x[:40], noisy.y[:40], noisy.pairs)
    within = Refinement(rounds=3, k=3, max_rank=0)(few)

    among = Refinement(rounds=3, k=3, max_rank=0, among=40)(noisy)

    np.testing.assert_array_equal(among.pairs, within.pairs)
    assert_allclose(among.map.w, within.map.w, atol=1e-12)
    assert among.space is None  # it would not be of all words
    assert Refinement(rounds=3, k=3, max_rank=0, among=len(noisy.x))(noisy).space is not None
