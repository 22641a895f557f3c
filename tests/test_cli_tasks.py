import json
from itertools import combinations
from pathlib import Path

import pytest

import align
import embeddings
from align.tasks import read_pairs, read_questions, read_sentences


@pytest.fixture
def lists(made, world):
    """Word pairs of the source, of the target and of both languages, with a missing word each."""
    source, target, _ = world

    def write(name, first, second):
        rows = [(first.words[i], second.words[j]) for i, j in combinations(range(12), 2)]
        lines = [f"{a}\t{b}\t{first[a] @ second[b]:.3f}" for a, b in rows]
        Path(name).write_text("\n".join([*lines, "nowhere\tnothing\t1"]) + "\n")
        return name

    write("en.txt", source, source)
    write("fr.txt", target, target)
    write("cross.txt", source, target)
    write("back.txt", target, source)
    return made


def objects(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_pairs_of_one_language_are_scored_before_and_after(cli, lists, world):
    before, after = objects(cli("similarity", lists, "en.txt", "--json"))

    assert (before["vectors"], after["vectors"]) == ("before", "after")
    run = align.load(lists)
    source = embeddings.Embeddings(world[0].words, run.alignment.source(world[0].vectors))
    pairs = read_pairs("en.txt")
    for shown, vectors in ((before, source), (after, run.source)):
        expected = align.similarity(vectors, pairs).scores
        assert [score["missing"] for score in shown["scores"]] == ["skip", "middle"]
        assert shown["scores"][0]["spearman"]["value"] == expected[0].spearman.value
        assert shown["scores"][0]["coverage"] == 66 / 67
    assert "|vectors:normalised|cosine|oov:skip,middle0.5|" in before["signature"]
    assert "|test:en.txt#" in after["signature"]


def test_the_language_is_the_one_that_holds_the_pairs(cli, lists):
    files = ["en.txt", "fr.txt", "cross.txt", "back.txt"]

    found = objects(cli("similarity", lists, *files, "--json"))

    assert [(*one["languages"], one["vectors"]) for one in found] == [
        ("src", "src", "before"),
        ("src", "src", "after"),
        ("tgt", "tgt", "before"),
        ("tgt", "tgt", "after"),
        ("src", "tgt", "after"),
        ("tgt", "src", "after"),
    ]
    assert {score["covered"] for one in found for score in one["scores"]} == {66}


def test_the_language_can_be_told(cli, lists):
    result = cli("similarity", lists, "fr.txt", "--between", "source")

    assert result.exit_code == 1
    assert "0 of 67 pairs are covered" in result.stderr
    assert "are these words of src and src?" in result.stderr


def test_the_table_of_similarity_is_readable(cli, lists):
    lines = cli("similarity", lists, "en.txt", "cross.txt").stdout.splitlines()

    assert lines[0].split() == ["pairs", "oov", "Spearman", "Pearson", "harmonic", "mean"]
    assert [line.split()[:4] for line in lines[1:3]] == [
        ["en", "src", "before", "66/67"],
        ["after", "66/67", "skip", lines[2].split()[3]],
    ]
    assert lines[5].split()[:5] == ["cross", "src-tgt", "after", "66/67", "skip"]
    assert "before: normalised as for the run, but not mapped" in "\n".join(lines)
    assert lines[-1].startswith("signature procrustes|norm:unit,center,unit|")
    assert "|test:en.txt#" in lines[-1]
    assert "|test:cross.txt#" in lines[-1]


def test_vectors_that_are_gone_or_changed_are_told(cli, lists):
    before = Path("src.vec").read_text()
    Path("src.vec").write_text(before.replace("s0 ", "other "))
    changed = cli("similarity", lists, "en.txt")
    Path("src.vec").unlink()
    gone = cli("similarity", lists, "en.txt")

    for result in (changed, gone):
        assert result.exit_code == 0, result.output
        assert " after " in result.stdout
        assert "before" not in result.stdout
    assert "src.vec was changed after the run was made" in changed.stderr
    assert "no scores before mapping: the vectors of src are not at" in gone.stderr


@pytest.fixture
def questions():
    Path("questions.txt").write_text(
        ": one\ns0 s1 s2 s3\ns1 s2 s3 s4\n: two\ns4 s5 s6 s7\ns4 s5 s6 nowhere\n: three\na b c d\n"
    )
    return "questions.txt"


def test_analogies_are_answered_before_and_after(cli, made, questions):
    before, after = objects(cli("analogies", made, questions, "--json"))
    table = cli("analogies", made, questions).stdout.splitlines()

    expected = align.analogies(align.load(made).source, read_questions(questions))
    values = [measure["value"] for c in after["categories"] for measure in c["measures"]]
    assert values == [measure.value for c in expected.categories for measure in c.measures]
    assert (before["language"], before["vectors"]) == ("src", "before")
    assert table[0] == "src   questions"
    assert table[2].split() == ["asked"] + [
        word
        for when in ("before", "after")
        for way in ("Add", "Mul")
        for word in (f"3Cos{way}", when)
    ]
    assert [line.split()[:2] for line in table[3:7]] == [
        ["one", "2/2"],
        ["two", "1/2"],
        ["three", "0/1"],
        ["total", "3/5"],
    ]
    assert "vectors:normalised,mapped|3cosadd,3cosmul|oov:skip|" in table[-1]


def test_analogies_of_the_other_side_can_be_asked_for(cli, made, questions):
    result = cli("analogies", made, questions, "--side", "target")

    assert result.exit_code == 1
    assert "tgt holds the four words of none of 5 questions" in result.stderr


@pytest.fixture
def texts(made):
    lines = [range(i, i + 4) for i in range(0, 36, 3)]
    for name, letter in (("a.src", "s"), ("a.tgt", "t")):
        rows = [" ".join(f"{letter}{word}" for word in line) + "." for line in lines]
        Path(name).write_text("\n".join([*rows, "???"]) + "\n")
    return "a.src", "a.tgt"


def test_sentences_are_retrieved_and_mined(cli, made, texts):
    [found] = objects(cli("sentences", made, *texts, "--json"))
    table = cli("sentences", made, *texts).stdout.splitlines()

    run = align.load(made)
    expected = align.sentences(
        (run.source, run.target), tuple(map(read_sentences, texts)), k=run.record.k
    )
    hits = [measure["hits"] for one in found["retrieved"] for measure in one["measures"]]
    assert hits == [measure.hits for one in expected.retrieved for measure in one.measures]
    assert found["retrieved"][0]["measures"][0]["hits"] == 12
    assert [one["f1"] for one in found["mined"]] == [one.f1 for one in expected.mined]
    assert table[:3] == [
        "sentences 13 of each language",
        "words     48 of 48 of src are known",
        "words     48 of 48 of tgt are known",
    ]
    assert table[5].split()[:6] == ["src", "->", "tgt", "NN", "1", "92.3"]
    assert table[11].split()[:3] == ["forward", "same", "pairs"]
    assert r"|tokens:\w+|lookup:written,lower|weights:idf|retrieval:nn,csls10|" in table[-1]
    assert "|margin:ratio4|oov:wrong|" in table[-1]


def test_the_neighbourhood_is_that_of_the_run(cli, files, made, texts):
    assert cli(*files, "-k", 3, "-o", "small").exit_code == 0

    assert "|retrieval:nn,csls3|" in cli("sentences", "small", *texts).stdout


def test_files_of_unlike_length_are_told(cli, made, texts):
    Path("a.tgt").write_text("t1 t2\n")

    result = cli("sentences", made, *texts)

    assert result.exit_code == 1
    assert "got 13 sentences of src" in result.stderr
    assert "1 of tgt" in result.stderr


@pytest.mark.parametrize("command", ["similarity", "analogies", "sentences"])
def test_a_file_of_wrong_shape_is_named_before_the_run_is_read(cli, command, write):
    path = write("\xe9\n".encode("latin1"), "bad.txt")

    result = cli(command, "no-run", *[path] * (2 if command == "sentences" else 1))

    assert result.exit_code == 1
    assert "bad.txt:1: not UTF-8" in result.stderr
