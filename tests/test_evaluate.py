"""Every score follows from the ranks of the right answers.

The example: of four words the vocabularies hold three, and five of seven pairs. Word a has right
answers at ranks 2 and 4, b at ranks 1 and 5, c at rank 10.

- MRR: the first right answers are at ranks 2, 1 and 10, so (1/2 + 1 + 1/10) / 3 = 1.6 / 3.
- MAP: the precision at each right answer is 1/2 and 2/4 for a, 1/1 and 2/5 for b, 1/10 for c; the
  means of these are 0.5, 0.7 and 0.1; their mean is 1.3 / 3.
- xling: each pair on its own, (1/2 + 1/4 + 1/1 + 1/5 + 1/10) / 5 = 2.05 / 5.
- fastText counts the fourth word as wrong: MRR 1.6 / 4, MAP 1.3 / 4.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import bootstrap

from align.evaluate import Gold, Ranks, Score, measures, parts, per_word, skip, wrong, xling


@pytest.fixture
def example():
    gold = Gold(
        sources=np.array([10, 4, 12]),
        answers=np.array([[0, 4], [1, 6], [0, 9], [2, 0], [1, 3]]),
        identical=np.array([False, False, True, False, False]),
        missing_words=1,
        missing_pairs=2,
    )
    return Ranks(gold, np.array([2, 1, 4, 10, 5]))


@pytest.fixture
def many(rng):
    """80 words with 1 to 4 right answers of 2,000 targets, at any rank."""
    count = rng.integers(1, 5, 80)
    words = np.repeat(np.arange(80), count)
    order = rng.permutation(len(words))
    answers = np.column_stack([words, np.concatenate([rng.permutation(2000)[:c] for c in count])])
    gold = Gold(
        sources=rng.permutation(6000)[:80],
        answers=answers[order],
        identical=rng.random(len(words)) < 0.2,
        missing_words=20,
        missing_pairs=31,
    )
    ranks = np.concatenate([rng.permutation(60)[:c] + 1 for c in count])
    return Ranks(gold, ranks[order])


def value(found, name):
    return next(measure for measure in found if measure.name == name).value


def test_words_that_cannot_be_asked_are_passed_over(example):
    found = skip(example)

    assert [(m.name, m.hits) for m in found[:3]] == [("P@1", 1), ("P@5", 2), ("P@10", 3)]
    assert value(found, "MRR") == pytest.approx(1.6 / 3)
    assert value(found, "MAP") == pytest.approx(1.3 / 3)
    assert {(m.oov, m.scored, m.missing, m.coverage) for m in found} == {("skip", 3, 1, 0.75)}


def test_words_that_cannot_be_asked_count_as_wrong(example):
    found = wrong(example)

    assert [m.hits for m in found[:3]] == [1, 2, 3]
    assert value(found, "MRR") == pytest.approx(1.6 / 4)
    assert value(found, "MAP") == pytest.approx(1.3 / 4)
    assert {(m.oov, m.scored, m.missing, m.coverage) for m in found} == {("wrong", 4, 1, 0.75)}


def test_pairs_count_one_by_one_as_in_xling(example):
    [found] = xling(example)

    assert found.value == pytest.approx(2.05 / 5)
    assert (found.name, found.oov, found.scored, found.missing) == ("MAP", "xling", 5, 2)
    assert found.coverage == pytest.approx(5 / 7)


def test_one_right_answer_to_each_word_makes_all_means_of_reciprocal_ranks_one(example):
    gold = Gold(np.arange(3), np.array([[2, 5], [0, 5], [1, 5]]), np.zeros(3, bool))
    ranks = Ranks(gold, np.array([3, 8, 1]))

    found = [m.value for m in measures(ranks) if m.name in ("MRR", "MAP")]

    assert_allclose(found, (1 / 3 + 1 / 8 + 1) / 3)
    assert len(found) == 5


def test_each_word_scores_what_the_definitions_say(many):
    found = per_word(many)

    for word in range(80):
        ranks = sorted(many.ranks[many.gold.answers[:, 0] == word])
        precisions = [sum(r <= rank for r in ranks) / rank for rank in ranks]
        assert found["MAP"][word] == pytest.approx(sum(precisions) / len(ranks))
        assert found["MRR"][word] == 1 / ranks[0]
        assert found["P@5"][word] == any(rank <= 5 for rank in ranks)


@pytest.mark.parametrize("rule", [skip, wrong, xling])
def test_intervals_are_those_of_scipy_over_source_words(many, rule):
    word = many.gold.answers[:, 0]
    by_pair = np.bincount(word, 1 / many.ranks), np.bincount(word)
    words = many.average_precision, np.ones(80)
    zeros = np.append(words[0], np.zeros(20)), np.ones(100)
    totals, sizes = {skip: words, wrong: zeros, xling: by_pair}[rule]

    expected = bootstrap(
        (totals, sizes),
        lambda total, size, axis: total.sum(axis=axis) / size.sum(axis=axis),
        paired=True,
        n_resamples=2000,
        batch=100,
        method="BCa",
        random_state=np.random.default_rng(3),
    ).confidence_interval

    assert rule(many, seed=3)[-1].name == "MAP"
    assert rule(many, seed=3)[-1].interval == pytest.approx((expected.low, expected.high))


def test_nothing_to_score_is_an_error():
    with pytest.raises(ValueError, match="nothing to score"):
        Gold(np.array([], int), np.empty((0, 2), int), np.array([], bool), 4, 5)


def test_a_score_is_asked_by_name_and_rule(example):
    score = Score("nn", "forward", measures(example))

    assert score.at(5).hits == 2
    assert score.measure("MRR", "wrong").value == pytest.approx(1.6 / 4)
    with pytest.raises(KeyError, match="P@2 skip"):
        score.at(2)


def test_the_parts_of_each_kind_hold_every_word_once(many):
    found = parts(many, (6000, 2000))

    whole = {m.name: m for m in skip(many)}
    for by in ("source rank", "target rank", "spelling", "translations"):
        for name in ("P@1", "MRR"):
            some = [m for part in found if part.by == by for m in part.measures if m.name == name]
            assert sum(m.scored for m in some) == 80
            assert sum(m.total for m in some) == pytest.approx(whole[name].total)


def test_a_part_holds_the_words_it_names(many):
    found = {(part.by, part.name): part.measures for part in parts(many, (6000, 2000))}

    first = per_word(many)["P@1"]
    kinds = {}
    for word, row in enumerate(many.gold.sources):
        mine = many.gold.answers[:, 0] == word
        target, count = many.gold.answers[mine, 1].min(), mine.sum()
        identical = many.gold.identical[mine].any()
        bands = ((1000, "1-1,000"), (5000, "1,001-5,000"), (6000, "5,001-6,000"))
        for kind in (
            ("source rank", next(name for end, name in bands if row < end)),
            ("target rank", "1-1,000" if target < 1000 else "1,001-2,000"),
            ("spelling", "identical" if identical else "different"),
            ("translations", str(count) if count < 3 else "3+"),
        ):
            kinds.setdefault(kind, []).append(first[word])
    assert {kind: (m[0].total, m[0].scored) for kind, m in found.items()} == {
        kind: (sum(hits), len(hits)) for kind, hits in kinds.items()
    }


@pytest.mark.parametrize("size", [999, 1000, 1001])
def test_bands_end_with_the_vocabulary_and_at_round_ranks(size):
    gold = Gold(np.array([0, size - 1]), np.array([[0, 0], [1, 0]]), np.zeros(2, bool))

    found = [part.name for part in parts(Ranks(gold, np.array([1, 1])), (size, 1))]

    last = ["1-1,000", "1,001-1,001"] if size > 1000 else [f"1-{size:,}"]
    assert found == [*last, "1-1", "different", "1"]
