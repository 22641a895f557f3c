import json
import shlex
from pathlib import Path

import numpy as np
import pytest

import embeddings
from align.cli import main
from embeddings import Embeddings


@pytest.fixture
def pair(cli, rng):
    """Two languages of 120 words that differ by an order of dimensions, and a dictionary."""
    x = rng.standard_normal((120, 10))
    for name in ("src", "tgt"):
        side = Embeddings([f"{name[0]}{i}" for i in range(120)], x if name == "src" else x[:, ::-1])
        embeddings.save(side, f"{name}.vec")
    Path("pairs.txt").write_text("".join(f"s{i} t{i}\n" for i in range(80)))
    return cli


def next_of(result):
    return result.stdout.split("\nNext\n")[1].split("\n\n")[0].splitlines()


def works(line):
    """Whether a line is a command with options that exist."""
    _, name, *arguments = shlex.split(line)
    command = main.commands[name]
    options = {o for parameter in command.params for o in parameter.opts}
    return {a for a in arguments if a.startswith("-")} <= options


def test_the_sample_is_diagnosed_on_one_page(cli, monkeypatch):
    monkeypatch.setattr("align.diagnosis.evidence.WORDS", 2000)

    result = cli("diagnose", "en", "fr")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("en -> fr\n\nWill it work?  Yes.\n")
    assert "The dictionary: " in result.stdout
    assert next_of(result) == ["  align supervised en fr"]
    assert "8,000        8,000" in result.stdout
    assert "covered           1,000 of 1,000 source words" in result.stdout
    assert "signature diagnosis|norm:unit,center,unit|vocab:2000|seed:0|v:0.1.0" in result.stdout
    assert len(result.stdout.splitlines()) < 50
    assert max(map(len, result.stdout.splitlines())) < 100
    assert "the package's small sample serves" in result.stderr
    assert not Path("runs").exists()


def test_a_page_of_files_says_what_to_paste(pair):
    result = pair("diagnose", "src.vec", "tgt.vec", "--train", "pairs.txt", "--max-vocab", 100)

    assert "Will it work?  Yes." in result.stdout
    [line] = next_of(result)
    expected = "  align supervised src.vec tgt.vec --train pairs.txt --max-vocab 100"
    assert line == expected
    again = pair(*shlex.split(line)[1:], "--method", "procrustes")
    assert again.exit_code == 0, again.output


def test_without_seeds_a_dictionary_is_asked_for(pair):
    result = pair("diagnose", "src.vec", "tgt.vec", "--lower")

    assert "Nobody can say" in result.stdout
    comment, line = next_of(result)
    assert comment.startswith("  # ")
    assert line == "  align diagnose src.vec tgt.vec --train words.txt --lower"
    assert works(line)


def test_where_vectors_contradict_the_dictionary_it_is_left_out_next(pair):
    Path("bad.txt").write_text("".join(f"s{i} t{i + 5}\n" for i in range(80)))

    result = pair("diagnose", "src.vec", "tgt.vec", "--train", "bad.txt")

    assert "There is no sign of it." in result.stdout
    assert "With what?" not in result.stdout
    assert next_of(result)[1] == "  align diagnose src.vec tgt.vec --seeds identical"
    assert works(next_of(result)[1])


def test_words_spelled_alike_serve_when_asked_for(pair):
    for name in ("src", "tgt"):
        side = embeddings.load(f"{name}.vec")
        embeddings.save(Embeddings([f"w{i}" for i in range(120)], side.vectors), f"{name}.vec")
    (pair.home / "src-tgt.0-5000.txt").write_text("".join(f"w{i} w{i}\n" for i in range(40)))

    found = pair("diagnose", "src.vec", "tgt.vec")
    result = pair("diagnose", "src.vec", "tgt.vec", "--seeds", "identical")

    assert "The dictionary: 40 source words among the 120 most frequent." in found.stdout
    assert "Words that both sides spell alike: 120 source words" in result.stdout
    line, comment, better = next_of(result)
    assert line == "  align supervised src.vec tgt.vec --seeds identical"
    assert comment.startswith("  # ")
    assert works(line)
    assert works(better)


def test_a_diagnosis_as_json(pair):
    result = pair("diagnose", "src.vec", "tgt.vec", "--train", "pairs.txt", "--json")

    found = json.loads(result.stdout)
    assert found["outlook"]["verdict"] == "good"
    assert found["evidence"]["dictionary"]["coverage"]["pairs_covered"] == 80
    assert found["next"] == ["align supervised src.vec tgt.vec --train pairs.txt"]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ("src.vec no.vec", 1, "there is no vector file no.vec"),
        ("src.vec tgt.vec --train no.txt", 1, "no dictionary file no.txt"),
        ("src.vec tgt.vec --train foreign.txt", 1, "hold none of the 1 pairs"),
        ("src.vec tgt.vec --train back.txt", 1, "seems to be the wrong way round"),
        ("src.vec tgt.vec --max-vocab 9", 1, "at least 10 words of each language, got 9 and 9"),
        ("src.vec tgt.vec --seeds identical --train pairs.txt", 2, "takes no dictionary"),
        ("src.vec tgt.vec --seeds magic", 2, "'magic' is not one of"),
        ("src.vec", 2, "Missing argument 'TGT'"),
    ],
)
def test_wrong_input_is_one_line(pair, args, code, message):
    Path("foreign.txt").write_text("x y\n")
    Path("back.txt").write_text("".join(f"t{i} s{i}\n" for i in range(80)))

    result = pair("diagnose", *args.split())

    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


@pytest.mark.real
def test_a_real_pair_is_diagnosed_as_it_turned_out(data, cli):
    files = [data / "vectors" / f"{code}.npz" for code in ("en", "es")]
    train = data / "dictionaries" / "muse" / "en-es.0-5000.txt"

    found = json.loads(
        cli("diagnose", *files, "--train", train, "--max-vocab", 8000, "--json").stdout
    )

    assert found["outlook"]["verdict"] == "good"
    assert found["evidence"]["shape"]["relational_similarity"] > 0.4
    assert found["evidence"]["dictionary"]["doubtful"] < 200
    assert np.isfinite(found["evidence"]["shape"]["condition"])
