"""What is made of the evidence: verdict, difficulty, seeds, risks."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import rotation

import align
from align.diagnosis.evidence import Evidence
from align.diagnosis.outlook import outlook
from align.diagnosis.trial import HeldOut
from align.diagnosis.vocabulary import Overlap
from dictionaries import Lexicon
from embeddings import Embeddings


@pytest.fixture(scope="module")
def evidence():
    """Of two languages of 400 words that differ by a rotation, and 200 right pairs."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((400, 20))
    sides = (
        Embeddings([f"{name[0]}{i}" for i in range(400)], rows, name=name)
        for name, rows in (("src", x), ("tgt", x @ rotation(rng, 20)))
    )
    seeds = Lexicon(tuple((f"s{i}", f"t{i}") for i in range(200)))
    return align.diagnose(*sides, seeds).evidence


def risks(evidence: Evidence):
    return " ".join(outlook(evidence).risks)


def test_no_risk_is_told_where_there_is_none(evidence):
    side = replace(evidence.source, words=10_000)

    assert risks(replace(evidence, source=side, target=side)) == ""


@pytest.mark.parametrize(
    ("side", "told"),
    [
        ({"words": 900}, "src is small: 900 words"),
        ({"decomposed": 30}, "30 words that are not in composed form"),
        ({"zeros": 5, "copies": 6}, "5 words without a vector, and 6 that share another word's"),
        ({"cased": 0.2}, "src has capitals and tgt has none"),
        ({"scripts": (("Greek", 0.9),)}, "Different scripts"),
        ({"dim": 300}, ""),
    ],
)
def test_what_is_odd_about_one_side_is_told(evidence, side, told):
    large = {"words": 400} if "words" not in side else {}

    assert told in risks(replace(evidence, source=replace(evidence.source, **{**large, **side})))


def test_fewer_seeds_than_dimensions_are_told(evidence):
    few = replace(evidence, seeds=(("dictionary", 15),))

    assert "Few seeds: 15 words for 20 dimensions" in risks(few)
    assert "Few seeds" not in risks(evidence)


@pytest.mark.parametrize(
    ("related", "pairs", "difficulty"),
    [
        (0.5, 500, "easy"),
        (0.3, 900, "middling"),
        (0.1, 900, "hard"),
        (0.1, 499, "unknown"),
        (None, 0, "unknown"),
    ],
)
def test_the_difficulty_is_how_much_words_are_related_alike(evidence, related, pairs, difficulty):
    shape = replace(evidence.shape, relational_similarity=related, pairs=pairs)
    found = replace(evidence, shape=shape)

    assert outlook(found).difficulty == difficulty
    spelled = replace(found, seeds=(("identical", 900),))
    assert outlook(spelled).difficulty == "unknown"
    assert ("hardly related" in risks(found)) == (difficulty == "hard")


def test_poor_coverage_is_told(evidence):
    coverage = replace(evidence.dictionary.coverage, words_covered=80)
    poor = replace(evidence, dictionary=replace(evidence.dictionary, coverage=coverage))

    assert "hold 80 of 200 source words" in risks(poor)


def test_folding_case_is_advised_where_it_covers_more(evidence):
    dictionary = evidence.dictionary
    covered = dictionary.coverage.words_covered
    more = replace(evidence, dictionary=replace(dictionary, folded=covered + 20))
    same = replace(evidence, dictionary=replace(dictionary, folded=covered + 5))
    spelled = replace(evidence, dictionary=None, overlap=Overlap(100, 0, 120))

    assert outlook(more).lower
    assert outlook(spelled).lower
    assert not outlook(same).lower
    assert "--lower" in risks(more)


@pytest.mark.parametrize(
    ("hits", "asked", "interval", "verdict"),
    [
        (40, 100, (0.31, 0.5), "good"),
        (29, 100, (0.21, 0.4), "fair"),
        (9, 100, (0.04, 0.15), "poor"),
        (9, 20, (0.0, 0.7), "good"),
        (2, 100, (0.0, 0.05), "none"),
        (1, 900, (0.0, 0.003), "none"),
    ],
)
def test_the_verdict_is_that_of_words_held_out(evidence, hits, asked, interval, verdict):
    trial = HeldOut("dictionary", "grown", hits, asked, interval)

    found = outlook(replace(evidence, trials=(trial,)))

    assert found.verdict == verdict
    assert found.trial == trial
    wide = interval[1] - interval[0] > 0.2
    assert ("A small trial" in risks(replace(evidence, trials=(trial,)))) == wide


def test_other_seeds_are_advised_only_where_they_are_better_beyond_doubt(evidence):
    plain = HeldOut("dictionary", "grown", 40, 100, (0.3, 0.5))
    near = HeldOut("identical", "grown", 55, 100, (0.45, 0.65))
    far = HeldOut("identical", "grown", 65, 100, (0.55, 0.75))

    assert outlook(replace(evidence, trials=(plain, near))).seeds == "dictionary"
    assert outlook(replace(evidence, trials=(plain, far))).seeds == "identical"
