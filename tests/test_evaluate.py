import numpy as np
import pytest

from align.evaluate import Gold, Score, bootstrap_interval, precision
from align.retrieve import Neighbours


@pytest.fixture
def answers():
    """Three words are asked; the first is right at once, the second at rank 3, the third never."""
    rows = np.array([[4, 1, 2], [0, 9, 5], [7, 8, 6]])
    gold = Gold(
        sources=np.array([10, 11, 12]),
        answers=np.array([[0, 4], [0, 2], [1, 5], [2, 0]]),
        out_of_vocabulary=1,
    )
    return Neighbours(rows, -rows.astype(np.float32)), gold


def test_precision_counts_words_with_any_right_translation(answers):
    at = precision(*answers, ks=(1, 2, 3))

    assert [p.hits for p in at] == [1, 1, 2]
    assert [p.scored for p in at] == [3, 3, 3]
    assert at[2].value == pytest.approx(2 / 3)
    assert at[0].coverage == 3 / 4


def test_a_right_answer_of_another_word_does_not_count(answers):
    found, gold = answers
    swapped = Gold(gold.sources, np.array([[0, 0], [1, 7], [2, 4]]), 0)

    assert precision(found, swapped, ks=(3,))[0].hits == 0


def test_a_score_is_asked_by_k(answers):
    score = Score("nn", precision(*answers, ks=(1, 3)))

    assert score.at(3).hits == 2
    with pytest.raises(KeyError):
        score.at(2)


def test_nothing_to_score_is_an_error(answers):
    found, _ = answers
    with pytest.raises(ValueError, match="nothing to score"):
        precision(found, Gold(np.array([], int), np.empty((0, 2), int), 4), ks=(1,))


def test_the_interval_is_that_of_the_binomial(rng):
    from scipy.stats import binom

    hits = np.arange(400) < 240

    low, high = bootstrap_interval(hits)

    # resampling n words of which a share p is right draws a binomial count
    assert low == pytest.approx(binom.ppf(0.025, 400, 0.6) / 400, abs=0.006)
    assert high == pytest.approx(binom.ppf(0.975, 400, 0.6) / 400, abs=0.006)


def test_the_interval_repeats_under_a_seed_and_widens_with_the_level():
    hits = np.arange(50) % 3 == 0

    assert bootstrap_interval(hits, seed=1) == bootstrap_interval(hits, seed=1)
    values = np.random.default_rng(0).standard_normal(50)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values, seed=2)
    low, high = bootstrap_interval(hits, level=0.99)
    inner_low, inner_high = bootstrap_interval(hits, level=0.5)
    assert low < inner_low < inner_high < high


def test_one_word_says_nothing():
    assert bootstrap_interval([1]) == (0.0, 1.0)


def test_the_interval_is_that_of_scipy(rng):
    from scipy.stats import bootstrap

    values = rng.random(321) < 0.4

    expected = bootstrap(
        (values.astype(float),),
        np.mean,
        n_resamples=2000,
        batch=100,
        method="percentile",
        random_state=np.random.default_rng(3),
    ).confidence_interval

    assert bootstrap_interval(values, seed=3) == pytest.approx((expected.low, expected.high))
