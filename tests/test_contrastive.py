from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose

from align import Multistep, Problem, Procrustes
from align.retrieve import Space
from align.solvers import Contrastive
from align.solvers.contrastive import contrastive_loss
from align.solvers.negatives import Contrast, hard_negatives

SMALL = Contrastive(steps=5, negatives=4, refresh=2, k=3, rounds=2)


@dataclass
class Kept:
    """A start that keeps what it was asked to fit, and gives what it was given, if anything."""

    given: object = None
    asked: list = field(default_factory=list)

    def __call__(self, problem, *, on_step=None):
        self.asked.append(problem.pairs)
        return self.given or Multistep()(problem)


@pytest.fixture
def several(noisy):
    """A problem in which some words have two translations."""
    pairs = np.concatenate([noisy.pairs, [[0, 1], [2, 1], [5, 40], [50, 3]]])
    return Problem(noisy.x, noisy.y, pairs)


def cosines(x, y):
    return x @ y.T / np.linalg.norm(x, axis=1)[:, None] / np.linalg.norm(y, axis=1)


def nearest_wrong(scores, right, count, most):
    return [j for j in np.argsort(-scores[:most]) if j not in right][:count]


def contrast_by_hand(maps, problem, count, most=60):
    """Return the negatives of every seed word of either side, by word."""
    scores = cosines(problem.x @ maps[0], problem.y @ maps[1])
    there = {
        i: nearest_wrong(scores[i], problem.pairs[problem.pairs[:, 0] == i, 1], count, most)
        for i in np.unique(problem.pairs[:, 0])
    }
    back = {
        j: nearest_wrong(scores[:, j], problem.pairs[problem.pairs[:, 1] == j, 0], count, most)
        for j in np.unique(problem.pairs[:, 1])
    }
    return there, back


def loss_by_hand(maps, problem, there, back, temperature):
    e = np.exp(cosines(problem.x @ maps[0], problem.y @ maps[1]) / temperature)
    total = 0.0
    for i, j in problem.pairs:
        total -= np.log(e[i, j] / (e[i, j] + e[i, there[i]].sum() + e[back[j], j].sum()))
    return total / len(problem.pairs)


def contrast_of(problem, there, back):
    return Contrast.of(problem.pairs, np.array(list(there.values())), np.array(list(back.values())))


@pytest.mark.parametrize("temperature", [1.0, 0.1])
def test_the_loss_is_that_of_its_definition_and_the_gradient_its_slope(several, rng, temperature):
    maps = rng.standard_normal((6, 5)), rng.standard_normal((6, 5))
    there, back = contrast_by_hand(maps, several, 7)
    contrast = contrast_of(several, there, back)

    loss, gradient = contrastive_loss(maps, several.x, several.y, contrast, temperature)

    assert_allclose(loss, loss_by_hand(maps, several, there, back, temperature), rtol=1e-12)
    for side in (0, 1):
        for _ in range(10):
            step = [1e-6 * rng.standard_normal((6, 5)) if one == side else 0 for one in (0, 1)]
            up, down = (
                loss_by_hand(
                    [w + sign * s for w, s in zip(maps, step, strict=True)],
                    several,
                    there,
                    back,
                    temperature,
                )
                for sign in (1, -1)
            )
            assert_allclose(up - down, 2 * np.sum(gradient[side] * step[side]), rtol=1e-4)


def test_a_row_of_zeros_has_no_direction_and_no_slope(several, rng):
    maps = rng.standard_normal((6, 6)), rng.standard_normal((6, 6))
    contrast = contrast_of(several, *contrast_by_hand(maps, several, 3))
    x = several.x.copy()
    x[4] = 0

    loss, gradient = contrastive_loss(maps, x, several.y, contrast)

    assert np.isfinite(loss)
    assert all(np.isfinite(slope).all() for slope in gradient)


def test_hard_negatives_are_the_nearest_that_are_not_translations(several):
    maps = np.eye(6), np.eye(6)
    there, _ = contrast_by_hand(maps, several, 9)
    words, at = np.unique(several.pairs[:, 0], return_inverse=True)

    found = hard_negatives(
        several.x[words], several.y, np.column_stack([at, several.pairs[:, 1]]), 9
    )

    np.testing.assert_array_equal(found, list(there.values()))


def test_a_query_with_more_translations_than_another_lacks_negatives(rng):
    x, y = rng.standard_normal((3, 4)), rng.standard_normal((5, 4))
    known = np.array([[0, 0], [0, 2], [1, 4], [1, 9]])  # row 9 is beyond the base

    found = hard_negatives(x, y, known, 150)

    assert set(found[0]) == {1, 3, 4, -1}
    assert set(found[1]) == {0, 1, 2, 3, -1}
    assert set(found[2]) == {0, 1, 2, 3, 4}
    np.testing.assert_array_equal(found < 0, [[0, 0, 0, 1, 1], [0, 0, 0, 0, 1], [0] * 5])


@pytest.mark.parametrize(("max_rank", "words"), [(20, 20), (60_000, 60), (0, 60)])
def test_a_step_goes_down_the_clipped_gradient(several, max_rank, words):
    solver = Contrastive(rounds=1, steps=1, negatives=6, rate=0.7, clip=1e-3, max_rank=max_rank)
    start = Multistep()(several)
    maps = start.map.w, start.target.w
    contrast = contrast_of(several, *contrast_by_hand(maps, several, 6, words))
    _, slopes = contrastive_loss(maps, several.x, several.y, contrast)
    length = np.sqrt(sum(np.sum(slope**2) for slope in slopes))
    assert length > 1e-3

    solution = solver(several)

    for before, after, slope in zip(maps, (solution.map, solution.target), slopes, strict=True):
        assert_allclose(after.w, before - 0.7e-3 * slope / length, atol=1e-9)


def test_the_loss_reported_last_is_that_of_the_maps_returned(several):
    solver = Contrastive(rounds=1, steps=9, negatives=6, refresh=9)
    start = Multistep()(several)
    contrast = contrast_of(several, *contrast_by_hand((start.map.w, start.target.w), several, 6))

    solution = solver(several)

    loss, _ = contrastive_loss((solution.map.w, solution.target.w), several.x, several.y, contrast)
    assert_allclose(solution.losses[-1], loss, rtol=1e-12)
    assert len(solution.losses) == 9
    assert list(solution.losses) == sorted(solution.losses, reverse=True)
    np.testing.assert_array_equal(solution.pairs, np.unique(several.pairs, axis=0))


def test_steps_follow_each_other_with_new_negatives_and_a_smaller_rate(several):
    solver = Contrastive(rounds=1, steps=2, negatives=2, refresh=1, rate=3, decay=0.5)
    first = replace(solver, steps=1)(several)
    second = replace(solver, steps=1, rate=1.5, start=Kept(first))(several)

    both = solver(several)

    assert_allclose(both.map.w, second.map.w, atol=1e-12)
    assert_allclose(both.target.w, second.target.w, atol=1e-12)
    assert both.losses == pytest.approx(first.losses + second.losses)
    kept = replace(solver, refresh=2)(several)
    assert not np.allclose(kept.map.w, both.map.w, atol=1e-9)  # the negatives had changed


@pytest.mark.parametrize(("seeds_only", "added"), [(True, 6), (False, 6), (True, 60), (True, 0)])
def test_a_round_starts_from_the_seeds_and_the_best_new_mutual_pairs(several, seeds_only, added):
    start = Kept()
    solver = replace(SMALL, start=start, added=added, max_rank=55, seeds_only=seeds_only)
    seeds = np.unique(several.pairs, axis=0)
    one = replace(solver, start=Multistep(), rounds=1)(several)
    pairs, scores = Space.of(*one.mapped(several), 3).induce(max_rank=55)
    words = [set(side) for side in several.pairs.T]
    new = [
        (score, *pair)
        for score, pair in zip(scores, pairs, strict=True)
        if pair[0] not in words[0] and pair[1] not in words[1]
    ]
    assert 6 < len(new) < len(pairs)
    best = [pair for _, *pair in sorted(new, reverse=True)[:added]]

    solution = solver(several)

    np.testing.assert_array_equal(start.asked[0], seeds)
    np.testing.assert_array_equal(start.asked[1], np.array([*seeds.tolist(), *best]))
    assert len(start.asked) == 2
    np.testing.assert_array_equal(solution.pairs, start.asked[0 if seeds_only else 1])
    assert len(solution.losses) == 10


def test_it_learns_to_heed_weak_but_faithful_directions(rng):
    strong = np.arange(12) < 4
    x = rng.standard_normal((600, 12)) * np.where(strong, 1, 0.5)
    noise = rng.standard_normal((600, 12)) * np.where(strong, 1, 0.1)
    problem = Problem(x, (x + noise) @ rotation(rng, 12), np.tile(np.arange(200), (2, 1)).T)

    def correct(solution):
        found = Space.of(*solution.mapped(problem)).nearest(range(200, 600), 1).rows[:, 0]
        return np.mean(found == np.arange(200, 600))

    assert correct(Multistep()(problem)) < 0.7
    assert correct(Contrastive(rounds=1, steps=60, negatives=20)(problem)) > 0.85


def test_a_start_that_maps_one_side_has_both_tuned(noisy):
    solution = replace(SMALL, start=Procrustes())(noisy)

    assert not np.allclose(solution.target.w, np.eye(6), atol=1e-4)
    assert solution.losses[-1] < solution.losses[0]


def test_the_sides_may_differ_in_dimensions_and_precision(rng):
    x = rng.standard_normal((80, 5)).astype(np.float32)
    y = x @ rng.standard_normal((5, 8)) + 0.1 * rng.standard_normal((80, 8))

    solution = SMALL(Problem(x, y, np.tile(np.arange(30), (2, 1)).T))

    assert solution.map.shape[0] == 5
    assert solution.target.shape == (8, solution.map.shape[1])


@pytest.mark.parametrize("words", [1, 3])
def test_a_vocabulary_smaller_than_the_negatives_is_enough(rng, words):
    x = rng.standard_normal((words, 2))
    pairs = np.tile(np.arange(words), (2, 1)).T

    solution = Contrastive(steps=3, start=Procrustes())(Problem(x, x @ rotation(rng, 2), pairs))

    assert np.isfinite(solution.losses).all()
    left = abs(solution.losses[-1])
    assert (words == 1) == (left < 1e-12)  # without negatives nothing is left to learn


def test_a_rate_that_makes_the_loss_infinite_is_refused(several):
    problem = Problem(several.x.astype(np.float32), several.y, several.pairs)

    with pytest.raises(ValueError, match=r"a step at rate 1e\+200 makes the loss inf"):
        replace(SMALL, rate=1e200)(problem)


def test_every_step_is_told(noisy):
    told = []

    SMALL(noisy, on_step=told.append)

    steps = [(step.done, step.total) for step in told if step.stage == "contrastive"]
    assert steps == [(done, 10) for done in range(1, 11)]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"temperature": 0.001}, "temperature of 0.01 or more and a rate above 0, got 0.001"),
        ({"rate": 0}, "got 1.0 and 0"),
        ({"decay": 1.5}, "decay <= 1 and clip > 0, got 1.5"),
        ({"clip": 0}, "got 0.99, 0"),
        ({"steps": 0}, "got 0, 150, 20 and 60000"),
        ({"negatives": 0}, "got 200, 0, 20 and 60000"),
        ({"refresh": 0}, "got 200, 150, 0 and 60000"),
        ({"max_rank": -1}, "got 200, 150, 20 and -1"),
        ({"rounds": 0}, "rounds >= 1, added >= 0 and k >= 1, got 0, 10000 and 10"),
        ({"added": -1}, "got 2, -1 and 10"),
        ({"k": 0}, "got 2, 10000 and 0"),
    ],
)
def test_hyperparameters_out_of_range_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        Contrastive(**bad)
