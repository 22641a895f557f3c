from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose

import align
import embeddings
from align import KernelMap, KernelResidual, LinearMap, Multistep, Problem, Procrustes, Refinement
from align.normalize import unit
from align.retrieve import Space
from align.solvers import Solution
from align.solvers.residual import kernel_ridge


@dataclass(frozen=True)
class Known:
    """A start that gives the maps it was given."""

    map: LinearMap
    target: LinearMap | None = None
    name: ClassVar[str] = "known"

    def __call__(self, problem, *, on_step=None):
        return Solution(self.map, problem.pairs, (9.0,), converged=True, target=self.target)


@pytest.fixture
def many(rng):
    """A problem with words of several translations, rows not of length 1, and two maps."""
    x, y = 2 * rng.standard_normal((30, 5)), 3 * rng.standard_normal((40, 6))
    pairs = np.array([[7, 1], [2, 9], [7, 3], [5, 9], [0, 0], [29, 39], [7, 9], [11, 12], [11, 20]])
    start = Known(*(LinearMap(rng.standard_normal((d, 4))) for d in (5, 6)))
    return Problem(x, y, pairs), start


def bent(rng, n=900, d=8):
    """A world that a rotation and then a smooth bend made."""
    x = unit(rng.standard_normal((n, d)))
    bend = 0.5 * np.sin(2 * x @ rng.standard_normal((d, d))) @ rotation(rng, d)
    y = unit(x @ rotation(rng, d) + bend + 0.01 * rng.standard_normal((n, d)))
    return Problem(x, y, np.tile(np.arange(n // 3), (2, 1)).T)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("start", [Procrustes(), Multistep()])
def test_a_bend_that_no_linear_map_follows_is_followed(rng, start, both):
    problem = bent(rng)
    unseen = np.arange(len(problem.pairs), len(problem.x))

    def correct(solution):
        found = Space.of(*solution.mapped(problem), 5).nearest(unseen, 1, "csls").rows[:, 0]
        return np.mean(found == unseen)

    linear, solution = (
        solver(problem) for solver in (start, KernelResidual(start=start, penalty=0.01, both=both))
    )

    assert correct(linear) < 0.75
    assert correct(solution) > correct(linear) + 0.15
    assert isinstance(solution.map, KernelMap)
    assert isinstance(solution.target, KernelMap) == both


@pytest.mark.parametrize("both", [True, False])
def test_the_shift_solves_the_equations_of_kernel_ridge_regression(many, both):
    problem, start = many
    x, y = unit(start.map(problem.x)), unit(start.target(problem.y))
    share = 0.5 if both else 1
    words = [0, 2, 5, 7, 11, 29]
    goals = [y[0], y[9], y[9], (y[1] + y[3] + y[9]) / 3, (y[12] + y[20]) / 2, y[39]]
    anchors = [row / np.linalg.norm(row) for row in problem.x[words]]
    gram = np.array([[np.exp((a @ b - 1) / 0.3) for b in anchors] for a in anchors])

    solution = KernelResidual(start=start, width=0.3, penalty=0.2, both=both)(problem)

    assert_allclose(solution.map.anchors, anchors, rtol=1e-6)
    residuals = share * (np.array(goals) - x[words])
    assert_allclose((gram + 0.2 * np.eye(6)) @ solution.map.shift, residuals, atol=1e-5)
    if both:
        [there] = np.flatnonzero(np.isclose(solution.target.anchors @ unit(problem.y)[9], 1))
        back = [row / np.linalg.norm(row) for row in solution.target.anchors.astype(float)]
        gram = np.array([[np.exp((a @ b - 1) / 0.3) for b in back] for a in back])
        residual = ((gram + 0.2 * np.eye(7)) @ solution.target.shift)[there]
        assert_allclose(residual, 0.5 * ((x[2] + x[5] + x[7]) / 3 - y[9]), atol=1e-5)
    else:
        assert solution.target is start.target


def test_without_penalty_every_seed_word_goes_to_the_mean_of_its_translations(many):
    problem, start = many
    y = unit(start.target(problem.y))

    map_ = KernelResidual(start=start, width=0.3, penalty=0, both=False)(problem).map

    goals = unit(np.array([y[0], y[9], (y[1] + y[3] + y[9]) / 3]))
    assert_allclose(map_(problem.x[[0, 2, 7]]), goals, atol=1e-5)


def test_a_pair_meets_in_its_middle(rng):
    turn = LinearMap(rotation(rng, 4))
    x, y = rng.standard_normal((2, 10, 4))
    problem = Problem(x, y, np.tile(np.arange(10), (2, 1)).T)

    solution = KernelResidual(start=Known(turn), width=0.2, penalty=0)(problem)

    middle = unit(unit(turn(x)) + unit(y))
    for mapped in solution.mapped(problem):
        assert_allclose(mapped, middle, atol=1e-5)
    np.testing.assert_array_equal(solution.target.linear.w, np.eye(4))
    assert solution.losses == (9.0, pytest.approx(0, abs=1e-9))


def test_the_loss_is_the_distance_of_the_seeds_at_length_1(many):
    problem, start = many

    solution = KernelResidual(start=start, both=False)(problem)

    x, y = (unit(side) for side in solution.mapped(problem))
    squared = [((x[i] - y[j]) ** 2).sum() for i, j in problem.pairs]
    assert_allclose(solution.losses, [9, np.mean(squared)])


def test_seeds_are_needed_even_if_the_start_needs_none(many):
    problem, start = many

    with pytest.raises(ValueError, match="needs a seed lexicon, got 0 usable pairs"):
        KernelResidual(start=start)(replace(problem, pairs=[]))


def test_an_endless_penalty_leaves_the_linear_maps(many):
    problem, start = many

    solution = KernelResidual(start=start, penalty=1e12)(problem)

    x, y = solution.mapped(problem)
    assert_allclose(x, unit(start.map(problem.x)), atol=1e-9)
    assert_allclose(y, unit(start.target(problem.y)), atol=1e-9)


def test_the_order_of_seeds_and_their_duplicates_do_not_matter(many, rng):
    problem, start = many
    again = np.concatenate([problem.pairs[3:], problem.pairs, problem.pairs[2:3]])
    shuffled = replace(problem, pairs=rng.permutation(again))

    one, other = (KernelResidual(start=start)(each) for each in (problem, shuffled))

    np.testing.assert_equal(one.map.tensors, other.map.tensors)
    np.testing.assert_equal(one.target.tensors, other.target.tensors)
    assert other.pairs is shuffled.pairs


def test_the_anchors_are_the_first_words_of_either_side(many):
    problem, start = many

    solution = KernelResidual(start=start, limit=3)(problem)
    all_ = KernelResidual(start=start, limit=0)(problem)

    assert_allclose(solution.map.anchors, unit(problem.x[[0, 2, 5]]), rtol=1e-6)
    assert_allclose(solution.target.anchors, unit(problem.y[[0, 1, 3]]), rtol=1e-6)
    assert (len(all_.map.anchors), len(all_.target.anchors)) == (6, 7)


def test_words_are_regressed_on_that_are_seeds_or_that_the_start_found(noisy):
    start = Refinement(rounds=50, k=3)

    solution = KernelResidual(start=start)(noisy)

    found = start(noisy)
    words = set(noisy.pairs[:, 0]) | set(found.pairs[:, 0])
    assert len(words) == len(solution.map.anchors) > 30
    np.testing.assert_array_equal(solution.pairs, noisy.pairs)
    assert solution.losses[:-1] == found.losses
    assert solution.converged
    assert solution.space is None  # the start's is not of these maps


def test_a_seed_of_zeros_is_passed_over(many):
    problem, start = many
    x = problem.x.copy()
    x[5] = 0

    with_zero = KernelResidual(start=start)(replace(problem, x=x))
    without = KernelResidual(start=start)(replace(problem, pairs=np.delete(problem.pairs, 3, 0)))

    np.testing.assert_equal(with_zero.map.tensors, without.map.tensors)
    np.testing.assert_equal(with_zero.target.tensors, without.target.tensors)
    assert not with_zero.map(x)[5].any()


def test_seeds_that_are_all_alike_need_a_penalty():
    linear, rows = LinearMap(np.eye(2)), np.ones((3, 2))

    with pytest.raises(ValueError, match="too much alike for a penalty of 0; raise it"):
        kernel_ridge(linear, rows, rows, 0.8, 0)
    assert np.isfinite(kernel_ridge(linear, rows, rows, 0.8, 0.1)(rows)).all()


@pytest.mark.parametrize(
    "bad", [{"width": 0}, {"width": np.inf}, {"penalty": -0.1}, {"penalty": np.nan}, {"limit": -2}]
)
def test_hyperparameters_out_of_range_are_named(bad):
    with pytest.raises(ValueError, match=f"got .*{next(iter(bad.values()))}"):
        KernelResidual(**bad)


def test_a_start_whose_maps_are_not_linear_is_refused(noisy):
    refused = "kernel-residual starts from linear maps, but its start gives a KernelMap"
    curved = KernelResidual()(noisy).map

    with pytest.raises(TypeError, match=refused):
        KernelResidual(start=KernelResidual(both=False))(noisy)
    with pytest.raises(TypeError, match=refused):
        KernelResidual(start=Known(LinearMap(np.eye(6)), curved))(noisy)


@pytest.mark.parametrize("both", [True, False])
def test_a_run_is_kept_and_maps_new_vectors_as_its_own(cli, world, both):
    source, target, lexicon = world
    for side in world[:2]:
        embeddings.save(side, f"{side.name}.vec")
    source, target = (embeddings.load(f"{side.name}.vec") for side in world[:2])
    train, test = lexicon.split(0.5)
    start = Refinement(rounds=50, k=5, solver=Multistep())  # ends converged, with neighbours
    solver = KernelResidual(start=start, both=both)
    run = align.supervised(source, target, train, solver=solver, test=test, k=5)

    align.save(run, "run")
    back = align.load("run")

    for side, vectors in (("map", source.vectors), ("map_target", target.vectors)):
        np.testing.assert_array_equal(getattr(back, side)(vectors), getattr(run, side)(vectors))
    assert_allclose(unit(back.map(source.vectors)), back.source.vectors, atol=1e-6)
    assert_allclose(unit(back.map_target(target.vectors)), back.target.vectors, atol=1e-6)
    assert back.translate("s31") == run.translate("s31")
    assert [found.word for found in back.translate_vectors(source.vectors[31:32])[0]] == [
        found.word for found in run.translate("s31")
    ]
    assert back.evaluate(test).scores == run.record.evaluation.scores == run.evaluate(test).scores
    for side, own in (("source", back.map(source.vectors)), ("target", back.target.vectors)):
        result = cli("apply", "run", "-o", "mapped.vec", "--side", side, "--force")
        assert result.exit_code == 0, result.output
        assert_allclose(unit(embeddings.load("mapped.vec").vectors), unit(own), atol=1e-6)
