from pathlib import Path

import numpy as np
import pytest

import embeddings
from embeddings import Embeddings
from embeddings.reading import label


def test_a_value_knows_its_words_and_dimensions():
    value = Embeddings(["a", "b"], np.array([[1, 2], [3, 4]]))

    assert len(value) == 2
    assert value.dim == 2
    assert "b" in value
    assert "c" not in value
    np.testing.assert_array_equal(value["b"], [3, 4])
    assert value.vectors.dtype == np.float32


@pytest.mark.parametrize(
    ("words", "vectors", "message"),
    [
        (["a"], [[1.0, 2.0], [3.0, 4.0]], r"one row for each of 1 words, got .*\(2, 2\)"),
        (["a", "a"], [[1.0], [2.0]], "'a' comes more than once"),
        (["a", "b"], [[1.0], [np.nan]], r"'b' \(row 1\) holds a number that is not finite"),
        ([], np.empty((0, 3)), r"no vectors, got an array of shape \(0, 3\)"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(words, vectors, message):
    with pytest.raises(ValueError, match=message):
        Embeddings(words, np.array(vectors))


def test_the_fingerprint_changes_with_a_word_and_with_a_number():
    value = Embeddings(["a", "b"], np.ones((2, 2)))

    assert value.fingerprint == Embeddings(["a", "b"], np.ones((2, 2))).fingerprint
    assert value.fingerprint != Embeddings(["a", "c"], np.ones((2, 2))).fingerprint
    assert value.fingerprint != Embeddings(["a", "b"], np.eye(2)).fingerprint


def test_the_sample_is_in_the_package():
    assert embeddings.sample_names() == ("en", "fr")
    sample = embeddings.sample("fr")
    assert sample.vectors.shape == (8000, 300)
    assert embeddings.load(sample.origin).fingerprint == sample.fingerprint
    with pytest.raises(ValueError, match="no sample vectors for 'xx'; there are en, fr"):
        embeddings.sample("xx")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wiki.en.vec", "en"),
        ("cc.de.300.vec.gz", "de"),
        ("fr.npz", "fr"),
        ("es-en.es.vec", "es"),
        ("glove.6B.300d.txt", "glove.6B.300d"),
    ],
)
def test_the_language_is_read_off_the_file_name(name, expected):
    assert label(Path(name)) == expected


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_binary_files_with_bad_numbers_are_refused(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    embeddings.save(Embeddings(["a", "b"], np.ones((2, 3))), path)
    whole = path.read_bytes()

    path.write_bytes(whole.replace(np.float32(1).tobytes(), np.float32(np.nan).tobytes(), 1))
    with pytest.raises(ValueError, match="not finite|not a readable"):
        embeddings.load(path)

    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(embeddings.VectorFormatError, match="x"):
        embeddings.load(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"vectors": np.ones((2, 2))}, "words"),
        ({"words": np.array("a\nb\nc"), "vectors": np.ones((2, 2))}, "3 words but 2 vectors"),
        ({"words": np.array("a\nb"), "vectors": np.ones((2, 2), int)}, "type int64"),
        ({"words": np.array(["a", "b"], object), "vectors": np.ones((2, 2))}, "not a readable"),
    ],
)
def test_an_npz_of_another_layout_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "x.npz", **arrays)

    with pytest.raises(embeddings.VectorFormatError, match=message):
        embeddings.load(tmp_path / "x.npz")


def test_half_precision_and_an_array_of_words_are_read(tmp_path):
    np.savez(tmp_path / "x.npz", words=np.array(["a", "b"]), vectors=np.eye(2, dtype=np.float16))

    read = embeddings.load(tmp_path / "x.npz", max_vocab=1)

    assert read.words == ("a",)
    assert read.vectors.dtype == np.float32


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.vec"
    path.write_text("old")

    with pytest.raises(ValueError, match=r"'new york' \(row 1\) cannot be written as text"):
        embeddings.save(Embeddings(["a", "new york"], np.ones((2, 2))), path)

    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.vec"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("x.bin", "end its name in .vec"),
        ("no/x.vec", "there is no folder"),
        ("folder.vec", "is a folder"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, name, error):
    (tmp_path / "folder.vec").mkdir()
    with pytest.raises((ValueError, OSError), match=error):
        embeddings.save(Embeddings(["a"], np.ones((1, 2))), tmp_path / name)
