import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import rotation

import align
from align.diagnosis.joint import joint
from align.diagnosis.outlook import outlook
from align.diagnosis.trial import quick, tried
from align.diagnosis.vocabulary import Overlap, Vocabulary, in_common, script
from align.problem import Problem
from align.solvers import Procrustes
from dictionaries import Lexicon
from embeddings import Embeddings

N, D = 400, 20


@pytest.fixture(scope="module")
def sides():
    """Two languages that differ by a rotation and some noise; word i translates word i."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((N, D))
    y = x @ rotation(rng, D) + 0.1 * rng.standard_normal((N, D))
    source = Embeddings([f"s{i}" for i in range(N)], x, name="src")
    return source, Embeddings([f"t{i}" for i in range(N)], y, name="tgt")


def lexicon(words, first=0, shift=0):
    return Lexicon(tuple((f"s{i}", f"t{(i + shift) % N}") for i in range(first, first + words)))


def unrelated(rng, side):
    return replace(side, vectors=rng.standard_normal((N, D)))


def renamed(side, names):
    return replace(side, words=tuple(names))


def test_a_rotated_copy_will_work(sides):
    found = align.diagnose(*sides, lexicon(200))

    assert found.outlook.verdict == "good"
    assert (found.outlook.seeds, found.outlook.difficulty) == ("dictionary", "unknown")
    trials = found.evidence.trials
    assert [(t.seeds, t.method) for t in trials] == [
        ("dictionary", "procrustes"),
        ("dictionary", "grown"),
    ]
    assert all(trial.share == 1 and trial.asked >= 40 for trial in trials)
    assert found.evidence.joint.agreement == 1
    assert found.evidence.shape.relational_similarity > 0.95
    assert found.evidence.dictionary.doubtful == 0


def test_vectors_that_have_nothing_in_common_will_not(rng, sides):
    found = align.diagnose(sides[0], unrelated(rng, sides[1]), lexicon(200))

    assert found.outlook.verdict == "none"
    assert found.evidence.joint.agreement < 0.05
    assert abs(found.evidence.shape.relational_similarity) < 0.1


def test_a_shuffled_dictionary_shows(sides):
    found = align.diagnose(*sides, lexicon(200, shift=7))

    assert found.outlook.verdict == "none"
    assert abs(found.evidence.shape.relational_similarity) < 0.1


def test_wrong_pairs_of_a_dictionary_are_counted_and_named(sides):
    wrong = tuple((f"s{i}", f"t{i + 200}") for i in range(60))
    found = align.diagnose(*sides, Lexicon((*wrong, *lexicon(140, first=60).pairs)))

    dictionary = found.evidence.dictionary
    assert dictionary.audited == 200
    assert dictionary.doubtful == pytest.approx(60, abs=4)
    assert set(dictionary.examples) <= set(wrong)
    [risk] = [risk for risk in found.outlook.risks if "dirty" in risk]
    assert f"{dictionary.doubtful} of 200 pairs are probably wrong" in risk
    assert "better than the trial says" in " ".join(found.outlook.risks)
    hopeless = replace(found.evidence, dictionary=replace(dictionary, doubtful=195))
    assert "better than" not in " ".join(outlook(hopeless).risks)


def test_words_spelled_alike_are_the_seeds_where_there_is_no_dictionary(sides):
    names = [f"w{i}" if i < 100 else f"t{i}" for i in range(N)]
    source = renamed(sides[0], [f"w{i}" if i < 100 else f"s{i}" for i in range(N)])

    found = align.diagnose(source, renamed(sides[1], names))

    assert found.evidence.seeds == (("identical", 100),)
    assert (found.outlook.seeds, found.outlook.verdict) == ("identical", "good")
    assert found.evidence.dictionary is None
    assert any("Seeds by spelling alone" in risk for risk in found.outlook.risks)


def test_numbers_are_seeds_as_well(sides):
    source, target = (
        renamed(side, [str(i) if i < 60 else f"{side.name}{i}" for i in range(N)]) for side in sides
    )

    found = align.diagnose(source, target)

    assert found.evidence.seeds == (("identical", 60), ("numerals", 60))
    assert found.evidence.overlap == Overlap(identical=60, numerals=60, folded=60)


def test_nobody_can_say_where_there_is_nothing_to_learn_from(sides):
    found = align.diagnose(*sides)

    assert (found.outlook.verdict, found.outlook.seeds) == ("unknown", "")
    assert found.evidence.trials == ()
    assert found.evidence.joint is None
    assert found.evidence.shape.relational_similarity is None
    assert any("No seeds" in risk for risk in found.outlook.risks)


def test_a_dictionary_of_a_few_pairs_is_told(sides):
    found = align.diagnose(*sides, lexicon(9))

    assert found.evidence.seeds == ()
    assert found.outlook.verdict == "unknown"
    assert "too small to learn from" in " ".join(found.outlook.risks)


def test_other_seeds_are_tried_on_the_words_of_a_small_dictionary(sides):
    source, target = (
        renamed(side, [f"{side.name[0]}{i}" if i < 30 else f"w{i}" for i in range(N)])
        for side in sides
    )
    wrong = Lexicon((*lexicon(12).pairs, *((f"s{i}", f"t{i + 1}") for i in range(12, 29))))

    found = align.diagnose(source, target, wrong)

    assert found.evidence.trials[-1].seeds == "identical"
    assert found.evidence.trials[-1].asked == 29
    assert found.evidence.trials[-1].hits == 12  # as many as are right
    assert found.outlook.seeds == "identical"
    assert found.evidence.dictionary.audited == 0  # too few to tell right from wrong


def test_a_trial_asks_for_words_it_has_not_learned_from(sides, monkeypatch):
    x, y = (side.vectors for side in sides)
    seen = []

    class Spy:
        name = "spy"
        __dataclass_fields__ = {}

        def __call__(self, problem, *, on_step=None):
            seen.append(problem.pairs)
            return Procrustes()(problem)

    monkeypatch.setattr("align.diagnosis.trial.quick", lambda words: dict.fromkeys(METHODS, Spy()))
    pairs = np.column_stack([np.repeat(np.arange(100), 2), np.arange(200)])
    every = np.tile(np.arange(N)[:, None], 2)

    trials = list(tried({"dictionary": Problem(x, y, pairs), "identical": Problem(x, y, every)}))

    assert [trial.asked for trial in trials] == [60, 60, 100]  # three fifths; all in one
    learned = [set(fit[:, 0]) for fit in seen]
    assert [len(words) for words in learned] == [80] * 6 + [300]
    assert learned[0] == set(range(80))  # the rarest fifth is asked first
    assert learned[-1] == set(range(100, 400))


METHODS = ("procrustes", "grown")


def test_a_method_that_cannot_solve_is_passed_over(sides, monkeypatch):
    class Broken:
        name = "broken"
        __dataclass_fields__ = {}

        def __call__(self, problem, *, on_step=None):
            raise ValueError("no")

    methods = {"procrustes": Procrustes(), "grown": Broken()}
    monkeypatch.setattr("align.diagnosis.trial.quick", lambda words: methods)
    problem = Problem(*(side.vectors for side in sides), np.tile(np.arange(50)[:, None], 2))

    assert [trial.method for trial in tried({"dictionary": problem})] == ["procrustes"]


def test_words_fewer_than_the_parts_are_asked_in_turn(sides):
    pairs = np.column_stack([np.repeat([0, 1, 2], 4), np.arange(12)])
    problem = Problem(*(side.vectors for side in sides), pairs)

    assert {trial.asked for trial in tried({"dictionary": problem})} == {3}


def test_few_seeds_start_from_a_metric_and_many_from_vecmaps_mapping():
    assert quick(1999)["grown"].start.name == "geomm"
    assert quick(2000)["grown"].start.name == "multistep"


def test_agreement_is_of_words_that_are_no_seeds(rng, sides):
    x, y = (side.vectors for side in sides)
    pairs = np.tile(np.arange(100)[:, None], 2)

    found = joint(Problem(x, y, pairs))
    blind = joint(Problem(x, unrelated(rng, sides[1]).vectors, pairs))
    full = joint(Problem(x, y, np.tile(np.arange(380)[:, None], 2)))

    assert (found.words, found.compared, found.agreed) == (N, 300, 300)
    assert blind.agreement < 0.05
    assert full.compared == N
    assert [one.retrieval for one in found.hubness] == ["nn", "csls"]


def test_a_vocabulary_is_described_word_by_word():
    words = ["House", "maison", "дом", "12", "cafe\u0301", "家", "!", "ǅ", "été", "copy"]
    vectors = np.arange(20.0).reshape(10, 2)
    vectors[3], vectors[9] = 0, vectors[8]

    found = Vocabulary.of(Embeddings(words, vectors, name="xx"))

    assert found.scripts == (("Latin", 0.6), ("Cyrillic", 0.1), ("CJK", 0.1))
    assert found.cased == 0.2
    assert (found.numerals, found.decomposed, found.zeros, found.copies) == (1, 1, 1, 1)
    assert (found.words, found.dim, found.name) == (10, 2, "xx")


def test_scripts_are_those_of_unicode():
    assert [script(letter) for letter in "aяاあ한ก"] == [
        "Latin",
        "Cyrillic",
        "Arabic",
        "Hiragana",
        "Hangul",
        "Thai",
    ]
    assert in_common([("Latin", 0.9), ("Greek", 0.1)], [("Latin", 0.6)]) == pytest.approx(0.6)


def test_the_overlap_counts_words_spelled_alike():
    source, target = (
        Embeddings(words, np.ones((len(words), 2)))
        for words in (["a", "B", "7", "c"], ["7", "b", "A", "a", "x"])
    )

    assert Overlap.of(source, target) == Overlap(identical=2, numerals=1, folded=3)


def test_a_diagnosis_is_plain_values_and_repeats(sides):
    source, target = sides
    flat = source.vectors.copy()
    flat[:, -1] = flat[:, 0]  # a direction without spread has an infinite condition number
    flat[:, -2] = flat[:, 1]
    before = target.vectors.copy()
    pair = replace(source, vectors=flat), replace(target, vectors=flat)

    first, again = (align.diagnose(*pair, lexicon(50)).as_dict() for _ in range(2))

    text = json.dumps(first, allow_nan=False)
    assert json.loads(text) == json.loads(json.dumps(again))
    assert first["evidence"]["shape"]["condition"] is None
    assert first["outlook"]["trial"]["asked"] > 0
    np.testing.assert_array_equal(target.vectors, before)


def test_languages_of_other_dimensions_and_sizes_are_diagnosed(sides):
    source, target = sides
    wide = np.hstack([target.vectors, 0.01 * target.vectors[:, :5]])[:300]
    found = align.diagnose(source, Embeddings(target.words[:300], wide), lexicon(200))

    assert found.outlook.verdict == "good"
    assert found.evidence.measured == N


def test_only_frequent_words_are_measured(sides, monkeypatch):
    monkeypatch.setattr("align.diagnosis.evidence.WORDS", 120)

    found = align.diagnose(*sides, lexicon(200))

    assert found.evidence.measured == 120
    assert found.evidence.seeds == (("dictionary", 120),)
    assert found.evidence.shape.spectrum_words == found.evidence.joint.words == 120
    assert found.evidence.dictionary.coverage.words_covered == 200


def test_progress_is_told(sides):
    steps = []

    align.diagnose(*sides, lexicon(50), on_step=steps.append)

    mine = [step for step in steps if step.stage == "diagnosis"]
    assert [step.done for step in mine] == list(range(mine[0].total + 1))


def test_what_cannot_be_diagnosed_is_refused(sides):
    source, target = sides
    few = Embeddings(target.words[:9], target.vectors[:9])

    with pytest.raises(ValueError, match="at least 10 words of each language, got 400 and 9"):
        align.diagnose(source, few)
    with pytest.raises(ValueError, match="the wrong way round"):
        align.diagnose(source, target, lexicon(30).reversed)
    with pytest.raises(ValueError, match="hold none of the 1 pairs"):
        align.diagnose(source, target, Lexicon((("no", "non"),)))
