from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import align
from align.evaluate import averages, mined
from align.evaluate.mining import best_threshold, candidate_pairs, once
from align.normalize import unit
from align.retrieve import Space
from align.tasks import Sentences
from embeddings import Embeddings


def test_averages_are_worked_by_hand():
    x = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32)
    bags = [np.array(bag, dtype=np.intp) for bag in ([0], [0, 1], [1, 2], [])]
    bags += [np.array([0], dtype=np.intp)] * 96

    found = averages(bags, x)

    # of 100 sentences, 98 hold word 0, which weighs 1 (log10(100 / 98) is less); 2 hold word 1,
    # which weighs log10(50); 1 holds word 2, which weighs 2
    w = np.log10(50)
    assert_allclose(found[0], [1, 0])
    assert_allclose(found[1], [1 / (1 + w), w / (1 + w)], rtol=1e-6)
    assert_allclose(found[2], [2 / (w + 2), 1], rtol=1e-6)
    assert_allclose(found[3], [0, 0])


@pytest.fixture
def bilingual():
    """Four words of each language in one space, and a word that only English has."""
    x = np.vstack([np.eye(4), [[1, 1, 0, 0]]]).astype(np.float32)
    en = Embeddings(["cat", "dog", "red", "big", "pet"], x, name="en")
    es = Embeddings(["gato", "perro", "rojo", "grande"], x[:4], name="es")
    return en, es


ENGLISH = ("???", "A red CAT!", "pet", "the big dog", "big, red pets", "a dog")
SPANISH = ("grande", "Un gato rojo.", "mascota", "el perro grande", "rojo grande", "un perro")


def test_retrieval_is_worked_by_hand(bilingual):
    found = align.sentences(bilingual, (Sentences(ENGLISH), Sentences(SPANISH)), k=2)

    # sentence 0 of English and 2 of Spanish have no known word: all sentences but these two find
    # themselves; the translation of English 2 and of Spanish 0 cannot be found
    there, back = found.retrieved[0], found.retrieved[2]
    assert there.languages == ("en", "es")
    assert back.languages == ("es", "en")
    for way in (there, back):
        at_1 = way.measures[0]
        assert (at_1.name, at_1.oov, at_1.hits, at_1.scored, at_1.missing) == (
            "P@1", "wrong", 4, 6, 1,
        )  # fmt: skip
        assert at_1.coverage == pytest.approx(5 / 6)
        assert [measure.name for measure in way.measures] == ["P@1", "P@5"]
    assert [way.retrieval for way in found.retrieved] == ["nn", "csls2"] * 2
    for way in found.mined[::2]:  # threshold on the same pairs: all four right ones, no wrong one
        assert (way.hits, way.mined, way.gold) == (4, 4, 6)
    assert (found.sentences, found.tokens, found.known) == (6, (12, 12), (8, 8))


def test_retrieval_is_that_of_the_definition(rng):
    words = [f"w{i}" for i in range(30)]
    x = rng.standard_normal((30, 5)).astype(np.float32)
    vectors = Embeddings(words, x), Embeddings(words, x + 0.8 * rng.standard_normal((30, 5)))
    lines = tuple(" ".join(rng.choice(words, 4)) for _ in range(25))

    found = align.sentences(vectors, (Sentences(lines), Sentences(lines)), k=3)

    counts = {word: sum(word in line.split() for line in lines) for word in words}
    sides = []
    for side in vectors:
        rows = []
        for line in lines:
            known = sorted(set(line.split()))
            weights = [max(1, np.log10(25 / counts[word])) for word in known]
            rows.append(np.average([side[word] for word in known], axis=0, weights=weights))
        sides.append(unit(np.array(rows)))
    cosines = sides[0] @ sides[1].T
    near = [np.sort(c, axis=1)[:, -3:].mean(axis=1) for c in (cosines, cosines.T)]
    for scores, way in zip(
        (cosines, 2 * cosines - near[0][:, None] - near[1]), (0, 1), strict=True
    ):
        for measure, k in zip(found.retrieved[way].measures, (1, 5, 10), strict=True):
            best = np.argsort(-scores, axis=1)[:, :k]
            assert measure.hits == sum(i in best[i] for i in range(25))


def test_sentences_must_be_as_many(bilingual):
    texts = Sentences(ENGLISH, "a.en"), Sentences(SPANISH[:5], "a.es")

    with pytest.raises(ValueError, match=r"6 sentences of en \(a.en\) and 5 of es \(a.es\)"):
        align.sentences(bilingual, texts)


def test_sentences_of_unknown_words_are_told(bilingual):
    texts = Sentences(SPANISH), Sentences(ENGLISH)

    with pytest.raises(ValueError, match="of 6 sentences, 0 of en and 0 of es have a word"):
        align.sentences(bilingual, texts)


@pytest.fixture
def noisy_sentences(rng):
    """20 sentences of two languages with so much noise that some translations are not found."""
    x = unit(rng.standard_normal((20, 4)).astype(np.float32))
    y = unit(x + 0.5 * rng.standard_normal((20, 4)).astype(np.float32))
    return x, y


def margins(x, y):
    """Return the ratio margin of every pair (Artetxe and Schwenk 2019), k = 4, written slowly."""
    cosines = x.astype(float) @ y.T.astype(float)
    found = np.empty(cosines.shape)
    for i, j in product(*map(range, cosines.shape)):
        around = (np.sort(cosines[i])[-4:].sum() + np.sort(cosines[:, j])[-4:].sum()) / 8
        found[i, j] = cosines[i, j] / around
    return cosines, found


def test_candidates_are_those_of_the_definition(noisy_sentences):
    cosines, scores = margins(*noisy_sentences)
    space = Space.of(*noisy_sentences, 4)

    forward, backward = [], []
    for i in range(20):
        near = np.argsort(-cosines[i])[:4]
        forward.append((i, near[scores[i, near].argmax()]))
        near = np.argsort(-cosines[:, i])[:4]
        backward.append((near[scores[near, i].argmax()], i))
    every = sorted({*forward, *backward}, key=lambda pair: -scores[pair])
    both = []
    for i, j in every:
        if all(i != a and j != b for a, b in both):
            both.append((i, j))
    for name, expected in (("forward", forward), ("backward", backward), ("max", both)):
        pairs, found = candidate_pairs(space, name)
        assert set(map(tuple, pairs.tolist())) == {(int(i), int(j)) for i, j in expected}
        assert len(pairs) == len(expected)
        assert_allclose(found, scores[tuple(pairs.T)], rtol=1e-5)
    assert len({*forward} ^ {*backward}) > 4  # or the test would say little


def f1_by_hand(scores, right, gold, threshold):
    kept = [r for s, r in zip(scores, right, strict=True) if s >= threshold]
    precision = sum(kept) / len(kept) if kept else 0
    recall = sum(kept) / gold
    return 2 * precision * recall / (precision + recall) if sum(kept) else 0


def test_the_best_threshold_is_the_best_of_all(rng):
    for _ in range(50):
        scores = rng.integers(0, 12, 15) / 10
        right = rng.random(15) < scores

        threshold = best_threshold(scores, right, 14)

        values = {s: f1_by_hand(scores, right, 14, s) for s in (*scores, np.inf)}
        assert values[threshold] == max(values.values())
        assert threshold == max(s for s, value in values.items() if value == values[threshold])


def test_no_right_pair_leaves_nothing_to_keep():
    assert best_threshold(np.array([1.0, 2.0]), np.array([False, False]), 2) == np.inf


def test_mining_counts_are_those_of_the_definition(rng):
    n = 40
    pairs = np.column_stack([np.arange(n), np.where(rng.random(n) < 0.6, np.arange(n), 0)])
    right = pairs[:, 0] == pairs[:, 1]
    scores = np.where(right, 1.2, 1.0) + 0.15 * rng.standard_normal(n)

    same, other = mined(pairs, scores, n, "forward", seed=5)

    best = max(f1_by_hand(scores, right, n, s) for s in scores)
    assert same.f1 == pytest.approx(best)
    assert same.f1 == pytest.approx(2 / (1 / same.precision + 1 / same.recall))
    half = np.isin(np.arange(n), np.random.default_rng(5).permutation(n)[: n // 2])
    hits = found = 0
    for judged in (half, ~half):
        fit = best_threshold(scores[~judged], right[~judged], n // 2)
        hits += (right & judged & (scores >= fit)).sum()
        found += (judged & (scores >= fit)).sum()
    assert (other.hits, other.mined, other.gold) == (hits, found, n)
    assert other.f1 < same.f1


def test_the_interval_of_f1_is_that_of_scipy(rng):
    n = 60
    pairs = np.column_stack([rng.integers(0, n, 50), rng.integers(0, n, 50)])
    pairs[:30, 1] = pairs[:30, 0]
    scores = np.ones(50)  # all are kept

    [same, _] = mined(pairs, scores, n, "backward", seed=2)

    hits, found = np.zeros((2, n))
    for i, j in pairs:
        found[i] += 1
        hits[i] += i == j
    expected = stats.bootstrap(
        (hits, found),
        lambda h, f: 2 * h.sum() / (f.sum() + n),
        paired=True,
        vectorized=False,
        n_resamples=2000,
        batch=100,
        method="BCa",
        random_state=np.random.default_rng(2),
    ).confidence_interval
    assert same.mined == 50
    assert_allclose(same.interval, (expected.low, expected.high), atol=0.01)


def test_no_sentence_is_taken_twice():
    pairs = np.array([[0, 0], [0, 1], [1, 0], [2, 2]])

    assert once(pairs, np.array([1.0, 3.0, 2.0, 0.5])).tolist() == [False, True, True, True]
    assert once(pairs, np.array([3.0, 1.0, 2.0, 0.5])).tolist() == [True, False, False, True]
