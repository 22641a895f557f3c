import sys

import numpy as np
import pytest

import embeddings
from embeddings import Embeddings


class Keyed:
    """Quacks as gensim's KeyedVectors."""

    def __init__(self, keys, vectors):
        self.index_to_key, self.vectors = keys, vectors


def test_a_mapping_becomes_embeddings_and_back():
    mapping = {"a": [1, 2], "b": np.array([3.0, 4.0]), "c d": (5, 6)}

    value = embeddings.from_mapping(mapping, name="en")

    assert value.words == ("a", "b", "c d")
    assert value.name == "en"
    np.testing.assert_array_equal(value.vectors, [[1, 2], [3, 4], [5, 6]])
    back = embeddings.from_mapping(dict(zip(value.words, value.vectors, strict=True)))
    assert back.fingerprint == value.fingerprint


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "no vectors"),
        ({"a": [1, 2], "b": [3]}, r"'b' has shape \(1,\), that of 'a' \(2,\)"),
        ({"a": 1.0}, r"'a' has shape \(\)"),
        ({"a": [[1.0]]}, r"'a' has shape \(1, 1\)"),
        ({"a": [1.0], "b": [np.nan]}, r"'b' \(row 1\) holds a number that is not finite"),
        ({"a": [1.0], 7: [2.0]}, "got the key 7 of type int"),
        ({"a": [1.0], "": [2.0]}, "'' is no word"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(mapping, message):
    with pytest.raises(ValueError, match=message):
        embeddings.from_mapping(mapping)


def test_keyed_vectors_are_taken_without_a_copy():
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)

    value = embeddings.from_keyed_vectors(Keyed(["a", "b", "c"], vectors), max_vocab=2, name="en")

    assert value.words == ("a", "b")
    assert np.shares_memory(value.vectors, vectors)
    with pytest.raises(ValueError, match="got the key 7 of type int"):
        embeddings.from_keyed_vectors(Keyed([7, "b", "c"], vectors))
    with pytest.raises(ValueError, match="max_vocab must be 0 .* got -1"):
        embeddings.from_keyed_vectors(Keyed(["a", "b", "c"], vectors), max_vocab=-1)


def test_gensim_gets_a_copy_and_gives_the_same_back():
    models = pytest.importorskip("gensim.models")
    value = embeddings.load("sample:en", max_vocab=500)

    keyed = embeddings.to_keyed_vectors(value)

    assert isinstance(keyed, models.KeyedVectors)
    np.testing.assert_array_equal(keyed[value.words[7]], value.vectors[7])
    assert not np.shares_memory(keyed.vectors, value.vectors)
    assert embeddings.from_keyed_vectors(keyed).fingerprint == value.fingerprint


def test_without_gensim_the_remedy_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models", None)

    with pytest.raises(ImportError, match="pip install gensim"):
        embeddings.to_keyed_vectors(Embeddings(["a"], np.ones((1, 2))))
