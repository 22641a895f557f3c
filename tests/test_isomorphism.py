from itertools import combinations

import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose
from scipy.spatial.distance import pdist, squareform

from align.evaluate import isomorphism
from align.evaluate.isomorphism import (
    bottleneck,
    eigenvector_similarity,
    gromov_hausdorff,
    one_to_one,
    relational_similarity,
)
from align.evaluate.spectrum import Spectrum, harmonic_mean
from align.normalize import unit


@pytest.fixture
def x(rng):
    return unit(rng.standard_normal((80, 12)))


def test_a_rotated_and_shuffled_copy_has_the_same_shape(rng, x):
    order = rng.permutation(80)
    y = np.empty_like(x)
    y[order] = x @ rotation(rng, 12)

    found = isomorphism(x, y, np.column_stack([np.arange(80), order]))

    assert (found.words, found.pairs, found.neighbours, found.spectrum_words) == (80, 80, 10, 80)
    assert found.eigenvector_similarity == pytest.approx(0, abs=1e-15)
    assert found.gromov_hausdorff == pytest.approx(0, abs=1e-12)
    assert found.relational_similarity == pytest.approx(1)
    assert found.spectral_gap == pytest.approx(0, abs=1e-20)
    assert found.ranks[0] == pytest.approx(found.ranks[1])


def test_spaces_of_other_shapes_are_further_apart_the_more_noise_there_is(rng, x):
    same = np.tile(np.arange(80)[:, None], 2)

    found = [
        isomorphism(x, unit(x + noise * rng.standard_normal(x.shape)), same)
        for noise in (0.02, 0.1, 1)
    ]

    assert np.diff([one.relational_similarity for one in found]).max() < 0
    assert found[0].gromov_hausdorff < found[2].gromov_hausdorff
    assert found[0].eigenvector_similarity < found[2].eigenvector_similarity


def test_dimensions_may_differ_and_pairs_may_be_missing(rng, x):
    wide = np.hstack([x, np.zeros((80, 3))])

    found = isomorphism(x, wide)

    assert found.relational_similarity is None
    assert found.gromov_hausdorff == pytest.approx(0, abs=1e-12)
    assert found.spectral_gap == pytest.approx(0, abs=1e-20)
    assert found.condition == pytest.approx(2 * np.linalg.cond(x))  # the other is infinite


def test_the_first_words_are_measured(x):
    found = isomorphism(x, x[::-1], np.tile(np.arange(80)[:, None], 2), words=7, spectrum_words=30)

    assert (found.words, found.neighbours, found.pairs, found.spectrum_words) == (7, 6, 7, 30)
    assert found.gromov_hausdorff == gromov_hausdorff(x[:7], x[::-1][:7])
    assert found.relational_similarity == relational_similarity(x[:7], x[::-1][:7])


def test_eigenvector_similarity_is_that_of_networks_drawn_by_hand(rng, x):
    y = unit(rng.standard_normal((80, 5)))
    spectra = []
    for side in (x, y):
        joined = np.zeros((80, 80))
        for i in range(80):
            others = sorted((j for j in range(80) if j != i), key=lambda j: -side[i] @ side[j])
            for j in others[:4]:
                joined[i, j] = joined[j, i] = 1
        spectra.append(sorted(np.linalg.eigvalsh(np.diag(joined.sum(1)) - joined), reverse=True))
    enough = []
    for values in spectra:
        k = 1
        while sum(values[:k]) < 0.9 * sum(values):
            k += 1
        enough.append(k)
    expected = sum((spectra[0][i] - spectra[1][i]) ** 2 for i in range(min(enough)))

    assert eigenvector_similarity(x, y, 4) == pytest.approx(expected)


def test_gromov_hausdorff_compares_the_heights_at_which_components_join(rng):
    x, y = rng.standard_normal((9, 2)), rng.standard_normal((7, 3))

    def heights(points):
        apart = squareform(pdist(points))
        joined, found = [{i} for i in range(len(points))], []
        while len(joined) > 1:
            a, b = min(
                combinations(joined, 2),
                key=lambda ab: min(apart[i, j] for i in ab[0] for j in ab[1]),
            )
            found.append(min(apart[i, j] for i in a for j in b))
            joined = [c for c in joined if c not in (a, b)] + [a | b]
        return np.array(found)

    assert gromov_hausdorff(x, y) == pytest.approx(bottleneck_by_hand(heights(x), heights(y)))


def bottleneck_by_hand(a, b):
    """The smallest t for which the points can be matched within t, each to one or to the diagonal.

    By a bipartite matching for every candidate t: the definition.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    n, m = len(a), len(b)
    cost = np.full((n + m, m + n), np.inf)
    cost[:n, :m] = np.abs(a[:, None] - b)
    cost[np.arange(n), m + np.arange(n)] = a / 2
    cost[n + np.arange(m), np.arange(m)] = b / 2
    cost[n:, m:] = 0  # the diagonal with itself
    for t in np.unique(cost[np.isfinite(cost)]):
        if (maximum_bipartite_matching(csr_array(cost <= t)) >= 0).all():
            return t
    raise AssertionError


@pytest.mark.parametrize("seed", range(30))
def test_the_bottleneck_distance_is_that_of_the_best_matching(seed):
    rng = np.random.default_rng(seed)
    a, b = (
        rng.choice([1, 0.3, 3], n) * rng.random(n) for n in (rng.integers(7), rng.integers(1, 7))
    )

    assert bottleneck(a, b) == pytest.approx(bottleneck_by_hand(a, b))


def test_short_lives_are_left_to_the_diagonal():
    assert bottleneck(np.array([5.0, 1.0]), np.array([5.25])) == 0.5
    assert bottleneck(np.array([5.0]), np.array([5.25])) == 0.25
    assert bottleneck(np.array([]), np.array([])) == 0


def test_words_with_one_vector_take_no_time_to_join(x):
    twice = np.concatenate([x, x])

    assert gromov_hausdorff(twice, twice) == 0


def test_relational_similarity_is_the_correlation_of_all_pairs_of_pairs(rng, x):
    y = rng.standard_normal((80, 5))
    a, b = (1 - pdist(side, "cosine") for side in (x, y))

    assert relational_similarity(x, y) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert relational_similarity(np.ones((4, 2)), y[:4]) == 0
    with pytest.raises(ValueError, match="3 or more translations, got 2 and 2"):
        relational_similarity(x[:2], y[:2])


def test_no_word_is_in_two_pairs():
    pairs = np.array([[4, 1], [0, 5], [0, 6], [2, 5], [3, 6], [4, 7]])

    assert one_to_one(pairs).tolist() == [[0, 5], [3, 6], [4, 1]]
    assert one_to_one(np.empty((0, 2), int)).shape == (0, 2)


def test_a_matrix_of_equal_spread_has_condition_one(rng):
    spectrum = Spectrum.of(3 * rotation(rng, 9)[:, :5])

    assert_allclose(spectrum.values, 3)
    assert spectrum.condition == pytest.approx(1)
    assert spectrum.rank == pytest.approx(5)
    assert spectrum.effective_condition == pytest.approx(1)


def test_condition_and_rank_are_those_of_the_singular_values(rng):
    values = np.array([8.0, 4.0, 2.0, 2.0, 0.5])
    x = rotation(rng, 40)[:, :5] * values @ rotation(rng, 5)

    spectrum = Spectrum.of(x)

    shares = values / values.sum()
    rank = np.prod(shares**-shares)  # exp of the entropy
    assert spectrum.condition == pytest.approx(np.linalg.cond(x)) == pytest.approx(16)
    assert spectrum.rank == pytest.approx(rank)
    assert spectrum.effective_condition == pytest.approx(8 / values[int(rank) - 1])
    assert spectrum.gap(Spectrum(values * np.e)) == pytest.approx(5)
    assert harmonic_mean(2, 6) == 3


def test_a_direction_without_spread_is_infinitely_ill_conditioned(rng):
    flat = rng.standard_normal((30, 4)) @ rng.standard_normal((4, 6))

    spectrum = Spectrum.of(flat)

    assert spectrum.condition == np.inf
    assert 1 < spectrum.effective_condition < np.inf
    assert np.isfinite(spectrum.gap(Spectrum.of(rng.standard_normal((30, 6)))))
    assert harmonic_mean(2, np.inf) == 4
    assert harmonic_mean(np.inf, np.inf) == np.inf


def test_too_few_words_have_no_shape(x):
    with pytest.raises(ValueError, match="at least 3 words of each side, got 80 and 2"):
        isomorphism(x, x[:2])
