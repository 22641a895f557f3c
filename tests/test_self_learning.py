import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose

import align
import dictionaries
import embeddings
from align import Multistep, Problem, Procrustes, SelfLearning
from align.normalize import unit
from align.retrieve import Space
from align.solvers.dropout import LOST, depth, dictionary, drawn
from align.solvers.procrustes import procrustes
from align.solvers.self_learning import _Climb


def seeded(rng, seeds, n, d, noise):
    """A problem with few seeds, and the rotation that it hides."""
    x = rng.standard_normal((n, d))
    w = rotation(rng, d)
    y = x @ w + noise * rng.standard_normal((n, d))
    return Problem(x, y, np.tile(np.arange(seeds), (2, 1)).T), w


@pytest.fixture
def six(rng):
    """Six words of two sides, and their space with lists of all words."""
    x, y = (unit(side) for side in rng.standard_normal((2, 6, 3)).astype(np.float32))
    return x, y, Space.of(x, y, 6)


def correct(solution, problem):
    found = Space.of(*solution.mapped(problem)).nearest(range(len(problem.x)), 1).rows[:, 0]
    return np.mean(found == np.arange(len(problem.x)))


def test_25_seeds_grow_into_the_map(rng):
    problem, w = seeded(rng, 25, 300, 40, 0.3)
    learning = SelfLearning(patience=3, last=Procrustes())

    start, solution = Procrustes()(problem), learning(problem)

    assert correct(start, problem) < 0.9
    assert np.linalg.norm(start.map.w - w) > 2
    assert correct(solution, problem) == 1
    assert np.linalg.norm(solution.map.w - w) < 1
    assert solution.converged


def test_chance_leaves_maps_that_learning_without_it_does_not():
    stuck = left = 0
    for number in range(5):  # rounding decides how a single one ends
        problem, _ = seeded(np.random.default_rng(number), 5, 300, 20, 0.4)
        stuck += correct(SelfLearning(keep=1)(problem), problem) < 0.2
        tries = (SelfLearning(patience=5, seed=seed)(problem) for seed in range(3))
        left += any(correct(solution, problem) > 0.9 for solution in tries)

    assert stuck >= 2
    assert left >= 4


def dictionary_by_hand(x, y, k, p, rng):
    """Drop every cell by itself; pair each word with the best that is left, None where none is."""
    cosines = (x @ y.T).astype(float)
    pairs = []
    for table, forward in ((cosines, True), (cosines.T, False)):
        r = [sorted(column, reverse=True)[:k] for column in table.T]
        for i, line in enumerate(table):
            left = [j for j in range(len(line)) if rng.random() < p]
            best = max(left, key=lambda j: line[j] - np.mean(r[j]) / 2, default=None)
            pair = (i, best) if forward else (best, i)
            pairs.append(None if best is None else pair)
    return pairs


@pytest.mark.parametrize("p", [0.3, 0.7])
def test_words_are_drawn_as_if_every_cell_were(six, p):
    x, y, space = six
    rng, other = np.random.default_rng(1), np.random.default_rng(2)
    drawn_, by_hand = np.zeros((2, 12, 6))

    for _ in range(2000):
        for word, pair in enumerate(dictionary(space, 2, p, rng)):
            drawn_[word, pair[int(word < 6)]] += 1
        for word, pair in enumerate(dictionary_by_hand(x, y, 2, p, other)):
            if pair is not None:  # a word that keeps nothing is drawn again
                by_hand[word, pair[int(word < 6)]] += 1

    n, m = drawn_.sum(axis=1, keepdims=True), by_hand.sum(axis=1, keepdims=True)
    share = (drawn_ + by_hand) / (n + m)
    assert (n == 2000).all()
    assert (np.abs(drawn_ / n - by_hand / m) <= 4 * np.sqrt(share * (1 / n + 1 / m))).all()


def test_the_place_in_the_order_of_scores_is_geometric():
    scores = np.tile([0.1, 0.4, -0.2, 0.3], (40_000, 1))

    chosen = drawn(scores, 0.5, np.random.default_rng(0))

    expected = np.array([2, 8, 1, 4]) / 15  # halves of the order 1, 3, 0, 2; none of 16 is again
    assert_allclose(np.bincount(chosen) / 40_000, expected, atol=0.01)


@pytest.mark.parametrize("p", [0.1, 0.2, 0.5, 0.9])
def test_a_list_is_as_long_as_it_must_be_to_be_lost_rarely(p):
    k = depth(p, 1, 10_000)

    assert (1 - p) ** k <= LOST < (1 - p) ** (k - 1)
    assert depth(p, 80, 10_000) == 80
    assert depth(p, 80, 2) == 2
    assert depth(1, 2, 10_000) == 2


def test_with_nothing_dropped_every_word_goes_with_its_best(rng):
    hubs = rng.standard_normal((2, 60, 4)) + 0.8  # the best is often beyond the two nearest
    x, y = (unit(side.astype(np.float32)) for side in hubs)
    cosines = (x @ y.T).astype(float)
    r_x = np.sort(cosines, axis=1)[:, -2:].mean(axis=1)
    r_y = np.sort(cosines, axis=0)[-2:].mean(axis=0)

    pairs = dictionary(Space.of(x, y, 2), 2, 1, rng)

    forward, backward = pairs[:60], pairs[60:]
    np.testing.assert_array_equal(forward[:, 0], np.arange(60))
    np.testing.assert_array_equal(forward[:, 1], (cosines - r_y / 2).argmax(axis=1))
    np.testing.assert_array_equal(backward[:, 1], np.arange(60))
    np.testing.assert_array_equal(backward[:, 0], (cosines - r_x[:, None] / 2).argmax(axis=0))


def loss_by_hand(solution, problem, rank):
    x, y = (unit(side[:rank]) for side in solution.mapped(problem))
    cosines = x @ y.T
    return 1 - (cosines.max(axis=1).mean() + cosines.max(axis=0).mean()) / 2


@pytest.mark.parametrize("solver", [Procrustes(), Multistep()])
def test_the_loss_of_a_round_is_that_of_the_map_it_began_with(noisy, solver):
    def learn(rounds):
        solvers = {"start": solver, "solver": solver, "last": solver}
        return SelfLearning(keep=1, max_rounds=rounds, max_rank=50, k=3, **solvers)(noisy)

    one, two = learn(1), learn(2)

    expected = [loss_by_hand(start, noisy, 50) for start in (solver(noisy), one)]
    assert_allclose(two.losses, expected, rtol=1e-5)
    assert one.losses == two.losses[:1]


def test_the_last_round_drops_nothing_and_its_dictionary_is_what_the_last_solver_is_given(noisy):
    x = Procrustes()(noisy).map(noisy.x)
    expected = dictionary(Space.of(x, noisy.y, 4), 4, 1, np.random.default_rng())

    solution = SelfLearning(max_rounds=1, k=4, last=Procrustes())(noisy)

    np.testing.assert_array_equal(solution.pairs, expected)
    assert len(np.unique(expected, axis=0)) < len(expected)  # a pair may count twice
    w = procrustes(noisy.x[expected[:, 0]], noisy.y[expected[:, 1]]).w
    assert_allclose(solution.map.w, w, atol=1e-12)
    assert not solution.converged
    assert SelfLearning(max_rounds=1, k=4)(noisy).target is not None  # VecMap's last step


def test_the_probability_grows_where_the_objective_does_not_rise():
    climb = _Climb(SelfLearning(keep=0.3, factor=2, patience=2, threshold=0.1))
    seen = []
    for loss in (0.9, 0.7, 0.65, 0.62, 0.59, 0.58, 0.57, 0.57, 0.57):
        over = climb.is_over(loss)
        seen.append((round(climb.p, 3), over))

    assert seen == [
        (0.3, False),  # the first is a rise
        (0.3, False),
        (0.3, False),
        (0.6, False),  # two rounds without
        (0.6, False),  # together they are one
        (0.6, False),
        (1.0, False),
        (1.0, False),
        (1.0, True),
    ]


def test_learning_stops_where_a_round_finds_the_same_pairs_and_nothing_is_dropped(noisy):
    solution = SelfLearning(keep=1, k=3, last=Procrustes())(noisy)

    assert solution.converged
    assert len(solution.losses) < 50
    again = SelfLearning(keep=1, k=3, max_rounds=1, start=_Given(solution))(noisy)
    np.testing.assert_array_equal(again.pairs, solution.pairs)


class _Given:
    """A solver that has its answer."""

    name = "given"

    def __init__(self, solution):
        self.solution = solution

    def __call__(self, problem, *, on_step=None):
        return self.solution


def test_pairs_are_of_the_most_frequent_words_and_of_the_seeds_where_they_are_kept(noisy):
    settings = {"max_rank": 20, "k": 3, "max_rounds": 4}

    without, kept = (SelfLearning(keep_seeds=keep, **settings)(noisy) for keep in (False, True))

    assert without.pairs.max() < 20
    assert len(without.pairs) == 40
    np.testing.assert_array_equal(kept.pairs[:30], noisy.pairs)
    assert kept.pairs[30:].max() < 20


def test_a_vocabulary_smaller_than_the_neighbourhood_is_learned(rng):
    x = rng.standard_normal((4, 3))
    y = np.concatenate([x @ rotation(rng, 3), rng.standard_normal((2, 3))])
    problem = Problem(x, y, np.tile(np.arange(3), (2, 1)).T)

    solution = SelfLearning(patience=2)(problem)

    assert len(solution.pairs) == 10
    assert solution.converged


def test_another_seed_draws_other_words(noisy):
    one, other = (SelfLearning(max_rounds=4, k=3, seed=seed)(noisy) for seed in (0, 1))

    assert one.losses[0] == other.losses[0]
    assert one.losses[1] != other.losses[1]


def test_progress_ends_where_learning_does(noisy):
    steps = []

    solution = SelfLearning(keep=1, k=3, max_rounds=60)(noisy, on_step=steps.append)

    own = [(step.done, step.total) for step in steps if step.stage == "self-learning"]
    assert own == [*((i, 60) for i in range(1, len(solution.losses))), (60, 60)]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"keep": 0}, "0 < keep <= 1, .* got 0, 2.0 and 1e-06"),
        ({"keep": 1.5}, "got 1.5"),
        ({"factor": 1}, "factor > 1 .* got 0.1, 1 and"),
        ({"threshold": -1}, "threshold >= 0, got 0.1, 2.0 and -1"),
        ({"patience": 0}, "patience >= 1, .* got 0, 10"),
        ({"k": 0}, "got 50, 0"),
        ({"max_rounds": 0}, "got 50, 10, 0 and 20000"),
        ({"max_rank": -1}, "got 50, 10, 1000 and -1"),
    ],
)
def test_hyperparameters_out_of_range_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        SelfLearning(**bad)


@pytest.mark.real
def test_50_pairs_of_spanish_and_english(data):
    folder = data / "zhang2017"
    es, en = (embeddings.load(folder / f"es-en.{code}.vec") for code in ("es", "en"))
    train, test = dictionaries.load(folder / "es-en.gold.txt").split(0.5)
    few = dictionaries.Lexicon(train.pairs[:50])

    def p_at_1(solver):
        run = align.supervised(es, en, few, test=test, solver=solver)
        return 100 * run.record.evaluation.scores[1].at(1).value

    assert p_at_1(Procrustes()) < 5  # 0.6 on 2026-11-20
    assert p_at_1(SelfLearning(patience=3, max_rank=1500)) > 74  # 75.8 on 2026-11-20
