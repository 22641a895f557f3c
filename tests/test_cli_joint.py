"""`align joint` on the command line."""

import json
import re
from pathlib import Path

import pytest
from test_multilingual import CODES, PAIRS, TEST, TRAIN, dictionaries_of, world_of

import dictionaries
import embeddings
from align import Joint


@pytest.fixture
def given(cli):
    """Four languages, and the dictionaries of five of their pairs, in the data home."""
    for code, one in world_of([0.1] * 4).items():
        embeddings.save(one, cli.home / f"{code}.vec")
    for part, rows in (("0-5000", TRAIN), ("5000-6500", TEST)):
        for (a, b), lexicon in dictionaries_of(rows, PAIRS[:5]).items():
            dictionaries.save(lexicon, cli.home / f"{a}-{b}.{part}.txt")
    return cli


@pytest.mark.parametrize("hub", ["auto", "none", "fr"])
def test_languages_of_the_data_home_are_joined_scored_and_kept(given, hub):
    result = given("joint", "en", "fr", "es", "de", "--hub", hub, "-k", 5)

    assert result.exit_code == 0, result.output
    joint = Joint.load("runs/joint-en-fr-es-de")
    assert len(joint.record.directions) == 10
    assert list(joint.languages) == ["en", "fr", "es", "de"]
    assert f"hub       {joint.record.hub}" in result.stdout
    assert "mean of 10" in result.stdout
    assert "mean of 24 rings" in result.stdout
    assert re.search(r"^de > fr +\d+\.\d \[.*/50 .* \d+\.\d \[.*/50$", result.stdout, re.MULTILINE)
    assert f"signature joint|hub:{joint.record.hub}|name:grown" in result.stdout
    assert embeddings.load("runs/joint-en-fr-es-de/es.safetensors").words[0] == "es0"


def test_pairs_without_a_dictionary_are_told_with_what_connects_them(given):
    (given.home / "fr-de.0-5000.txt").unlink()

    result = given("joint", "en", "fr", "es", "de", "--hub", "en", "-k", 5)

    assert re.search(r"^de > fr via en  ", result.stdout, re.MULTILINE)
    assert re.search(r"^de > en  ", result.stdout, re.MULTILINE)


def test_json_is_the_record_that_is_kept(given):
    result = given("joint", "en", "fr", "es", "--json", "-o", "here", "-k", 5)

    told = json.loads(result.stdout)
    with open("here/joint.json") as kept:
        assert told == json.load(kept)
    assert told["directions"][0]["shared"]["value"] <= 1


def test_paths_and_templates_name_other_files(given):
    for file in given.home.iterdir():
        file.rename(file.name)

    result = given(
        *("joint", "en.vec", "fr.vec", "es.vec", "-k", 5, "--no-direct"),
        *("--train", "{pair}.0-5000.txt", "--test", "{pair}.5000-6500.txt"),
    )

    assert result.exit_code == 0, result.output
    record = Joint.load("runs/joint-en-fr-es").record
    origins = {Path(origin).name for one in record.seeds for origin in one.origins}
    assert origins == {"en-fr.0-5000.txt", "en-es.0-5000.txt"}
    assert not record.direct_solver


def test_without_test_dictionaries_nothing_is_scored_but_words_come_back(given):
    for file in given.home.glob("*6500*"):
        file.unlink()

    result = given("joint", *CODES, "-k", 5)

    assert result.exit_code == 0, result.output
    assert "no direction is scored" in result.stderr
    assert "of the 120 most frequent words come back" in result.stdout
    assert "P@1, percent [95" not in result.stdout


def test_a_run_is_not_replaced_and_nothing_is_read_before_that_is_said(given):
    assert given("joint", "en", "fr", "es", "-k", 5, "--no-direct").exit_code == 0

    again = given("joint", "en", "fr", "es", "-k", 5, "--no-direct")

    assert again.exit_code == 1
    assert "holds a joint space already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["en", "fr"], 2, "at least 3, got 2: for two, use align supervised en fr"),
        (["en", "fr", "en"], 2, "'en' is given twice"),
        (["en", "fr", "es", "--hub", "it"], 2, "the hub is auto, none or one of en, fr, es"),
        (["en", "fr", "es", "--train", "one.txt"], 2, "names one file for all pairs"),
        (["en", "fr", "es", "--train", "{pair}.no"], 1, "no dictionary at .* looked for en-fr.no"),
        (["en", "fr", "xx"], 1, "no vectors for 'xx'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(given, arguments, code, message):
    result = given("joint", *arguments)

    assert result.exit_code == code
    assert re.search(message, result.stderr)
    assert len(result.stderr.strip().splitlines()) == 1


def test_languages_that_cannot_be_reached_are_named(given):
    for file in given.home.glob("*es*.0-5000.txt"):
        file.unlink()

    result = given("joint", "en", "fr", "es", "de")

    assert result.exit_code == 1
    assert "no training dictionary leads from de, en, fr to es" in result.stderr
