"""`align.joint`: words of several languages in one space, scored and kept."""

import json
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import ortho_group

import align
import embeddings
from align import Joint
from align.multilingual.joint import DIRECT
from align.multilingual.record import Agreement, mean_agreements
from align.multilingual.scores import drift
from align.multilingual.seeds import between, require_connected, seeds_of, tree, turned
from align.retrieve import Space
from dictionaries import Lexicon
from embeddings import Embeddings

CODES = ("de", "en", "es", "fr")
N, D = 120, 8


def world_of(noise, seed=0, n=N):
    """Return four languages, rotations and noise of one, whose words i translate each other."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, D))
    return {
        code: Embeddings(
            [f"{code}{i}" for i in range(n)],
            x @ ortho_group.rvs(D, random_state=rng) + level * rng.standard_normal((n, D)),
            name=code,
        )
        for code, level in zip(CODES, noise, strict=True)
    }


def words(a, b, rows):
    return Lexicon(tuple((f"{a}{i}", f"{b}{i}") for i in rows))


def dictionaries_of(rows, pairs):
    return {(a, b): words(a, b, rows) for a, b in pairs}


PAIRS = [("en", "de"), ("en", "es"), ("en", "fr"), ("de", "es"), ("fr", "de"), ("es", "fr")]
TRAIN, TEST = range(60), range(60, 110)


@pytest.fixture(scope="module")
def clean():
    return world_of([0.05] * 4)


@pytest.fixture(scope="module")
def noisy_world():
    return world_of([0.6, 0.3, 0.5, 0.5])


@pytest.fixture(scope="module")
def whole(noisy_world):
    """Joined around the best hub, with separate maps beside it."""
    return made(noisy_world)


@pytest.fixture(scope="module")
def free(noisy_world):
    """Joined without a hub, and without separate maps."""
    return made(noisy_world, hub="none", direct=False)


def made(languages, pairs=PAIRS, tests=PAIRS, **how):
    train, test = dictionaries_of(TRAIN, pairs), dictionaries_of(TEST, tests)
    return align.joint(languages, train, **{"test": test, "k": 5, **how})


@pytest.mark.parametrize("hub", ["auto", "none", "es"])
def test_languages_that_are_rotations_of_one_translate_each_other(clean, hub):
    joint = made(clean, hub=hub)

    assert joint.record.hub == (hub if hub != "auto" else joint.record.root)
    assert {(d.source, d.target) for d in joint.record.directions} == {*permutations(CODES, 2)}
    assert all(d.shared.value == 1 for d in joint.record.directions)
    assert all(cycle.shared == cycle.asked == 120 for cycle in joint.record.cycles)
    assert joint.translate("de7", "de", "fr", k=1)[0].word == "fr7"
    assert joint.translate("fr7", "fr", "de", k=1)[0].word == "de7"


def test_the_hub_is_the_language_that_agrees_best_with_all_others(whole):
    record = whole.record

    assert record.hub == record.root == "en"  # the one with the least noise
    means = mean_agreements(CODES, record.agreements)
    assert max(means, key=means.get) == "en"


def test_languages_without_seeds_agree_in_nothing():
    agreements = [Agreement(("de", "en"), 9, 10), Agreement(("en", "fr"), 5, 10)]

    assert mean_agreements(["fr", "en", "de"], agreements) == {"de": 0.45, "en": 0.7, "fr": 0.25}


@pytest.mark.parametrize("name", ["whole", "free"])
def test_the_order_of_languages_and_of_dictionaries_changes_no_score(noisy_world, name, request):
    one = request.getfixturevalue(name).record
    other = {code: noisy_world[code] for code in reversed(noisy_world)}

    how = {"direct": name == "whole", "hub": "auto" if name == "whole" else "none"}
    two = made(other, pairs=PAIRS[::-1], tests=PAIRS[::-1], **how).record

    assert one.directions == two.directions
    assert one.cycles == two.cycles
    assert one.losses == two.losses


@pytest.mark.parametrize("hub", ["auto", "none"])
def test_what_a_test_dictionary_answers_takes_no_part(noisy_world, hub):
    rng = np.random.default_rng(0)
    right = dictionaries_of(TEST, permutations(CODES, 2))
    wrong = {
        (a, b): Lexicon(
            tuple((f"{a}{i}", f"{b}{j}") for i, j in zip(TEST, rng.permutation(TEST), strict=True))
        )
        for a, b in right
    }
    train = dictionaries_of(range(N), PAIRS)  # also of what is asked

    one, two = (
        align.joint(noisy_world, train, test=t, hub=hub, k=5, direct=False) for t in (right, wrong)
    )

    for code in CODES:
        assert np.array_equal(one.placements[code].map.w, two.placements[code].map.w)
    assert one.record.directions != two.record.directions


def test_seeds_of_words_that_a_test_asks_are_left_out(clean):
    train, test = dictionaries_of(range(70), PAIRS), dictionaries_of(TEST, [("en", "fr")])

    found = seeds_of(clean, train, turned(test, CODES))

    assert found["en", "fr"].left_out == 10
    assert found["de", "en"].left_out == 10  # an English word that is asked is in no seed
    assert found["de", "es"].left_out == 0
    assert found["en", "fr"].lexicon.pairs == words("en", "fr", TRAIN).pairs


def test_both_directions_of_a_dictionary_count_and_one_is_turned_round(clean):
    train = {
        ("fr", "en"): words("fr", "en", range(20)),
        ("en", "fr"): words("en", "fr", range(10, 30)),
        ("es", "de"): words("es", "de", range(15)),
    }

    found = seeds_of(clean, train, {})

    assert {*found["en", "fr"].lexicon.pairs} == {*words("en", "fr", range(30)).pairs}
    assert found["de", "es"].lexicon.pairs == words("de", "es", range(15)).pairs
    assert turned(train, CODES)["de", "es"].pairs == words("de", "es", range(15)).pairs
    assert turned(train, CODES)["en", "fr"] is train["en", "fr"]


@pytest.mark.parametrize("hub", ["auto", "none"])
def test_a_pair_without_a_dictionary_is_bridged(clean, hub):
    chain = [("de", "en"), ("en", "es"), ("es", "fr")]

    record = made(clean, pairs=chain, hub=hub).record

    assert all(d.shared.value == 1 for d in record.directions)
    far = next(d for d in record.directions if (d.source, d.target) == ("de", "fr"))
    assert far.direct is None
    assert far.via == ("en", "es")
    assert all(c.direct is None for c in record.cycles if {"de", "fr"} <= {*c.languages})


def test_the_way_to_the_hub_is_short_and_of_the_best_agreement():
    shares = {("a", "b"): 0.5, ("a", "c"): 0.4, ("b", "d"): 0.3, ("c", "d"): 0.6, ("b", "c"): 0.9}

    edges = tree("a", shares)

    assert edges == [("a", "b"), ("a", "c"), ("c", "d")]
    assert between("d", "b", edges) == ("c", "a")
    assert between("a", "d", edges) == ("c",)


def test_languages_that_no_dictionary_leads_to_are_named():
    with pytest.raises(ValueError, match=r"leads from de, en, fr to es: .* as de-es .*--train"):
        require_connected(["en", "es", "fr", "de"], [("de", "en"), ("en", "fr")])


def test_separate_maps_score_what_align_supervised_scores(noisy_world, whole):
    record = whole.record

    for a, b in (("de", "en"), ("es", "fr")):
        run = align.supervised(
            noisy_world[a],
            noisy_world[b],
            words(a, b, TRAIN),
            solver=DIRECT,
            test=words(a, b, TEST),
            k=5,
        )
        forward = next(d for d in record.directions if (d.source, d.target) == (a, b))
        assert forward.direct == run.record.evaluation.forward[1].at(1)
        back = next(d for d in record.directions if (d.source, d.target) == (b, a))
        assert back.direct.hits == run.record.evaluation.backward[1].at(1).hits


def test_through_the_hub_a_word_is_translated_twice(noisy_world, whole):
    found = whole.record.directions

    runs = [
        align.supervised(noisy_world[a], noisy_world[b], words(a, b, TRAIN), solver=DIRECT, k=5)
        for a, b in (("de", "en"), ("en", "es"))
    ]
    hits = 0
    for i in TEST:
        word = f"de{i}"
        for run in runs:
            word = run.translate(word, k=1)[0].word
        hits += word == f"es{i}"
    one = next(d for d in found if (d.source, d.target) == ("de", "es"))
    assert one.pivot.hits == hits
    assert {(d.source, d.target) for d in found if d.pivot is None} == {
        pair for code in CODES if code != "en" for pair in (("en", code), (code, "en"))
    }


def test_words_that_come_back_are_counted_as_the_definition_has_it(noisy_world, whole):
    for cycle in whole.record.cycles[::5]:
        a, b, c = cycle.languages
        back = 0
        for start in noisy_world[a].words[: cycle.asked]:
            word = start
            for source, target in ((a, b), (b, c), (c, a)):
                word = whole.translate(word, source, target, k=1)[0].word
            back += word == start

        assert back == cycle.shared
        assert back < cycle.asked


def test_maps_that_agree_do_not_drift_and_others_do(rng):
    w = {code: ortho_group.rvs(D, random_state=rng) for code in "abc"}
    maps = {(a, b): w[a] @ w[b].T for a, b in permutations("abc", 2)}
    x = rng.standard_normal((20, D))

    assert drift(maps, ("a", "b", "c"), x) == pytest.approx(0, abs=1e-12)
    turned_round = {**maps, ("c", "a"): -maps["c", "a"]}
    assert drift(turned_round, ("a", "b", "c"), x) == pytest.approx(2)


def test_new_words_are_mapped_as_the_known_ones(noisy_world, free):
    mapped = free.map(noisy_world["es"].vectors, "es")

    lengths = np.linalg.norm(mapped, axis=1, keepdims=True)
    assert_allclose(mapped / lengths, free.languages["es"].vectors, atol=1e-5)


@pytest.mark.parametrize("name", ["whole", "free"])
def test_what_is_kept_comes_back(noisy_world, name, tmp_path, request):
    joint = request.getfixturevalue(name)
    joint.save(tmp_path / "joint")

    back = Joint.load(tmp_path / "joint")

    assert back.record == joint.record
    for code in CODES:
        assert back.languages[code].words == joint.languages[code].words
        assert np.array_equal(back.languages[code].vectors, joint.languages[code].vectors)
        raw = noisy_world[code].vectors[:3]
        assert np.array_equal(back.map(raw, code), joint.map(raw, code))
    assert back.translate("en3", "en", "es") == joint.translate("en3", "en", "es")
    assert embeddings.load(tmp_path / "joint" / "fr.safetensors").words[:2] == ("fr0", "fr1")


def test_what_is_there_is_replaced_only_by_force(free, tmp_path):
    joint = free
    joint.save(tmp_path / "joint")

    with pytest.raises(FileExistsError, match="holds a joint space already.*--force"):
        joint.save(tmp_path / "joint")
    joint.save(tmp_path / "joint", force=True)
    (tmp_path / "joint" / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"'thesis.tex', which is not part of a joint space"):
        joint.save(tmp_path / "joint", force=True)


@pytest.mark.parametrize("name", ["joint.json", "joint.safetensors", "en.safetensors"])
def test_a_damaged_folder_is_an_error(free, tmp_path, name):
    free.save(tmp_path / "joint")
    path = tmp_path / "joint" / name
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(ValueError, match="joint is not readable .*make it again"):
        Joint.load(tmp_path / "joint")


def test_another_version_is_an_error(free, tmp_path):
    free.save(tmp_path / "joint")
    path = tmp_path / "joint" / "joint.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))

    with pytest.raises(ValueError, match="format 99, expected"):
        Joint.load(tmp_path / "joint")


def test_a_folder_that_is_none_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a joint space.*align joint"):
        Joint.load(tmp_path)


def test_neighbours_are_sought_once(free, monkeypatch):
    joint = free
    monkeypatch.setattr(Space, "of", None)

    assert joint.space("de", "en") is joint.space("de", "en")
    assert joint.space("de", "en").x is joint.space("en", "de").y


def test_the_record_says_what_was_used(clean):
    record = made(clean).record

    assert [one.name for one in record.languages] == list(CODES)
    assert record.languages[1].fingerprint == clean["en"].fingerprint
    assert record.versions["numpy"] == np.__version__
    seeds = {one.pair: one for one in record.seeds}
    assert seeds["de", "en"].pairs == 60
    assert all(one.fitted >= one.pairs for one in seeds.values())
    assert record.title == "joint-de-en-es-fr"
    assert json.loads(json.dumps(record.as_dict()))["directions"][0]["shared"]["value"] == 1


def test_steps_are_told(clean):
    steps = []

    made(clean, on_step=steps.append)

    stages = {step.stage for step in steps}
    assert {"agreement", "growing dictionaries", "translating", "separate maps"} <= stages
    for stage in stages:
        last = [step for step in steps if step.stage == stage][-1]
        assert last.done == last.total


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hub": "it"}, "the hub is auto, none or one of .*'it'"),
        ({"k": 500}, "neighbourhood k must be between 1 and .*120"),
        ({"pairs": PAIRS[:1]}, "no training dictionary leads from"),
        ({"pairs": [*PAIRS, ("en", "it")]}, r"two of the languages .* got \('en', 'it'\)"),
        ({"normalize": "unit,what"}, "unknown normalisation 'what'"),
    ],
)
def test_what_cannot_be_joined_is_an_error(clean, change, message):
    with pytest.raises(ValueError, match=message):
        made(clean, **change)


def test_fewer_than_three_languages_are_an_error_that_names_the_remedy(clean):
    two = {code: clean[code] for code in ("en", "fr")}

    with pytest.raises(ValueError, match="at least 3, got 2: .* align supervised en fr"):
        align.joint(two, {("en", "fr"): words("en", "fr", TRAIN)})


@pytest.mark.parametrize("name", ["none", "auto", "joint", "a/b", "a b", ""])
def test_a_name_that_cannot_be_used_is_an_error(clean, name):
    with pytest.raises(ValueError, match="cannot be the name of a language"):
        align.joint({**clean, name: clean["en"]}, {})


def test_too_few_usable_seeds_are_an_error(clean):
    train = {**dictionaries_of(TRAIN, PAIRS), ("en", "fr"): words("en", "fr", range(5))}

    with pytest.raises(ValueError, match="only 5 usable pairs .* en-fr, where at least 10"):
        align.joint(clean, train)


def test_values_of_another_kind_are_an_error(clean):
    with pytest.raises(TypeError, match="fr: expected Embeddings, got ndarray"):
        align.joint({**clean, "fr": clean["fr"].vectors}, {})
    with pytest.raises(TypeError, match="expected Lexicon, got str"):
        align.joint(clean, {("en", "fr"): "en-fr.txt"})


def test_other_dimensions_are_an_error(clean):
    short = replace(clean["fr"], vectors=clean["fr"].vectors[:, :5])

    with pytest.raises(ValueError, match=r"got \[5, 8\]; --normalize"):
        made({**clean, "fr": short})


def test_asking_for_what_is_not_there_is_an_error(free):
    joint = free

    with pytest.raises(KeyError, match="none of de, en, es, fr"):
        joint.translate("en1", "en", "it")
    with pytest.raises(KeyError, match="en999"):
        joint.translate("en999", "en", "fr")
    with pytest.raises(ValueError, match="expected two languages"):
        joint.space("en", "en")
