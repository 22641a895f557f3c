"""Several languages in one space: the solver, on arrays."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import ortho_group

from align import Multistep
from align.normalize import unit
from align.presets import grown_jointly
from align.solvers.generalised import Generalised, Grown, JointProblem, layers
from align.solvers.multistep import spread

ORTHOGONAL = Multistep(whiten=False, dewhiten=0, reweight=0)


def turned(rng, noise, count=4, n=60, d=6):
    """Return `count` rotations of one space, with noise of their own."""
    x = rng.standard_normal((n, d))
    return [
        x @ ortho_group.rvs(d, random_state=rng) + noise * rng.standard_normal((n, d))
        for _ in range(count)
    ]


def paired(rows, *pairs):
    both = np.column_stack([rows, rows])
    return dict.fromkeys(pairs, both)


ALL = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
STAR = [(0, 1), (1, 2), (1, 3)]


@pytest.mark.parametrize("pairs", [ALL, STAR, [(0, 1), (1, 2), (2, 3)]])
@pytest.mark.parametrize("root", [0, 2])
def test_rotations_of_one_space_become_one_space(rng, pairs, root):
    sides = turned(rng, noise=0)

    solution = Generalised()(JointProblem(sides, paired(np.arange(40), *pairs), root))

    first, *rest = (unit(map_(side)) for map_, side in zip(solution.maps, sides, strict=True))
    for other in rest:
        assert_allclose(other, first, atol=1e-6)
    assert solution.losses[0][-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "step", [Multistep(), Multistep(reweight=1, dewhiten=0.5), Multistep(dimensions=3), ORTHOGONAL]
)
def test_with_two_languages_it_is_the_bilingual_mapping(noisy, step):
    two = step(noisy)

    joint = Generalised(step=step)(JointProblem([noisy.x, noisy.y], {(0, 1): noisy.pairs}))

    x, y = (unit(map_(side)) for map_, side in zip(joint.maps, (noisy.x, noisy.y), strict=True))
    other_x, other_y = map(unit, two.mapped(noisy))
    assert_allclose(x @ y.T, other_x @ other_y.T, atol=1e-8)  # the same up to a rotation of all
    assert_allclose(x @ x.T, other_x @ other_x.T, atol=1e-8)


def test_orthogonal_steps_alone_are_procrustes_in_a_star(rng):
    sides = turned(rng, noise=0.3)
    problem = JointProblem(sides, paired(np.arange(40), *STAR), root=1)

    maps = [map_.w for map_ in Generalised(step=ORTHOGONAL)(problem).maps]

    for i in (0, 2, 3):
        u, _, vt = np.linalg.svd(sides[i][:40].T @ sides[1][:40])
        assert_allclose(maps[i] @ maps[1].T, u @ vt, atol=1e-9)


def test_the_loss_never_rises_and_is_that_of_the_definition(rng):
    sides = turned(rng, noise=1)
    rows = {pair: np.column_stack([rng.permutation(60)[:40]] * 2) for pair in ALL}
    solver = Generalised(step=Multistep(dewhiten=0, reweight=0), tolerance=0)

    solution = solver(JointProblem(sides, rows))

    [losses] = solution.losses
    assert len(losses) > 3
    assert (np.diff(losses) <= 1e-12).all()
    x = [map_(side) for map_, side in zip(solution.maps, sides, strict=True)]  # whitened, mapped
    apart = [np.sum((x[i][r[:, 0]] - x[j][r[:, 1]]) ** 2, axis=1) for (i, j), r in rows.items()]
    assert_allclose(np.mean(apart) / (2 * 6), losses[-1], atol=1e-9)


def test_seed_rows_of_all_pairs_together_are_whitened(rng):
    sides = turned(rng, noise=1)
    rows = {pair: np.column_stack([rng.permutation(60)[:40]] * 2) for pair in ALL}

    maps = Generalised(step=Multistep(dewhiten=0, reweight=0))(JointProblem(sides, rows)).maps

    seen = np.concatenate([sides[0][r[:, 0]] for pair, r in rows.items() if 0 in pair])
    assert_allclose(maps[0](seen).T @ maps[0](seen) / len(seen), np.eye(6), atol=1e-9)


def test_a_language_is_weighted_as_least_squares_to_where_the_others_are(rng):
    sides = turned(rng, noise=1)
    rows = {pair: np.column_stack([rng.permutation(60)[:40]] * 2) for pair in ALL}
    problem = JointProblem(sides, rows)
    steps = (Multistep(dewhiten=0, reweight=power) for power in (0, 1))

    plain, weighted = (
        Generalised(step=step, tolerance=0, rounds=5000)(problem).maps for step in steps
    )

    for i in range(4):
        ours = [(pair, r[:, pair.index(i)]) for pair, r in rows.items() if i in pair]
        x = np.concatenate([sides[i][r] for _, r in ours])
        goal = np.concatenate([plain[sum(pair) - i](sides[sum(pair) - i][r]) for pair, r in ours])
        best, *_ = np.linalg.lstsq(x, goal, rcond=None)
        assert_allclose(weighted[i].w, best * len(ours) / len(rows), atol=1e-4)


def test_no_nearby_rotation_of_one_language_is_better(rng):
    sides = turned(rng, noise=1)
    problem = JointProblem(sides, paired(np.arange(40), *ALL))
    maps = [map_.w for map_ in Generalised(step=ORTHOGONAL, tolerance=0)(problem).maps]

    def apart(maps):
        return sum(np.sum((sides[i][:40] @ maps[i] - sides[j][:40] @ maps[j]) ** 2) for i, j in ALL)

    for _ in range(20):
        change = 1e-3 * rng.standard_normal((6, 6))
        turn = np.linalg.qr(np.eye(6) + change - change.T)[0]
        assert apart([maps[0], maps[1] @ turn, *maps[2:]]) > apart(maps)


def test_languages_join_the_closest_next_and_each_comes_to_all_that_are_there(rng):
    x = rng.standard_normal((60, 6))
    noisy = [x + noise * rng.standard_normal((60, 6)) for noise in (0.0, 0.8, 0.1, 0.4)]
    sides = [side @ spread(side, -1) for side in noisy]
    problem = JointProblem(sides, paired(np.arange(60), *ALL))

    maps = [map_.w for map_ in Generalised(step=ORTHOGONAL, rounds=0)(problem).maps]

    there = sides[0] @ maps[0]
    for i in (2, 3, 1):
        u, _, vt = np.linalg.svd(sides[i].T @ there)
        assert_allclose(maps[i], u @ vt, atol=1e-9)
        there = there + sides[i] @ maps[i]


def test_rounds_end_below_where_languages_joined(rng):
    problem = JointProblem(turned(rng, noise=1), paired(np.arange(40), *ALL), root=1)

    [joined], [losses] = (Generalised(rounds=n)(problem).losses for n in (0, 200))

    assert losses[0] == joined[0]
    assert losses[-1] < losses[0]


def test_a_star_is_the_optimum_at_once(rng):
    problem = JointProblem(turned(rng, noise=1), paired(np.arange(40), *STAR), root=1)

    solution = Generalised()(problem)

    [losses] = solution.losses
    assert_allclose(losses, losses[0])
    assert solution.converged


@pytest.mark.parametrize("hub", [True, False])
def test_growing_finds_the_words_that_the_seeds_lack(rng, hub):
    sides = [unit(side) for side in turned(rng, noise=0.05, n=80, d=8)]
    seeds = {**paired(np.arange(30), *STAR), (0, 2): np.empty((0, 2), dtype=np.intp)}

    solution = grown_jointly(hub=hub, k=5)(JointProblem(sides, seeds, root=1))

    for pair in seeds:  # as well where there were no seeds
        assert len(solution.pairs[pair]) > 70
        assert np.mean(solution.pairs[pair][:, 0] == solution.pairs[pair][:, 1]) > 0.95
    assert len(solution.losses) >= 3


def test_seeds_stay_also_where_the_maps_contradict_them(rng):
    sides = [unit(side) for side in turned(rng, noise=0.05)]
    seeds = {
        **paired(np.arange(30), *STAR),
        (0, 1): np.array([*[[i, i] for i in range(30)], [3, 50]]),
    }

    solution = grown_jointly(hub=True, k=5)(JointProblem(sides, seeds, root=1))

    assert [3, 50] in solution.pairs[0, 1].tolist()


def test_inputs_are_not_changed_and_the_same_input_gives_the_same_maps(rng):
    sides = [unit(side) for side in turned(rng, noise=0.3)]
    before = [side.copy() for side in sides]
    problem = JointProblem(sides, paired(np.arange(40), *ALL))

    one, other = (grown_jointly(hub=False, k=5)(problem) for _ in range(2))

    for a, b in zip(one.maps, other.maps, strict=True):
        assert np.array_equal(a.w, b.w)
    for side, copy in zip(sides, before, strict=True):
        assert np.array_equal(side, copy)


def test_layers_are_the_distances_in_a_graph():
    assert layers([(0, 1), (2, 1), (3, 2), (4, 5)], 0) == [{0}, {1}, {2}, {3}]


def test_sides_that_no_seeds_lead_to_are_an_error(rng):
    sides = turned(rng, noise=0)
    pairs = {**paired(np.arange(9), (0, 1), (2, 3)), (1, 2): np.empty((0, 2), dtype=np.intp)}

    with pytest.raises(ValueError, match=r"no seeds lead from side 0 to \[2, 3\]"):
        JointProblem(sides, pairs)


def test_other_dimensions_are_an_error_with_a_remedy(rng):
    sides = [rng.standard_normal((20, d)) for d in (6, 6, 5)]

    with pytest.raises(ValueError, match=r"got \[5, 6\]; --normalize unit,center,pca:5,unit"):
        JointProblem(sides, paired(np.arange(9), (0, 1), (1, 2)))


def test_rows_that_do_not_exist_are_an_error(rng):
    with pytest.raises(ValueError, match="pairs name rows"):
        JointProblem(turned(rng, noise=0), paired(np.array([60]), (0, 1), (1, 2), (2, 3)))


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Generalised, {"tolerance": -1}),
        (Generalised, {"rounds": -1}),
        (Grown, {"k": 0, "solver": Generalised(), "last": Generalised()}),
    ],
)
def test_impossible_settings_are_an_error(kind, wrong):
    with pytest.raises(ValueError, match="need .*-1|need .*0"):
        kind(**wrong)
