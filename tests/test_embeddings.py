import os
from pathlib import Path

import numpy as np
import pytest

import embeddings
from embeddings import Embeddings
from embeddings.arrays import write_tensors
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
        (["a", "b\tc"], [[1.0], [2.0]], r"'b\\tc' is no word"),
        (["a\n", "b"], [[1.0], [2.0]], r"'a\\n' is no word"),
        (["", "b"], [[1.0], [2.0]], "'' is no word"),
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
    sample = embeddings.load("sample:fr")
    assert sample.vectors.shape == (8000, 300)
    assert embeddings.load(sample.origin).fingerprint == sample.fingerprint
    with pytest.raises(ValueError, match="no sample vectors for 'xx'; there are en, fr"):
        embeddings.load("sample:xx")


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
        ({"words": np.array([["a"], ["b"]]), "vectors": np.ones((2, 2))}, r"shape \(2, 1\)"),
        ({"words": np.array("a\nb"), "vectors": np.ones((2, 0))}, r"shape \(2, 0\)"),
        ({"words": np.array("a"), "vectors": np.full((1, 2), 1e300)}, "'a' .* is not finite"),
        ({"words": np.array([1, 2]), "vectors": np.ones((2, 2))}, "type int64"),
        ({"words": np.array([b"\xff"]), "vectors": np.ones((1, 2))}, "not UTF-8"),
        ({"words": np.array(["a", "b"], object), "vectors": np.ones((2, 2))}, "not a readable"),
    ],
)
def test_an_npz_of_another_layout_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "x.npz", **arrays)

    with pytest.raises(embeddings.VectorFormatError, match=message):
        embeddings.load(tmp_path / "x.npz")


@pytest.mark.parametrize(
    "tensors",
    [
        {"words": np.array([97, 98]), "vectors": np.ones((2, 2))},
        {"words": np.array([97], np.uint8), "vectors": np.array(1.0)},
        {"words": np.array([97], np.uint8), "vectors": np.ones((1, 2), np.int32)},
        {"vectors": np.ones((1, 2))},
    ],
)
def test_safetensors_of_another_layout_are_refused(tmp_path, tensors):
    write_tensors(tmp_path / "x.safetensors", tensors)

    with pytest.raises(embeddings.VectorFormatError, match="expected tensors `vectors`"):
        embeddings.load(tmp_path / "x.safetensors")


def test_tensors_that_cannot_be_written_are_an_error_like_any_other(tmp_path):
    with pytest.raises(OSError, match="cannot write"):
        write_tensors(tmp_path / "no" / "x", {"a": np.ones(1)})


def test_words_stored_as_bytes_are_decoded(tmp_path):
    words = np.array(["é".encode(), b"b"])
    np.savez(tmp_path / "x.npz", words=words, vectors=np.ones((2, 2)))

    assert embeddings.load(tmp_path / "x.npz").words == ("é", "b")


def test_a_short_text_stands_for_many_words():
    assert repr(embeddings.load("sample:en")) == "<Embeddings en: 8,000 words x 300>"


def test_a_symbolic_link_stays_and_devices_are_refused(tmp_path):
    value = Embeddings(["a"], np.ones((1, 2)))
    (tmp_path / "link.vec").symlink_to(tmp_path / "real.vec")
    os.mkfifo(tmp_path / "pipe.vec")

    embeddings.save(value, tmp_path / "link.vec")

    assert (tmp_path / "link.vec").is_symlink()
    assert embeddings.load(tmp_path / "real.vec").words == ("a",)
    with pytest.raises(OSError, match="is a pipe or a device"):
        embeddings.save(value, tmp_path / "pipe.vec")


def test_a_written_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()

    embeddings.save(Embeddings(["a"], np.ones((1, 2))), tmp_path / "x.vec")

    assert (tmp_path / "x.vec").stat().st_mode == (tmp_path / "usual").stat().st_mode


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
        ("x.kv", "end its name in .vec"),
        ("no/x.vec", "there is no folder"),
        ("folder.vec", "is a folder"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, name, error):
    (tmp_path / "folder.vec").mkdir()
    with pytest.raises((ValueError, OSError), match=error):
        embeddings.save(Embeddings(["a"], np.ones((1, 2))), tmp_path / name)
