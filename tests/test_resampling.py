"""Intervals that cover, and tests that are as often wrong as they say."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest, bootstrap, permutation_test

from align.evaluate import bootstrap_interval, bootstrap_intervals, holm, randomisation
from align.evaluate.resampling import FLIPS


@pytest.mark.parametrize("kind", ["hits", "reciprocal ranks", "differences"])
def test_the_interval_is_that_of_scipy(rng, kind):
    hits = (rng.random(321) < 0.1).astype(float)
    values = {
        "hits": hits,
        "reciprocal ranks": 1 / rng.integers(1, 900, 321),
        "differences": hits - (rng.random(321) < 0.12),
    }[kind]

    expected = bootstrap(
        (values,),
        np.mean,
        n_resamples=2000,
        batch=100,
        method="BCa",
        random_state=np.random.default_rng(3),
    ).confidence_interval

    assert bootstrap_interval(values, seed=3) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("n", [1, 2, 20, 500])
@pytest.mark.parametrize("hit", [True, False])
def test_where_all_words_score_alike_the_interval_is_that_of_clopper_and_pearson(n, hit):
    expected = binomtest(n if hit else 0, n).proportion_ci(method="exact")

    assert bootstrap_interval([hit] * n) == pytest.approx((expected.low, expected.high))


def test_equal_values_between_the_bounds_leave_room_on_both_sides():
    unseen = 1 - 0.025 ** (1 / 30)

    assert bootstrap_interval([1 / 3] * 30) == pytest.approx(
        (1 / 3 - unseen / 3, 1 / 3 + 2 * unseen / 3)
    )
    assert bootstrap_interval([0] * 30, bounds=(-1, 1)) == pytest.approx((-unseen, unseen))


@pytest.mark.parametrize("n", [200, 500, 1500])
def test_an_interval_of_a_share_covers_it(n):
    """The chance that it holds the truth is summed over all counts of hits, not simulated.

    Counts are whole numbers, so it jumps by a point or two with the least change of the truth: its
    mean is taken over truths that differ by a tenth or less.
    """
    truths = {p: p * np.linspace(0.9, 1.1, 11) for p in (0.02, 0.1, 0.3, 0.5, 0.9)}
    likely = [binom.pmf(np.arange(n + 1), n, p) > 1e-5 for near in truths.values() for p in near]
    counts = np.flatnonzero(np.any(likely, axis=0))

    low, high = np.array(bootstrap_intervals(np.arange(n)[:, None] < counts)).T

    for p, near in truths.items():
        covered = [binom.pmf(counts, n, q)[(low <= q) & (q <= high)].sum() for q in near]
        assert 0.93 < np.mean(covered) < 0.97, p


def reciprocal_ranks(rng, size):
    """A third of the words are right at once, the others anywhere in the list."""
    ranks = np.exp(rng.uniform(np.log(2), np.log(50_000), size)).astype(int)
    return 1 / np.where(rng.random(size) < 0.3, 1, ranks)


@pytest.mark.parametrize("n", [200, 500])
def test_an_interval_of_a_mean_reciprocal_rank_covers_it(n):
    rng = np.random.default_rng(0)
    truth = reciprocal_ranks(rng, 10**6).mean()

    low, high = np.array(bootstrap_intervals(reciprocal_ranks(rng, (n, 2000)))).T

    # of 2,000 simulations, four standard errors are 0.02
    assert 0.93 < np.mean((low <= truth) & (truth <= high)) < 0.97


def test_an_interval_of_a_difference_covers_it():
    rng = np.random.default_rng(0)
    differences = rng.choice([-1, 0, 1], p=[0.05, 0.87, 0.08], size=(500, 2000))

    low, high = np.array(bootstrap_intervals(differences, bounds=(-1, 1))).T

    assert 0.93 < np.mean((low <= 0.03) & (high >= 0.03)) < 0.97


def test_an_interval_over_words_of_several_pairs_covers_the_mean_over_pairs():
    rng = np.random.default_rng(0)

    def world(n):  # words differ in how hard they are, and hard ones have more pairs
        hard = rng.random(n)
        sizes = 1 + rng.binomial(4, hard)
        return rng.binomial(sizes, 1 - hard), sizes

    totals, sizes = world(10**6)
    truth = totals.sum() / sizes.sum()
    covered = []
    for seed in range(600):
        totals, sizes = world(200)
        [(low, high)] = bootstrap_intervals(totals[:, None], sizes, seed=seed)
        covered.append(low <= truth <= high)

    # of 600 simulations, two standard errors are 0.018
    assert 0.93 < np.mean(covered) < 0.97


def test_an_interval_repeats_under_a_seed_and_widens_with_the_level():
    hits = np.arange(50) % 3 == 0
    values = np.random.default_rng(0).standard_normal(50)

    assert bootstrap_interval(hits, seed=1) == bootstrap_interval(hits, seed=1)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values, seed=2)
    low, high = bootstrap_interval(hits, level=0.99)
    inner_low, inner_high = bootstrap_interval(hits, level=0.5)
    assert low < inner_low < inner_high < high


@pytest.mark.parametrize(("better", "worse"), [(12, 3), (40, 52), (7, 7), (1, 0)])
def test_randomisation_of_hits_is_the_exact_test_of_signs(better, worse):
    differences = np.repeat([1, -1, 0], [better, worse, 300])
    expected = binomtest(better, better + worse).pvalue  # McNemar's test, exact

    found = randomisation(differences)

    assert found == pytest.approx(
        expected, abs=4 * np.sqrt(expected * (1 - expected) / FLIPS) + 2e-4
    )


def test_randomisation_is_the_permutation_test_of_scipy(rng):
    one, other = rng.random(14), 0.8 * rng.random(14)  # few enough for all arrangements

    expected = permutation_test(
        (one, other), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    ).pvalue

    assert 0.05 < expected < 0.9
    assert randomisation(one - other) == pytest.approx(expected, abs=0.02)


def test_no_difference_at_all_is_no_evidence():
    assert randomisation(np.zeros(40)) == 1


def test_a_clear_difference_has_the_least_p_that_can_be():
    assert randomisation(np.ones(40)) == 1 / (FLIPS + 1)


def test_equal_runs_are_told_apart_as_often_as_the_p_says():
    rng = np.random.default_rng(0)
    differences = 1 / rng.integers(1, 30, (400, 100)) - 1 / rng.integers(1, 30, (400, 100))

    p = np.array([randomisation(line, seed=i) for i, line in enumerate(differences)])

    for level in (0.05, 0.2, 0.5):
        error = 3 * np.sqrt(level * (1 - level) / 400)
        assert np.mean(p <= level) == pytest.approx(level, abs=error)


def test_holm_corrects_a_known_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert len(holm([])) == 0


@pytest.mark.parametrize("tests", [1, 2, 7, 30])
def test_a_corrected_p_is_the_least_level_at_which_holm_steps_down_to_it(rng, tests):
    p = np.round(rng.random(tests) ** 3, 2)  # some of them equal, some 0

    corrected = holm(p)

    for level in (0.01, 0.05, 0.3, 0.999):
        rejected, left = set(), sorted(range(tests), key=p.__getitem__)
        while left and p[left[0]] * len(left) < level:
            rejected.add(left.pop(0))
        assert {i for i in range(tests) if corrected[i] < level} == rejected


def test_more_flips_come_to_a_smaller_p():
    assert randomisation(np.ones(40)) == 1 / (FLIPS + 1)
    assert randomisation(np.ones(40), flips=50_000) == 1 / 50_001
