import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import align
from align.evaluate import correlation
from align.evaluate.similarity import figures
from align.tasks import WordPairs
from embeddings import Embeddings


@pytest.fixture
def judged(rng):
    """60 pairs of 30 rows, many scores equal; of 6 pairs a word is missing."""
    x = rng.standard_normal((30, 5))
    every = np.stack(
        np.triu_indices(30, 1), axis=1
    )  # no pair twice: equal cosines have equal ranks
    pairs = rng.permutation(every)[:60]
    cosines = [cosine(x[i], x[j]) for i, j in pairs]
    gold = np.round(3 * np.array(cosines) + rng.standard_normal(60), 0)
    pairs[::10, rng.integers(0, 2)] = -1
    return x, pairs, gold


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_the_correlations_are_those_of_scipy(judged):
    x, pairs, gold = judged

    found = correlation(x, x, pairs, gold)

    there = [row for row, pair in enumerate(pairs) if -1 not in pair]
    cosines = [cosine(x[pairs[row, 0]], x[pairs[row, 1]]) for row in there]
    assert found.spearman.value == pytest.approx(stats.spearmanr(gold[there], cosines).statistic)
    assert found.pearson.value == pytest.approx(stats.pearsonr(gold[there], cosines).statistic)
    assert (found.pairs, found.scored, found.covered) == (60, 54, 54)
    assert found.coverage == 0.9


def test_pairs_that_are_missing_can_be_given_the_middle_of_the_scale(judged):
    x, pairs, gold = judged

    found = correlation(x, x, pairs, gold, missing="middle")

    cosines = [0.5 if -1 in (i, j) else cosine(x[i], x[j]) for i, j in pairs]
    assert found.spearman.value == pytest.approx(stats.spearmanr(gold, cosines).statistic)
    assert found.pearson.value == pytest.approx(stats.pearsonr(gold, cosines).statistic)
    assert (found.scored, found.covered, found.coverage) == (60, 54, 0.9)


def test_second_words_can_be_rows_of_another_array(judged, rng):
    x, pairs, gold = judged
    order = rng.permutation(30)
    places = np.append(np.argsort(order), -1)[pairs[:, 1]]

    found = correlation(x, 7 * x[order], np.column_stack([pairs[:, 0], places]), gold)

    assert_allclose(found.harmonic.interval, correlation(x, x, pairs, gold).harmonic.interval)


def test_the_harmonic_mean_is_worked_by_hand():
    # ranks 1, 2, 3, 4 against 1, 3, 2, 4: Spearman 1 - 6 (1 + 1) / (4 * 15) = 0.8
    # deviations -3, -1, 1, 3 against -2, 0, -1, 3: Pearson (6 + 0 - 1 + 9) / sqrt(20 * 14)
    spearman, pearson, harmonic = figures(np.array([1, 3, 5, 7]), np.array([1, 3, 2, 6]))

    assert spearman == pytest.approx(0.8)
    assert pearson == pytest.approx(14 / 280**0.5)
    assert harmonic == pytest.approx(2 / (1 / 0.8 + 280**0.5 / 14))


def test_the_harmonic_mean_of_a_correlation_below_zero_is_zero():
    spearman, pearson, harmonic = figures(
        np.array([1, 2, 3, 4, 5, 99]), np.array([5, 4, 3, 2, 1, 99])
    )

    assert spearman < 0 < spearman + pearson
    assert harmonic == 0


def test_a_sample_without_spread_has_no_correlation():
    assert figures(np.array([2.0, 2, 2]), np.array([1.0, 2, 3])).tolist() == [0, 0, 0]


def test_the_intervals_are_those_of_scipy(judged):
    x, pairs, gold = judged
    there = (pairs >= 0).all(axis=1)
    cosines = np.array([cosine(x[i], x[j]) for i, j in pairs[there]])

    found = correlation(x, x, pairs, gold, seed=3)

    for name, method in (("spearman", stats.spearmanr), ("pearson", stats.pearsonr)):
        expected = stats.bootstrap(
            (gold[there], cosines),
            lambda a, b, method=method: method(a, b).statistic,
            paired=True,
            vectorized=False,
            n_resamples=2000,
            batch=100,
            method="percentile",
            random_state=np.random.default_rng(3),
        ).confidence_interval
        assert_allclose(getattr(found, name).interval, (expected.low, expected.high))


@pytest.mark.parametrize(("gold", "covered"), [([1, 2, 3, 4], 2), ([1, 1, 1, 4], 3)])
def test_too_little_to_correlate_is_an_error(rng, gold, covered):
    pairs = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    pairs[covered:] = -1

    with pytest.raises(ValueError, match=f"{covered} of 4 pairs are covered, and 3 of unlike"):
        correlation(rng.random((5, 3)), rng.random((5, 3)), pairs, np.array(gold))


@pytest.fixture
def english(rng):
    words = ["cat", "dog", "Cat", "car", "bus", "ice cream"]
    return Embeddings(words, rng.standard_normal((6, 4)), name="en")


def test_words_are_looked_up_as_written_then_in_lower_case(english):
    pairs = (("cat", "DOG"), ("Cat", "Car"), ("Bus", "cat"), ("ice cream", "dog"), ("ice", "dog"))

    found = align.similarity(english, WordPairs(pairs, (1, 2, 3, 5, 4)))

    rows = np.array([[0, 1], [2, 3], [4, 0], [5, 1], [-1, 1]])
    x, gold = english.vectors, np.array([1, 2, 3, 5, 4])
    skip, middle = (correlation(x, x, rows, gold, missing=rule) for rule in ("skip", "middle"))
    assert found.scores == (skip, middle)
    assert found.languages == ("en", "en")


def test_one_rule_is_enough_where_nothing_is_missing(english):
    pairs = WordPairs((("cat", "dog"), ("cat", "car"), ("bus", "car")), (3, 1, 2))

    assert [score.missing for score in align.similarity(english, pairs).scores] == ["skip"]


def test_the_seed_changes_the_intervals_alone(english):
    words = english.words[:5]
    every = tuple((a, b) for i, a in enumerate(words) for b in words[:i])
    pairs = WordPairs(every, range(10))

    one, same, other = (align.similarity(english, pairs, seed=seed).scores for seed in (1, 1, 2))

    assert one == same != other
    assert one[0].pearson.value == other[0].pearson.value


def test_words_of_another_language_are_told(english):
    pairs = WordPairs((("gato", "perro"), ("casa", "perro")), (3, 1), "es.txt")

    with pytest.raises(ValueError, match="es.txt: 0 of 2 pairs .* are these words of en and en"):
        align.similarity(english, pairs)
