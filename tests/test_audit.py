import logging
from dataclasses import replace

import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose

import align
from align import Audited, KernelResidual, Multistep, Problem, Procrustes
from align.normalize import unit
from align.solvers import Alike
from align.solvers.audit import Normal, doubts, held_out, wrong
from dictionaries import Lexicon
from embeddings import Embeddings

SOLVERS = [Procrustes(), Multistep()]


def dirty(rng, share, words=400, d=20):
    """Return a problem, its seeds partly wrong, which of these are, and the true map."""
    x = unit(rng.standard_normal((600, d)))
    w = rotation(rng, d)
    y = unit(x @ w + 0.1 * rng.standard_normal((600, d)))
    targets = np.arange(words)
    shuffled = rng.choice(words, int(share * words), replace=False)
    targets[shuffled] = np.roll(targets[shuffled], 1)
    pairs = np.column_stack([np.arange(words), targets])
    return Problem(x, y, pairs), targets != np.arange(words), w


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_doubts_are_true_probabilities(rng, share):
    problem, is_wrong, _ = dirty(rng, share)

    found = doubts(problem)

    assert abs(found.mean() - share) < 0.03
    assert np.mean(is_wrong[found > 0.5]) > 0.9
    assert np.mean(found[is_wrong] > 0.5) > 0.9
    assert np.mean((found - is_wrong) ** 2) < 0.04  # Brier's score; of the bare share up to 0.24


def test_a_mixture_with_known_parts_gives_the_posterior_by_bayes(rng):
    chance = rng.normal(0, 0.1, 20_000)
    cosines = np.concatenate([rng.normal(0, 0.1, 6_000), rng.normal(0.4, 0.15, 14_000)])

    found = wrong(cosines, chance)

    def density(mean, spread):
        return np.exp(-(((cosines - mean) / spread) ** 2) / 2) / spread

    bayes = 0.3 * density(0, 0.1) / (0.3 * density(0, 0.1) + 0.7 * density(0.4, 0.15))
    within = cosines > -0.1  # below, the formula trusts a pair the more, the worse it is
    assert_allclose(found[within], bayes[within], atol=0.04)


@pytest.mark.parametrize("spread", [0.02, 0.1, 0.3])
def test_a_closer_pair_is_never_the_more_doubtful(rng, spread):
    chance = rng.normal(0, 0.1, 2000)
    cosines = np.concatenate([rng.normal(0, 0.1, 500), rng.normal(0.4, spread, 1500), [-1, 1]])

    found = wrong(cosines, chance)[np.argsort(cosines)]

    assert (np.diff(found) <= 0).all()
    assert found[0] > 0.8
    assert found[-1] < 0.01


@pytest.mark.parametrize("spread", [0.05, 0.1, 0.4])
def test_the_ratio_of_densities_is_held_where_it_turns(spread):
    low, high, x = Normal(0.0, 0.1), Normal(0.5, spread), np.linspace(-1, 1, 2001)

    plain = low.log_density(x) - high.log_density(x)
    held = low.over(high, x)

    assert (np.diff(held) <= 1e-12).all()
    falls = np.flatnonzero(np.diff(plain) < 0)
    assert_allclose(held[falls[1:-1]], plain[falls[1:-1]])


def test_a_pair_is_judged_by_a_map_that_has_not_seen_its_source_word(rng):
    problem, _, _ = dirty(rng, 0.3, words=60)
    spoilt = Problem(problem.x, problem.y, problem.pairs.copy())
    spoilt.pairs[7, 1] = 599

    before, after = held_out(problem)[0], held_out(spoilt)[0]

    same = before == after  # of the 12 words of its own fold, whose map has not changed
    assert same.sum() == 11
    assert not same[7]


def test_all_translations_of_a_word_are_judged_by_one_map(rng):
    problem, _, _ = dirty(rng, 0, words=100)
    twice = Problem(problem.x, problem.y, np.concatenate([problem.pairs, problem.pairs]))

    cosines, chance = held_out(twice)

    assert_allclose(cosines[:100], cosines[100:], atol=1e-12)
    assert_allclose(cosines, held_out(problem)[0].tolist() * 2, atol=1e-9)
    assert len(chance) <= 200


def test_no_pair_by_chance_is_a_seed(rng):
    problem, _, _ = dirty(rng, 0, words=50)

    _, chance = held_out(problem, folds=25)  # two words each, so half of the draws change nothing

    assert 0 < len(chance) < 50
    assert chance.max() < 0.9


def test_a_rare_sense_is_not_an_error(rng):
    x = unit(rng.standard_normal((500, 20)))
    w = rotation(rng, 20)
    common = unit(x @ w + 0.1 * rng.standard_normal(x.shape))
    rare = unit(x @ w + 0.25 * rng.standard_normal(x.shape))
    words = np.arange(500)
    pairs = np.concatenate([np.column_stack([words, words]), np.column_stack([words, words + 500])])

    found = doubts(Problem(x, np.concatenate([common, rare]), pairs))

    assert np.mean(found[500:] > 0.5) < 0.03
    assert np.mean(found[:500] > 0.5) == 0


def test_the_same_seed_gives_the_same_doubts(rng):
    problem, _, _ = dirty(rng, 0.3)

    np.testing.assert_array_equal(doubts(problem), doubts(problem))
    assert not np.array_equal(doubts(problem), doubts(problem, seed=1))


def test_few_seeds_are_not_doubted_and_that_is_said(rng, caplog):
    problem, _, _ = dirty(rng, 0.3, words=49)

    with caplog.at_level(logging.INFO, "align"):
        found = doubts(problem)

    np.testing.assert_array_equal(found, np.zeros(49))
    assert "seeds of 49 source words cannot be audited: that takes 50" in caplog.text


def test_seeds_that_share_one_translation_are_not_doubted(rng, caplog):
    problem, _, _ = dirty(rng, 0)
    one = Problem(problem.x, problem.y, np.column_stack([np.arange(100), np.zeros(100, int)]))

    with caplog.at_level(logging.INFO, "align"):
        assert not doubts(one).any()

    assert "too few pairs can be made by chance" in caplog.text


def test_seeds_farther_than_chance_are_not_doubted(rng, caplog):
    with caplog.at_level(logging.INFO, "align"):
        assert not wrong(rng.normal(-0.5, 0.1, 200), rng.normal(0, 0.1, 200)).any()

    assert "no closer than pairs made by chance" in caplog.text


def test_pairs_by_chance_that_are_all_alike_tell_nothing():
    assert not wrong(np.linspace(0, 1, 80), np.full(60, 0.5)).any()


def test_right_pairs_may_have_one_and_the_same_cosine(rng):
    found = wrong(np.concatenate([np.ones(70), rng.normal(0, 0.1, 30)]), rng.normal(0, 0.1, 100))

    assert_allclose(found, np.arange(100) >= 70, atol=1e-6)


@pytest.mark.parametrize("folds", [1, 61])
def test_folds_must_have_words(rng, folds):
    with pytest.raises(ValueError, match=f"folds from 2 to the 60 source words, got {folds}"):
        held_out(dirty(rng, 0, words=60)[0], folds=folds)


def test_perfect_pairs_are_told_from_wrong_ones(rng):
    problem, is_wrong, w = dirty(rng, 0.3)
    exact = Problem(problem.x, problem.x @ w, problem.pairs)

    np.testing.assert_array_equal(doubts(exact) > 0.5, is_wrong)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_without_doubtful_pairs_the_map_is_closer_to_the_truth(rng, solver):
    problem, is_wrong, w = dirty(rng, 0.3)

    plain, audited = solver(problem), Audited(solver=solver)(problem)

    def similarity(solution):
        x, y = solution.mapped(Problem(problem.x, problem.x @ w, problem.pairs))
        return np.mean(np.sum(unit(x) * unit(y), axis=1))

    dropped = ~np.isin(problem.pairs[:, 0], audited.pairs[:, 0])
    assert np.mean(is_wrong[dropped]) > 0.9
    assert np.mean(dropped[is_wrong]) > 0.9
    assert 1 - similarity(audited) < (1 - similarity(plain)) / 2


def test_a_clean_dictionary_is_solved_as_it_is(rng):
    problem, _, _ = dirty(rng, 0)

    audited, plain = Audited()(problem), Multistep()(problem)

    np.testing.assert_array_equal(audited.pairs, problem.pairs)
    np.testing.assert_array_equal(audited.map.w, plain.map.w)


def test_a_doubtful_pair_does_not_come_back_as_words_spelled_alike(rng):
    problem, is_wrong, _ = dirty(rng, 0.3)
    others = np.column_stack([np.arange(500, 540)] * 2)
    problem = replace(problem, alike=np.concatenate([problem.pairs, others]))

    pairs = Audited(solver=Alike())(problem).pairs

    dropped = problem.pairs[doubts(problem) > 0.5]
    assert is_wrong.sum() * 0.9 < len(dropped)
    assert not {*map(tuple, dropped)} & {*map(tuple, pairs)}
    assert {*map(tuple, others)} & {*map(tuple, pairs)}


@pytest.mark.parametrize("threshold", [0.01, 0.9, 1])
def test_pairs_above_the_threshold_are_dropped(rng, threshold):
    problem, _, _ = dirty(rng, 0.3)

    pairs = Audited(threshold=threshold, seed=3)(problem).pairs

    np.testing.assert_array_equal(pairs, problem.pairs[doubts(problem, seed=3) <= threshold])


def test_where_hardly_a_pair_is_trusted_all_are_kept(rng, caplog):
    problem, _, _ = dirty(rng, 0.5, words=80)

    with caplog.at_level(logging.INFO, "align"):
        solution = Audited()(problem)

    np.testing.assert_array_equal(solution.pairs, problem.pairs)
    assert "of 80 seed pairs are doubtful: all are kept" in caplog.text


def test_a_threshold_is_a_probability():
    with pytest.raises(ValueError, match=r"in \[0, 1\], got 1.5"):
        Audited(threshold=1.5)


def run_of(problem, solver):
    source = Embeddings([f"s{i}" for i in range(600)], problem.x.astype(np.float32))
    target = Embeddings([f"t{i}" for i in range(600)], problem.y.astype(np.float32))
    lexicon = Lexicon(tuple((f"s{i}", f"t{j}") for i, j in problem.pairs))
    return align.supervised(source, target, lexicon, solver=solver, normalize="unit")


LOSSY = Multistep(dewhiten=0, reweight=0, dimensions=10)  # keeps no way back to the vectors
STRETCHED = KernelResidual(start=Multistep(dewhiten=0.5, reweight=1))


@pytest.mark.parametrize(
    "solver", [*SOLVERS, KernelResidual(), LOSSY, STRETCHED], ids=lambda s: s.name
)
def test_a_run_doubts_its_seeds_as_if_it_had_not_learned_from_them(rng, solver, tmp_path):
    problem, _, _ = dirty(rng, 0.3)
    cosines, chance = held_out(problem)
    expected = wrong(cosines, chance)

    align.save(run_of(problem, solver), tmp_path / "run")
    listed = align.load(tmp_path / "run").audit(min_doubt=0)

    found = {pair.source: pair for pair in listed}
    order = [found[f"s{i}"] for i in range(400)]
    assert_allclose([pair.doubt for pair in order], expected, atol=1e-5)
    assert_allclose([pair.cosine for pair in order], cosines, atol=1e-6)


def test_a_run_lists_the_doubtful_first_with_its_own_suggestion(rng):
    problem, is_wrong, _ = dirty(rng, 0.3)
    run = run_of(problem, Audited())

    listed = run.audit()

    found = [pair.doubt for pair in listed]
    assert found == sorted(found, reverse=True)
    assert min(found) >= 0.5
    assert len(listed) == pytest.approx(is_wrong.sum(), rel=0.1)
    assert all(pair.suggestion == run.translate(pair.source, 1)[0].word for pair in listed)
    right = [pair.suggestion[1:] == pair.source[1:] for pair in listed]
    assert np.mean(right) > 0.9


def test_a_run_of_few_seeds_cannot_be_audited(rng):
    problem, _, _ = dirty(rng, 0, words=30)

    with pytest.raises(ValueError, match="seeds of 30 source words, and an audit needs 50"):
        run_of(problem, Procrustes()).audit()
