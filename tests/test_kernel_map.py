import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from safetensors.numpy import load_file, save_file

from align import Alignment, KernelMap, LinearMap, Normalization, kernel_map
from align.normalize import unit


def a_map(rng, d=5, e=4, anchors=7, width=0.8):
    return KernelMap(
        LinearMap(rng.standard_normal((d, e))),
        unit(rng.standard_normal((anchors, d))),
        0.2 * rng.standard_normal((anchors, e)),
        width,
    )


def by_hand(map_, x):
    """Return one mapped row, written slowly."""
    if not x.any():
        return np.zeros(map_.shape[1])
    x = x.astype(float)
    mapped = x @ map_.linear.w
    mapped = mapped / np.linalg.norm(mapped)
    for anchor, shift in zip(map_.anchors.astype(float), map_.shift.astype(float), strict=True):
        cosine = x @ anchor / np.linalg.norm(x) / np.linalg.norm(anchor)
        mapped = mapped + math.exp((cosine - 1) / map_.width) * shift
    return mapped / np.linalg.norm(mapped)


@pytest.mark.parametrize(("kind", "precision"), [(np.float32, 1e-6), (np.float64, 1e-7)])
@pytest.mark.parametrize("width", [0.05, 0.8])
def test_a_kernel_map_is_what_its_definition_says(rng, kind, precision, width):
    map_ = a_map(rng, width=width)
    x = (3 * rng.standard_normal((20, 5))).astype(kind)
    x[4] = 0
    before = x.copy()

    mapped = map_(x)

    assert mapped.dtype == kind
    assert_allclose(mapped, [by_hand(map_, row) for row in x], atol=precision)
    np.testing.assert_array_equal(mapped[4], 0)
    np.testing.assert_array_equal(x, before)


def test_the_kernel_is_the_gaussian_one(rng):
    x, anchors = unit(rng.standard_normal((6, 5))), unit(rng.standard_normal((3, 5)))
    squared = ((x[:, None] - anchors) ** 2).sum(axis=2)

    assert_allclose(kernel_map.kernel(x, anchors, 0.3), np.exp(-squared / (2 * 0.3)))


@pytest.mark.parametrize("cells", [1, 7, 3 * 7 + 1])
def test_mapping_in_blocks_equals_mapping_at_once(rng, monkeypatch, cells):
    map_, x = a_map(rng), rng.standard_normal((20, 5))
    at_once = map_(x)

    monkeypatch.setattr(kernel_map, "CELLS", cells)

    assert_allclose(map_(x), at_once, atol=1e-14)


def test_a_row_at_an_anchor_of_a_narrow_map_is_shifted_by_it_alone(rng):
    map_ = a_map(rng, width=1e-6)

    mapped = map_(map_.anchors)

    assert_allclose(mapped, unit(unit(map_.linear(map_.anchors)) + map_.shift), atol=0.05)
    far = -map_.anchors
    assert_allclose(map_(far), unit(map_.linear(far)), atol=1e-6)


def test_a_map_without_anchors_is_linear_but_for_length(rng):
    linear, x = LinearMap(rng.standard_normal((3, 2))), rng.standard_normal((4, 3))

    map_ = KernelMap(linear, np.empty((0, 3)), np.empty((0, 2)), 1)

    assert_allclose(map_(x), unit(linear(x)))
    assert map_(x[:0]).shape == (0, 2)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"anchors": np.eye(3)}, r"shape \(2, 3\) needs .*2 dimensions .*\(3, 3\) and \(2, 3\)"),
        ({"anchors": np.eye(2)[:1]}, r"as many anchors .*got \(1, 2\) and \(2, 3\)"),
        ({"anchors": np.ones(2)}, r"got \(2,\) and \(2, 3\)"),
        ({"shift": np.ones((2, 2))}, r"shifts of 3 dimensions, got \(2, 2\)"),
        ({"shift": np.full((2, 3), np.nan)}, "finite shifts"),
        ({"anchors": 2 * np.eye(2)}, "anchors are rows of length 1"),
        ({"anchors": np.full((2, 2), np.nan)}, "anchors are rows of length 1"),
        ({"width": 0}, "width of 1e-06 or more, got 0"),
        ({"width": -1}, "got -1"),
        ({"width": np.nan}, "got nan"),
        ({"width": np.inf}, "got inf"),
    ],
)
def test_parts_that_do_not_fit_are_refused(bad, message):
    parts = {"anchors": np.eye(2), "shift": np.ones((2, 3)), "width": 0.5}

    with pytest.raises(ValueError, match=message):
        KernelMap(LinearMap(np.ones((2, 3))), **{**parts, **bad})


def test_rows_of_other_dimensions_are_refused(rng):
    with pytest.raises(ValueError, match=r"takes 5 dimensions, got vectors of shape \(1, 3\)"):
        a_map(rng)(np.ones((1, 3)))


@pytest.fixture
def stored(rng, tmp_path):
    """An alignment whose source map is a kernel map, and its file."""
    x, y = rng.standard_normal((2, 30, 5)).astype(np.float32)
    fitted = Normalization.fit(x, "unit,center"), Normalization.fit(y, "unit")
    alignment = Alignment(*fitted, a_map(rng), a_map(rng, anchors=3, width=1 / 3))
    alignment.save(tmp_path / "a.safetensors")
    return alignment, tmp_path / "a.safetensors", x, y


def test_a_kernel_map_survives_its_file_to_the_bit(stored):
    alignment, path, x, y = stored

    back = Alignment.load(path)

    np.testing.assert_array_equal(back.map_source(x), alignment.map_source(x))
    np.testing.assert_array_equal(back.map_target(y), alignment.map_target(y))
    assert back.target_map.width == 1 / 3
    assert load_file(path)["source.anchors"].dtype == np.float32


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source.anchors", None),
        ("source.shift", None),
        ("target.width", None),
        ("target.w", None),
        ("source.shift", np.ones((2, 4), np.float32)),
        ("source.width", np.array([-1.0])),
        ("source.width", np.array([1.0, 1.0])),
        ("target.anchors", np.zeros((3, 5), np.float32)),
    ],
)
def test_a_damaged_kernel_map_is_told(stored, name, value):
    _, path, _, _ = stored
    tensors = load_file(path)
    tensors.pop(name)
    if value is not None:
        tensors[name] = value
    steps = {"source": '["unit", "center"]', "target": '["unit"]'}
    save_file(tensors, path, steps)

    with pytest.raises(ValueError, match=r"a\.safetensors is not a readable alignment"):
        Alignment.load(path)


def test_a_file_with_one_linear_map_loads_as_before(stored):
    alignment, path, x, _ = stored
    tensors = load_file(path)
    for name in list(tensors):
        if name.split(".")[1] in ("anchors", "shift", "width") or name == "target.w":
            tensors.pop(name)
    save_file(tensors, path, {"source": '["unit", "center"]', "target": '["unit"]'})

    back = Alignment.load(path)

    assert isinstance(back.map, LinearMap)
    assert back.target_map is None
    np.testing.assert_array_equal(back.map_source(x), alignment.map.linear(alignment.source(x)))
