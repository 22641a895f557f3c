import os
import sys
import types
import zipfile

import numpy as np
import pytest
from conftest import rotation

import embeddings
from align import LinearMap
from embeddings.pth import is_pth

torch = pytest.importorskip("torch")


@pytest.fixture(params=["zip", "old"])
def store(request, tmp_path):
    """Write with torch, as it does now and as it did when MUSE was written."""

    def store(value, name="vectors-en.pth"):
        path = tmp_path / name
        torch.save(value, path, _use_new_zipfile_serialization=request.param == "zip")
        return path

    return store


@pytest.fixture
def dictionary(monkeypatch):
    """The class that MUSE's files name, which is there only while they are written."""
    module = types.ModuleType("src.dictionary")

    class Dictionary:
        def __init__(self, words):
            self.id2word = dict(enumerate(words))
            self.word2id = {word: row for row, word in self.id2word.items()}
            self.lang = "en"

    Dictionary.__module__, Dictionary.__qualname__ = "src.dictionary", "Dictionary"
    module.Dictionary = Dictionary
    monkeypatch.setitem(sys.modules, "src", types.ModuleType("src"))
    monkeypatch.setitem(sys.modules, "src.dictionary", module)
    return Dictionary


def test_the_export_of_muse_is_read_without_its_program(store, dictionary, monkeypatch, rng):
    vectors = rng.standard_normal((3, 4)).astype(np.float32)
    path = store({"dico": dictionary(["a", "é", "c"]), "vectors": torch.from_numpy(vectors)})
    monkeypatch.delitem(sys.modules, "src.dictionary")

    value = embeddings.load(path)

    assert value.words == ("a", "é", "c")
    np.testing.assert_array_equal(value.vectors, vectors)
    assert value.name == "vectors-en"
    assert embeddings.load(path, max_vocab=2).words == ("a", "é")


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_a_list_of_words_and_any_kind_of_floats_are_read(store, kind):
    path = store({"dico": ["a", "b"], "vectors": torch.tensor([[1, 2], [3, 4]], dtype=kind)})

    value = embeddings.load(path)

    assert value.vectors.dtype == np.float32
    np.testing.assert_array_equal(value.vectors, [[1, 2], [3, 4]])


def test_a_parameter_and_a_transposed_tensor_are_read(store):
    turned = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3).T)

    value = embeddings.load(store({"dico": ["a", "b", "c"], "vectors": turned}))

    np.testing.assert_array_equal(value.vectors, [[0, 3], [1, 4], [2, 5]])


class Attack:
    def __reduce__(self):
        return os.mkdir, ("it-ran",)


def test_nothing_that_a_file_asks_for_is_run(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = store({"dico": Attack(), "vectors": torch.ones(1, 2)})

    with pytest.raises(embeddings.VectorFormatError, match="vectors-en.pth"):
        embeddings.load(path)

    assert not os.path.exists("it-ran")


class Foreign:
    pass


def test_an_object_of_another_program_is_named_with_what_to_do(store):
    path = store({"dico": Foreign(), "vectors": torch.ones(1, 2)})

    with pytest.raises(embeddings.VectorFormatError) as caught:
        embeddings.load(path)

    assert "an object of the class test_pth.Foreign" in str(caught.value)
    assert "save words and vectors as text, .npz or .safetensors" in str(caught.value)
    assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda: {"vectors": torch.ones(1, 2)}, "KeyError.*dico"),
        (lambda: torch.ones(2, 2), "expected MUSE's export"),
        (lambda: [1, 2], "expected MUSE's export"),
        (lambda: {"dico": ["a"], "vectors": torch.ones(2, 2)}, r"1 words but .* \(2, 2\)"),
        (lambda: {"dico": ["a"], "vectors": torch.ones(1)}, r"shape \(1,\)"),
        (lambda: {"dico": ["a"], "vectors": torch.ones(1, 0)}, r"shape \(1, 0\)"),
        (lambda: {"dico": ["a"], "vectors": torch.ones(1, 2, dtype=int)}, "int64"),
        (lambda: {"dico": ["a"], "vectors": [[1.0]]}, "a list and no tensor"),
        (lambda: {"dico": ["a"], "vectors": torch.eye(1).to_sparse()}, "expected MUSE's export"),
        (lambda: {"dico": {"a": 0}, "vectors": torch.ones(1, 2)}, "`dico` is a dict"),
        (lambda: {"dico": [1], "vectors": torch.ones(1, 2)}, "`dico` is a list"),
        (lambda: {"dico": ["a"], "vectors": torch.tensor([[np.nan]])}, "'a' .* not finite"),
    ],
)
def test_a_file_of_something_else_is_refused(store, value, message):
    with pytest.raises(embeddings.VectorFormatError, match=message):
        embeddings.load(store(value()))


def test_a_damaged_file_is_an_error_of_ours(store, tmp_path):
    whole = store({"dico": ["a", "b"], "vectors": torch.ones(2, 2)}).read_bytes()
    rng = np.random.default_rng(0)

    for _ in range(200):
        broken = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            broken[place] = rng.integers(0, 256)
        (tmp_path / "x.pth").write_bytes(broken[: rng.integers(len(whole) // 2, len(whole) + 1)])
        try:
            embeddings.load(tmp_path / "x.pth")
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017


def test_a_zip_that_was_packed_again_is_read(tmp_path):
    torch.save({"dico": ["a"], "vectors": torch.ones(1, 500)}, tmp_path / "x.pth")
    with (
        zipfile.ZipFile(tmp_path / "x.pth") as old,
        zipfile.ZipFile(tmp_path / "y.pth", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))

    np.testing.assert_array_equal(embeddings.load(tmp_path / "y.pth")["a"], np.ones(500))


def test_other_files_are_not_taken_for_those_of_torch(tmp_path):
    (tmp_path / "x.pth").write_text("a 1 2\nb 3 4\n")
    np.savez(tmp_path / "x.npz", words=np.array("a"), vectors=np.ones((1, 2)))

    assert not is_pth(tmp_path / "x.pth")
    assert not is_pth(tmp_path / "x.npz")
    assert embeddings.load(tmp_path / "x.pth").words == ("a", "b")


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_map_of_muse_is_transposed(store, rng, kind, order):
    muse = np.array(rotation(rng, 4), dtype=kind, order=order)
    x = rng.standard_normal((5, 4))

    linear = LinearMap.load(store(muse, "best_mapping.pth"))

    np.testing.assert_allclose(linear(x), x @ muse.T, rtol=1e-6)
    assert linear.w.dtype == kind
    as_tensor = LinearMap.load(store(torch.from_numpy(muse.copy()), "best_mapping.pth"))
    np.testing.assert_array_equal(as_tensor.w, linear.w)


def test_a_map_saved_with_an_older_numpy_is_read(tmp_path, rng):
    muse = rotation(rng, 3)
    path = tmp_path / "best_mapping.pth"
    torch.save(muse, path, _use_new_zipfile_serialization=False)
    newer, older = b"numpy._core.multiarray\n", b"numpy.core.multiarray\n"
    content = path.read_bytes()
    path.write_bytes(content.replace(newer, older) if newer in content else content)
    assert older in path.read_bytes()

    np.testing.assert_array_equal(LinearMap.load(path).w, muse.T)


@pytest.mark.parametrize(
    "value", [np.ones(3), np.array([["a"]]), np.ones((2, 2), int), {"w": 1}, [1.0]]
)
def test_what_is_no_map_is_refused(store, value):
    with pytest.raises(ValueError, match="best_mapping.pth|finite matrix"):
        LinearMap.load(store(value, "best_mapping.pth"))
