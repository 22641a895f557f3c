"""Words outside the vocabulary: mapped with the run's centering, translated by CSLS."""

from pathlib import Path

import numpy as np
import pytest
from models import fasttext_bytes, slow_vector
from numpy.testing import assert_allclose

import align
import embeddings
from align.normalize import unit
from align.retrieve import Space
from embeddings import Embeddings

BUCKETS = 60


@pytest.fixture
def models(cli, rng):
    """A run of the first 40 words of two models that differ by a rotation, without ``s40``..."""
    w = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    x = rng.standard_normal((50 + BUCKETS, 8)).astype(np.float32) + 0.5
    words = {side: [f"{side}{i:02}" for i in range(50)] for side in "st"}
    for side, rows in (("s", x), ("t", (x @ w).astype(np.float32))):
        # a model in which n-grams differ by language would not be a rotation: none in the target
        content = fasttext_bytes(words[side], rows, buckets=BUCKETS)
        Path(f"{side}.bin").write_bytes(content)
    sources = embeddings.load("s.bin")
    targets = Embeddings(words["t"], (sources.vectors @ w).astype(np.float32), name="t")
    embeddings.save(Embeddings(sources.words[:40], sources.vectors[:40]), "s.vec")
    embeddings.save(targets, "t.vec")
    Path("train.txt").write_text("".join(f"s{i:02} t{i:02}\n" for i in range(40)))
    made = cli(
        "supervised",
        "s.vec",
        "t.vec",
        "--train",
        "train.txt",
        "-o",
        "run",
        "--method",
        "procrustes",
    )
    assert made.exit_code == 0, made.output
    return x


def test_new_vectors_are_asked_for_by_the_definition_of_csls(rng):
    x, y, new = (unit(rng.standard_normal((n, 5)).astype(np.float32)) for n in (70, 50, 20))
    k = 4
    r_y = np.sort(x @ y.T, axis=0)[-k:].mean(axis=0)  # of the vocabulary, without the new words
    cosine = new @ y.T
    r_new = np.sort(cosine, axis=1)[:, -k:].mean(axis=1)
    expected = 2 * cosine - r_new[:, None] - r_y

    found = Space.of(x, y, k).nearest_to(3 * new, 6)

    best = np.argsort(-expected, axis=1)[:, :6]
    np.testing.assert_array_equal(found.rows, best)
    assert_allclose(found.scores, np.take_along_axis(expected, best, axis=1), atol=1e-5)


@pytest.mark.parametrize("retrieval", ["csls", "nn", "invsoftmax", "margin", "agreement"])
def test_known_words_asked_as_vectors_get_the_same_answer(world, retrieval):
    source, target, lexicon = world
    run = align.supervised(source, target, lexicon)

    steps, others = [], []
    by_word = run.translate_all(source.words[:7], 3, retrieval, on_step=steps.append)
    by_vector = run.translate_vectors(source.vectors[:7], 3, retrieval, on_step=others.append)
    for told in (steps, others):
        assert told[-1].done == told[-1].total > 0
    back = run.translate_all(target.words[:7], 3, retrieval, reverse=True)
    back_by_vector = run.translate_vectors(target.vectors[:7], 3, retrieval, reverse=True)

    for one, other in ((by_word, by_vector), (back, back_by_vector)):
        for a, b in zip(one, other, strict=True):
            assert [t.word for t in a] == [t.word for t in b]
            assert_allclose([t.score for t in a], [t.score for t in b], atol=1e-5)


def test_vectors_of_other_dimensions_are_refused(world):
    run = align.supervised(*world)

    with pytest.raises(ValueError, match="fitted on 8 dimensions, got vectors of shape"):
        run.translate_vectors(np.ones((1, 5), np.float32))


def test_a_word_nobody_trained_on_is_mapped_and_translated(cli, models):
    result = cli("translate", "run", "--bin", "s.bin", "s03", "s45", "unseen", "-k", 2)

    assert result.exit_code == 0, result.output
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == ["s03", "s03", "s45", "s45", "unseen", "unseen"]
    assert lines[0][1] == "t03"
    assert lines[2][1] == "t45"  # in the model, not in the run
    words = [f"s{i:02}" for i in range(50)]
    raw = slow_vector("unseen", words, models, BUCKETS, 3, 6).astype(np.float32)
    run = align.load("run")
    assert run.record.normalize == "unit,center,unit"
    mapped = unit(run.map(raw[None]))
    mean = run.alignment.source.parts[0]
    by_hand = unit(unit(raw[None]) - mean) @ run.alignment.map.w
    assert_allclose(mapped, by_hand, atol=1e-5)
    cosine = (mapped @ run.target.vectors.T)[0].astype(float)
    r_y = np.sort(run.source.vectors @ run.target.vectors.T, axis=0)[-10:].mean(axis=0)
    csls = 2 * cosine - np.sort(cosine)[-10:].mean() - r_y
    best = int(csls.argmax())
    assert lines[4][1:] == [f"t{best:02}", f"{csls[best]:.4f}"]
    assert "note" not in result.stderr


def test_the_other_direction_takes_the_model_of_the_target(cli, models):
    result = cli("translate", "run", "--bin", "t.bin", "--reverse", "t03", "unseen", "-k", 1)

    assert result.exit_code == 0, result.output
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["t03", "unseen"]


def test_a_run_of_fewer_dimensions_than_its_vectors_takes_unknown_words(cli, models):
    run = align.load("run")
    vectors = [embeddings.load(f"{side}.bin", name=side) for side in ("s", "t")]
    small = align.supervised(*vectors, run.seeds, normalize="unit,center,pca:4,unit", k=3)
    align.save(small, "small")

    for side, options in (("s", []), ("t", ["--reverse"])):
        result = cli("translate", "small", "--bin", f"{side}.bin", *options, "unseen", "-k", 1)
        assert result.exit_code == 0, result.output
        assert "note" not in result.stderr


def test_a_model_of_which_the_run_was_not_made_is_told(cli, models, rng):
    rows = rng.standard_normal((50, 8)).astype(np.float32)
    Path("other.bin").write_bytes(fasttext_bytes([f"s{i:02}" for i in range(50)], rows))
    Path("foreign.bin").write_bytes(fasttext_bytes([f"x{i:02}" for i in range(50)], rows))

    other = cli("translate", "run", "--bin", "other.bin", "s45")
    foreign = cli("translate", "run", "--bin", "foreign.bin", "x45")

    assert "other.bin is not the model that the run's vectors of s come from" in other.stderr
    assert "so expect nonsense" in other.stderr
    assert "foreign.bin has none of the first words of s" in foreign.stderr


def test_a_model_of_other_dimensions_is_refused(cli, models, rng):
    rows = rng.standard_normal((1, 5)).astype(np.float32)
    Path("narrow.bin").write_bytes(fasttext_bytes(["a"], rows))

    result = cli("translate", "run", "--bin", "narrow.bin", "a")

    assert result.exit_code == 1
    assert "narrow.bin has 5 dimensions, the run 8; give the .bin of the vectors" in result.stderr


def test_a_word_of_which_the_model_knows_nothing_is_named(cli, models):
    words = [f"s{i:02}" for i in range(50)]
    Path("plain.bin").write_bytes(fasttext_bytes(words, models[:50], longest=0))

    result = cli("translate", "run", "--bin", "plain.bin", "s01", "unseen", "-k", 1)

    assert result.exit_code == 1
    assert result.stdout.startswith("s01\tt01")
    assert "plain.bin knows nothing of 'unseen'" in result.stderr
    assert "no such" not in result.stderr
