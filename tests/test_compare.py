"""Runs on the same words: what differs, and whether it may be chance."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import align
from align import Procrustes
from align.report import comparison_table, comparison_words
from dictionaries import Lexicon
from embeddings import Embeddings


@pytest.fixture
def world(rng):
    x = rng.standard_normal((200, 12)).astype(np.float32) + 0.2
    y = x + 0.5 * rng.standard_normal((200, 12)).astype(np.float32)
    source = Embeddings([f"s{i}" for i in range(200)], x, name="src")
    target = Embeddings([f"t{i}" for i in range(200)], y, name="tgt")
    return source, target, Lexicon(tuple(zip(source.words, target.words, strict=True)))


@pytest.fixture
def train(world):
    """Make a run from so many seeds, scored on the last 100 pairs and on a word that is missing."""
    source, target, pairs = world
    test = Lexicon((*pairs.pairs[100:], ("none", "t1")), "test.txt")

    def train(seeds, words=200, **more):
        few = Embeddings(source.words[:words], source.vectors[:words], source.name)
        return align.supervised(
            few, target, pairs.first(seeds), test=test, k=5, solver=Procrustes(), **more
        )

    return train


def test_runs_are_told_apart_word_by_word(train, world):
    poor, good = train(11), train(100)

    found = align.compare([poor, good])

    words = world[2].sources[100:]
    right = [
        np.array([run.translate(w, 1)[0].word == f"t{w[1:]}" for w in words])
        for run in (poor, good)
    ]
    hits, more = found.runs[1].differences[0], found.runs[1].differences[1]
    assert found.pairs.sources == words
    assert (found.dropped, found.missing) == (0, 1)
    assert [one.score.at(1).hits for one in found.runs] == [mine.sum() for mine in right]
    assert hits.value == pytest.approx(right[1].mean() - right[0].mean())
    assert 0 < hits.interval[0] < hits.value < hits.interval[1]
    assert hits.p < 0.01
    assert more.value == pytest.approx(
        np.mean([1 / b - 1 / a for a, b in zip(*(r.best for r in found.runs), strict=True)])
    )
    for one, mine, other in zip(found.runs, right, right[::-1], strict=True):
        assert one.alone == tuple(np.array(words)[mine & ~other])
    assert found.runs[0].alone
    assert found.runs[0].differences == ()


def test_the_other_order_turns_the_sign(train):
    poor, good = train(11), train(100)

    [there], [back] = (
        align.compare(runs).runs[1].differences[:1] for runs in ((poor, good), (good, poor))
    )

    assert back.value == -there.value
    assert back.p == there.p
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]), abs=0.02)


def test_a_run_does_not_differ_from_itself(train):
    run = train(50)

    other = align.compare([run, run]).runs[1]

    assert [(d.value, d.p) for d in other.differences] == [(0, 1), (0, 1)]
    assert other.alone == ()
    assert other.differences[0].interval == pytest.approx((-0.0362, 0.0362), abs=1e-4)


def test_only_words_that_all_can_answer_are_asked(train):
    whole, few = train(100), train(100, words=170)

    found = align.compare([whole, few, whole])

    assert len(found.pairs.sources) == 70
    assert (found.dropped, found.missing) == (30, 1)
    assert {one.score.at(1).scored for one in found.runs} == {70}
    assert "70 asked of every run; 30 only some can answer, 1 none" in comparison_table(found)


def test_a_word_is_asked_with_the_translations_that_all_hold(train, world):
    source, target, pairs = world
    run = train(100)
    few = Embeddings(target.words[:150], target.vectors[:150], target.name)
    other = align.supervised(source, few, pairs.first(100), k=5, solver=Procrustes())
    test = Lexicon((("s120", "t120"), ("s120", "t190"), ("s130", "t195")))

    found = align.compare([run, other], test)

    assert found.pairs.pairs == (("s120", "t120"),)
    assert found.dropped == 1


def test_words_that_one_run_was_trained_on_are_told(train):
    clean, leaky = train(100), train(130)

    found = align.compare([clean, leaky], names=["clean", "leaky"])

    assert [one.evaluation.shared_with_seeds.sources for one in found.runs] == [0, 30]
    assert "leak      30 of them were seeds of leaky\n" in comparison_table(found)


def test_runs_that_cannot_be_compared_are_refused(train):
    run = train(50)
    french = replace(run.record, target=replace(run.record.target, name="fr"))
    folded = replace(run.record, source=replace(run.record.source, lower=True))
    for others, message in (
        ([], "needs at least 2 runs, got 1"),
        ([replace(run, record=french)], "1: .* is of src -> tgt, 2: .* of src -> fr"),
        ([replace(run, record=folded)], "only one was made with --lower"),
        ([replace(run, test=None)], "was not scored when it was made"),
        ([run, replace(run, test=run.test.first(9))], "3: .* on test.txt, which is not the same"),
    ):
        with pytest.raises(ValueError, match=message):
            align.compare([run, *others])
    with pytest.raises(ValueError, match=r"no pair of the 1 of x\.txt is in every run"):
        align.compare([run, run], Lexicon((("a", "b"),), "x.txt"))


def test_the_table_of_words_has_the_rank_in_every_run(train):
    found = align.compare([train(11), train(100)], names=["poor", "good"])

    header, *lines = comparison_words(found)

    rows = [line.split("\t") for line in lines]
    assert header.split("\t") == ["word", "answers", "poor", "good", "alone"]
    assert [row[0] for row in rows] == list(found.pairs.sources)
    for word, answers, *ranks, alone in rows:
        assert answers == f"t{word[1:]}"
        first = [name for name, rank in zip(("poor", "good"), ranks, strict=True) if rank == "1"]
        assert alone == (first[0] if len(first) == 1 else "")


@pytest.fixture
def two(cli, train):
    align.save(train(11), "poor")
    align.save(train(100), "good")
    return "poor", "good"


def test_the_command_compares_and_writes_all_words(cli, two):
    shown = cli("compare", *two, "--words", "words.tsv")
    as_json = json.loads(cli("compare", *two, "--json").stdout)

    p = as_json["runs"][1]["differences"][0]["p"]
    assert shown.exit_code == 0, shown.output
    assert "difference from poor" in shown.stdout
    assert f"  p {p:.4f} *\n" in shown.stdout
    assert "not corrected" not in shown.stdout
    assert "\nsignature good: procrustes|norm:" in shown.stdout
    assert "100 words in words.tsv" in shown.stderr
    assert len(Path("words.tsv").read_text().splitlines()) == 101
    assert [len(run["ranks"]) for run in as_json["runs"]] == [100, 100]
    assert len(as_json["words"]) == 100


def test_the_command_takes_a_dictionary_and_a_retrieval(cli, two):
    Path("mine.txt").write_text("s100 t100\ns101 t101\ns102 t102\n")

    shown = cli("compare", *two, "poor", "--test", "mine.txt", "--retrieval", "nn")

    assert "words     3 asked of every run" in shown.stdout
    assert "P@1, NN" in shown.stdout
    assert "not corrected for the number of runs" in shown.stdout
    assert "|test:mine.txt#" in shown.stdout


def test_the_command_refuses_what_it_cannot_do(cli, two):
    Path("words.tsv").write_text("years of work")

    one = cli("compare", "poor")
    lost = cli("compare", *two, "--words", "words.tsv")
    gone = cli("compare", "poor", "nowhere")

    assert (one.exit_code, lost.exit_code, gone.exit_code) == (2, 1, 1)
    assert "needs at least 2 runs, got 1" in one.stderr
    assert "words.tsv is there already" in lost.stderr
    assert "nowhere is not a run" in gone.stderr
    assert Path("words.tsv").read_text() == "years of work"
