"""The evaluation of a run: every rule, both directions, on any search, now and from its folder."""

import json
from dataclasses import replace

import numpy as np
import pytest
from test_search import EXACT

import align
from align import Procrustes
from align.record import Shared
from align.report import detail_table, evaluation_table
from align.report.machine import evaluation_dict
from align.retrieve import Space, using
from dictionaries import Lexicon
from embeddings import Embeddings


@pytest.fixture
def run(rng):
    """300 words and 340, hard to translate; the test has words and answers that are missing."""
    x = rng.standard_normal((300, 16)).astype(np.float32) + 0.3
    y = x + 0.8 * rng.standard_normal((300, 16)).astype(np.float32)
    source = Embeddings([f"w{i}" for i in range(300)], x, name="src")
    y = np.concatenate([y, rng.standard_normal((40, 16)).astype(np.float32)])
    target = Embeddings([f"t{i}" if i % 5 else f"w{i}" for i in range(340)], y, name="tgt")
    pairs = list(zip(source.words, target.words, strict=False))
    more = [(source.words[i], target.words[i + 1]) for i in range(150, 290, 3)]
    missing = [("none", "t1"), ("w200", "nothing"), ("w299", "naught"), ("nobody", "no one")]
    test = Lexicon((*pairs[150:], *more, *missing), "test.txt")
    return align.supervised(
        source, target, Lexicon(tuple(pairs[:152])), test=test, k=5, solver=Procrustes()
    )


def test_the_counts_are_those_of_translations(run):
    asked = run.test.within(run.source, run.target)

    for score in run.record.evaluation.scores:
        reverse = score.direction == "backward"
        lexicon = asked.reversed if reverse else asked
        way = "csls" if score.retrieval == "csls5" else "nn"
        found = run.translate_all(lexicon.sources, 10, way, reverse=reverse)
        for k in (1, 5, 10):
            right = [
                any((word, one.word) in set(lexicon.pairs) for one in best[:k])
                for word, best in zip(lexicon.sources, found, strict=True)
            ]
            assert (score.at(k).hits, score.at(k).scored) == (sum(right), len(right))


def test_words_that_are_missing_are_counted_both_ways(run):
    there, back = run.record.evaluation.forward[0], run.record.evaluation.backward[0]

    assert (there.at(1).scored, there.at(1).missing) == (150, 2)  # none and nobody
    assert (there.at(1, "wrong").scored, there.at(1, "wrong").missing) == (152, 2)
    assert (back.at(1).scored, back.at(1).missing) == (150, 4)  # of w200 to no one, and t1
    assert there.measure("MAP", "xling").missing == back.measure("MAP", "xling").missing == 4
    assert run.record.evaluation.shared_with_seeds == Shared(2, 2, 2)


def test_bands_are_those_of_the_vocabulary_that_is_asked(run):
    for scores, size in (
        (run.record.evaluation.forward, 300),
        (run.record.evaluation.backward, 340),
    ):
        assert {(part.by, part.name) for part in scores[0].parts} == {
            ("source rank", f"1-{size}"),
            ("target rank", f"1-{640 - size}"),
            ("spelling", "identical"),
            ("spelling", "different"),
            ("translations", "1"),
            ("translations", "2"),
        }


@pytest.mark.parametrize("search", EXACT)
def test_every_search_gives_the_same_scores(run, search):
    ways = ("nn", "csls", "invsoftmax", "agreement")

    with using(search):
        space = Space.of(run.space.x, run.space.y, run.record.k)
        found = replace(run, space=space).evaluate(retrievals=ways)

    assert found == run.evaluate(retrievals=ways)


def test_a_run_from_its_folder_scores_the_same(run, tmp_path):
    align.save(run, tmp_path / "run")
    back = align.load(tmp_path / "run")

    assert back.test == run.test
    assert back.record.evaluation == run.record.evaluation == back.evaluate()


def test_a_run_that_was_not_scored_needs_a_dictionary(run, tmp_path):
    unscored = align.supervised(run.source, run.target, run.seeds, k=5)
    align.save(unscored, tmp_path / "run")

    assert not (tmp_path / "run" / "test.tsv").exists()
    with pytest.raises(ValueError, match="src-tgt-supervised was not scored .* with --test FILE"):
        align.load(tmp_path / "run").evaluate()


def test_an_empty_dictionary_is_not_taken_for_none(run):
    with pytest.raises(ValueError, match="none of the 0 pairs of the test dictionary"):
        run.evaluate(Lexicon(()))


def test_a_refined_run_is_scored_on_the_dictionary_of_the_old_one(run):
    refined = align.refine(run, rounds=1)

    assert refined.test == run.test
    assert refined.record.evaluation.test == run.record.evaluation.test


def test_the_text_has_every_number_once_and_the_short_one_its_first(run):
    evaluation = run.record.evaluation
    text = detail_table(run.record, evaluation)

    there, back = evaluation.forward[1], evaluation.backward[1]
    for measure in (there.at(1), there.measure("MAP", "xling"), back.at(10, "wrong")):
        assert f"{100 * measure.value:.1f} [{100 * measure.interval[0]:4.1f}, " in text
    assert "\nsrc -> tgt, CSLS5 " in text
    assert "\ntgt -> src, P@1 " in text
    assert "\n  identical " in text
    assert "leak      2 source words, 2 target words and 2 pairs are also seeds" in text
    assert "|retrieval:nn,csls5|direction:forward,backward|oov:skip,wrong,xling|" in text
    assert "tgt -> src" not in evaluation_table(run.record, evaluation)
    assert "|retrieval:nn,csls5|oov:skip|" in evaluation_table(run.record, evaluation)


def test_a_signature_says_the_rule(run):
    data = evaluation_dict(run.record, run.record.evaluation)

    for score in data["scores"]:
        for rule, said in score["signature"].items():
            assert f"|oov:{rule}|" in said
        assert {measure["oov"] for measure in score["measures"]} == set(score["signature"])


def test_the_command_needs_no_dictionary_and_prints_what_the_record_holds(cli, made):
    shown = cli("evaluate", made)
    as_json = json.loads(cli("evaluate", made, "--json").stdout)

    assert shown.exit_code == 0
    assert shown.stdout.count("20/20") > 20
    with open("run/run.json") as file:
        assert as_json == json.load(file)["evaluation"]
