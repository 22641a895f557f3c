import os
from pathlib import Path

import numpy as np
import pytest

import embeddings
from embeddings import Embeddings
from embeddings.writing import streaming, written


@pytest.fixture
def value(rng):
    """More rows than are written at once, with numbers of every size."""
    vectors = rng.standard_normal((9000, 3)) * 10.0 ** rng.integers(-44, 38, (9000, 3))
    return Embeddings([f"wörd{i}" for i in range(9000)], vectors.astype(np.float32))


def word2vec_by_hand(path):
    """Read word2vec's binary kind byte by byte."""
    content = path.read_bytes()
    header, _, rest = content.partition(b"\n")
    rows, dim = map(int, header.split())
    words, vectors = [], []
    for _ in range(rows):
        word, _, rest = rest.partition(b" ")
        words.append(word.decode())
        vectors.append(np.frombuffer(rest[: 4 * dim], "<f4"))
        rest = rest[4 * dim :]
    assert not rest
    return tuple(words), np.array(vectors)


def test_a_word2vec_binary_holds_the_same_words_and_numbers(tmp_path, value):
    some = Embeddings(value.words[:300], value.vectors[:300])

    embeddings.save(some, tmp_path / "x.bin")

    words, vectors = word2vec_by_hand(tmp_path / "x.bin")
    assert words == some.words
    np.testing.assert_array_equal(vectors, some.vectors)


def test_a_word2vec_binary_begins_with_its_counts(tmp_path, value):
    embeddings.save(value, tmp_path / "x.bin")

    content = (tmp_path / "x.bin").read_bytes()
    assert content.startswith(b"000000009000 3\nw\xc3\xb6rd0 " + value.vectors[0].tobytes())
    assert len(content) == 15 + sum(len(word.encode()) + 13 for word in value.words)


@pytest.mark.parametrize("binary", [True, False])
def test_gensim_reads_what_is_written(tmp_path, binary):
    models = pytest.importorskip("gensim.models")
    sample = embeddings.load("sample:fr", max_vocab=1000)
    path = tmp_path / ("x.bin" if binary else "x.vec")

    embeddings.save(sample, path)

    keyed = models.KeyedVectors.load_word2vec_format(path, binary=binary)
    assert embeddings.from_keyed_vectors(keyed).fingerprint == sample.fingerprint


def test_the_tables_of_the_projector_hold_numbers_and_words_line_by_line(tmp_path, value):
    embeddings.save(value, tmp_path / "x.tsv")

    lines = (tmp_path / "x.tsv").read_text().splitlines()
    read = np.array([line.split("\t") for line in lines], dtype=np.float64).astype(np.float32)
    np.testing.assert_array_equal(read, value.vectors)
    words = (tmp_path / "x.metadata.tsv").read_text(encoding="utf-8").split("\n")
    assert words == [*value.words, ""]
    assert written(tmp_path / "x.tsv") == (tmp_path / "x.tsv", tmp_path / "x.metadata.tsv")


def test_the_projector_takes_words_with_spaces(tmp_path):
    embeddings.save(Embeddings(["new york"], np.ones((1, 2))), tmp_path / "x.tsv")

    assert (tmp_path / "x.metadata.tsv").read_text() == "new york\n"


def test_text_is_read_back_as_the_same_numbers(tmp_path, value):
    embeddings.save(value, tmp_path / "x.vec")

    assert embeddings.load(tmp_path / "x.vec").fingerprint == value.fingerprint


@pytest.mark.parametrize(
    ("name", "word"),
    [("x.bin", "new york"), ("x.vec", "a\u000bb"), ("x.tsv", "a\rb")],
)
def test_a_failed_write_leaves_nothing(tmp_path, name, word):
    broken = Embeddings([f"w{i}" for i in range(9000)] + [word], np.ones((9001, 2)))

    with pytest.raises(ValueError, match=r"\(row 9000\) cannot be written as text"):
        embeddings.save(broken, tmp_path / name)

    assert os.listdir(tmp_path) == []


def test_the_suffix_decides_what_streams(tmp_path):
    assert streaming(tmp_path / "x.safetensors") is None
    assert streaming(tmp_path / "x.bin") is not None
    with pytest.raises(ValueError, match=r"x\.bin\.gz: end its name in \.vec, .* or \.safetensors"):
        streaming(tmp_path / "x.bin.gz")


def test_apply_streams_into_every_kind_of_file(cli, made):
    for name in ("m.vec", "m.bin", "m.tsv"):
        assert cli("apply", made, "-o", name).exit_code == 0

    mapped = embeddings.load("m.vec")
    words, vectors = word2vec_by_hand(Path("m.bin"))
    assert words == mapped.words
    np.testing.assert_array_equal(vectors, mapped.vectors)
    assert Path("m.metadata.tsv").read_text().split() == list(mapped.words)
    Path("m.tsv").unlink()
    refused = cli("apply", made, "-o", "m.tsv")
    assert "m.metadata.tsv is there already; give another name, or --force" in refused.stderr
