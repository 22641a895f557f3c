import numpy as np
import pytest
from conftest import rotation
from numpy.testing import assert_allclose

from align import Alignment, LinearMap, Normalization, Problem


def test_a_map_acts_from_the_right_in_the_precision_of_its_input(rng):
    w = rng.standard_normal((3, 3))
    x = rng.standard_normal((5, 3)).astype(np.float32)

    assert_allclose(LinearMap(w)(x), x @ w, rtol=1e-5)
    assert LinearMap(w)(x).dtype == np.float32


def test_maps_compose_and_invert(rng):
    first, second = (LinearMap(rng.standard_normal((4, 4))) for _ in range(2))
    x = rng.standard_normal((6, 4))

    assert_allclose(first.then(second)(x), second(first(x)))
    assert_allclose(first.inverse(first(x)), x)


def test_the_inverse_of_a_rotation_is_its_transpose(rng):
    turn = LinearMap(rotation(rng, 5))

    assert turn.deviation < 1e-12
    assert_allclose(turn.inverse.w, turn.w.T, atol=1e-12)


def test_a_map_survives_its_file(rng, tmp_path):
    w = rng.standard_normal((4, 4))

    LinearMap(w).save(tmp_path / "w.safetensors")

    np.testing.assert_array_equal(LinearMap.load(tmp_path / "w.safetensors").w, w)
    for content in (b"nothing", b""):
        (tmp_path / "w.safetensors").write_bytes(content)
        with pytest.raises(ValueError, match="w.safetensors is not a readable map"):
            LinearMap.load(tmp_path / "w.safetensors")


def test_what_is_no_map_is_refused():
    with pytest.raises(ValueError, match=r"finite matrix, got .*\(3,\)"):
        LinearMap(np.ones(3))
    with pytest.raises(ValueError, match="finite matrix"):
        LinearMap(np.array([[np.nan]]))
    with pytest.raises(ValueError, match=r"takes 2 dimensions, got vectors of shape \(1, 3\)"):
        LinearMap(np.eye(2))(np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"shape \(3, 3\) cannot follow one of \(2, 2\)"):
        LinearMap(np.eye(2)).then(LinearMap(np.eye(3)))


def test_unit_center_unit_by_hand(rng):
    x = rng.standard_normal((10, 3))
    expected = x / np.linalg.norm(x, axis=1, keepdims=True)
    expected = expected - expected.mean(axis=0)
    expected = expected / np.linalg.norm(expected, axis=1, keepdims=True)

    assert_allclose(Normalization.fit(x, "unit,center,unit")(x), expected, atol=1e-12)


def test_iterative_normalization_comes_to_unit_length_and_zero_mean(rng):
    x = rng.standard_normal((200, 5)) + 0.5

    done = Normalization.fit(x, "iternorm")(x)

    assert_allclose(done.mean(axis=0), 0, atol=1e-6)
    assert_allclose(np.linalg.norm(done, axis=1), 1, atol=0.02)


def test_new_words_get_the_means_of_the_fit_and_the_input_survives(rng):
    x = rng.standard_normal((50, 4)).astype(np.float32)
    kept = x.copy()
    fitted = Normalization.fit(x, "unit,center,unit")

    assert_allclose(fitted(x[:3]), fitted(x)[:3], rtol=1e-6)
    np.testing.assert_array_equal(x, kept)
    assert fitted(x).dtype == np.float32


def test_no_normalization_changes_nothing_and_a_zero_row_stays_zero():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])

    np.testing.assert_array_equal(Normalization.fit(x, "none")(x), x)
    np.testing.assert_array_equal(Normalization.fit(x, "unit")(x), [[0, 0], [0.6, 0.8]])


def test_pca_keeps_the_directions_of_the_largest_variance(rng):
    x = (rng.standard_normal((300, 5)) * [5, 3, 1, 0.1, 0.1]) @ rotation(rng, 5) + 2

    fitted, reduced = Normalization.fitted(x, "center,pca:3")

    expected = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[1][:3]
    assert_allclose(np.linalg.norm(reduced, axis=0), expected)
    assert_allclose(fitted(x[:4]), reduced[:4])
    assert fitted.recipe == "center,pca:3"
    with pytest.raises(ValueError, match="pca:6 asks for 6 dimensions, but the vectors have 5"):
        Normalization.fit(x, "pca:6")


def test_an_unknown_step_is_named():
    with pytest.raises(ValueError, match="unknown normalisation 'centre' in 'unit,centre'"):
        Normalization.fit(np.ones((2, 2)), "unit,centre")


def test_an_alignment_survives_its_file(rng, tmp_path):
    x, y = rng.standard_normal((2, 30, 4)).astype(np.float32)
    alignment = Alignment(
        Normalization.fit(x, "unit,center,pca:3,center"),
        Normalization.fit(y, "unit"),
        LinearMap(rotation(rng, 3)),
        LinearMap(rng.standard_normal((4, 3))),
    )

    alignment.save(tmp_path / "a.safetensors")
    back = Alignment.load(tmp_path / "a.safetensors")

    np.testing.assert_array_equal(back.map_source(x), alignment.map_source(x))
    np.testing.assert_array_equal(back.map_target(y), alignment.map_target(y))
    assert back.map_target(y).shape == (30, 3)
    (tmp_path / "a.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a readable alignment"):
        Alignment.load(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("x", "y", "pairs", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 3)), [[0, 2]], "2 source and 2 target rows"),
        (np.ones((2, 3)), np.ones((2, 3)), [[-1, 0]], "2 source and 2 target rows"),
        (
            np.ones(3),
            np.ones((2, 3)),
            [[0, 0]],
            r"an \(n, d\) array, got shape \(3,\); .*v\[None\]",
        ),
        (np.ones((0, 3)), np.ones((2, 3)), [[0, 0]], r"no vectors: got shapes \(0, 3\)"),
        (np.full((2, 3), np.inf), np.ones((2, 3)), [[0, 0]], "not finite"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(x, y, pairs, message):
    with pytest.raises(ValueError, match=message):
        Problem(x, y, np.array(pairs))


def test_whole_numbers_and_half_precision_are_promoted(rng):
    w = rotation(rng, 3)
    whole = np.array([[1, 2, 3], [4, 5, 7]])

    np.testing.assert_allclose(LinearMap(w)(whole), whole @ w)
    fitted = Normalization.fit(whole, "unit,center")
    np.testing.assert_allclose(fitted(whole), Normalization.fit(whole * 1.0, "unit,center")(whole))
    assert LinearMap(w)(whole.astype(np.float16)).dtype == np.float32
    assert Problem(whole, whole, [[0, 0]]).x.dtype == np.float64


def test_one_vector_is_no_row():
    with pytest.raises(ValueError, match=r"got shape \(2,\); give one vector as v\[None\]"):
        LinearMap(np.eye(2))(np.ones(2))
    with pytest.raises(ValueError, match="expected rows"):
        Normalization.fit(np.ones((2, 2)), "unit")(np.ones(2))


@pytest.mark.parametrize("size", [1e25, 1e-25])
def test_very_large_and_very_small_vectors_come_to_unit_length(size):
    x = np.full((1, 4), size, np.float32)

    np.testing.assert_allclose(Normalization.fit(x, "unit")(x), 0.5)
