import numpy as np
import pytest
from scipy.stats import skew

from align.evaluate import Hubness, hubness
from align.normalize import unit
from align.retrieve import Space


@pytest.fixture
def space(rng):
    x, y = (unit(rng.standard_normal((n, 30)).astype(np.float32)) for n in (150, 120))
    return Space.of(x, y, 10)


def test_the_centre_of_a_star_is_the_only_hub(rng):
    axis = np.eye(12)
    leaves = np.tile(axis[0], (9, 1)) + axis[1:10]
    points = unit(np.concatenate([axis[:1], leaves]).astype(np.float32))

    star = hubness(Space.of(unit(leaves.astype(np.float32)), points[[0]], 1), 1)
    mixed = Hubness.of(np.array([[0]] * 9), 5)

    assert star.hubs == ((0, 9),)
    assert mixed.hubs[0] == (0, 9)
    assert mixed.anti_hubs == 4
    assert mixed.unreached == 0.8
    assert mixed.skewness == pytest.approx(1.5)  # of 9, 0, 0, 0, 0 by the formula: 3 / sqrt(4)
    assert mixed.histogram == (4, 0, 0, 0, 1)


def test_targets_that_share_alike_have_no_hubs():
    found = Hubness.of(np.array([[0, 1], [1, 2], [2, 0]]), 3)

    assert found.skewness == 0
    assert found.anti_hubs == 0
    assert found.histogram == (0, 0, 3)


@pytest.mark.parametrize("retrieval", ["nn", "csls", "invsoftmax", "margin", "agreement"])
@pytest.mark.parametrize("k", [1, 5, 20])
def test_hubness_is_counted_as_defined(space, retrieval, k):
    counts = [0] * 120
    for row in range(150):
        for target in space.nearest([row], k, retrieval).rows[0]:
            counts[target] += 1

    found = hubness(space, k, retrieval)

    assert (found.asked, found.targets, found.k, found.retrieval) == (150, 120, k, retrieval)
    assert found.skewness == pytest.approx(skew(counts))
    assert found.anti_hubs == counts.count(0)
    assert [count for _, count in found.hubs] == sorted(counts, reverse=True)[:10]
    assert all(counts[row] == count for row, count in found.hubs)
    bins = [(0, 1), *((2**i, 2 ** (i + 1)) for i in range(10))]
    expected = [sum(low <= count < high for count in counts) for low, high in bins]
    assert list(found.histogram) == expected[: len(found.histogram)]
    assert sum(found.histogram) == 120


def test_csls_has_smaller_hubs_than_the_cosine(rng):
    x, y = (rng.standard_normal((400, 100)) for _ in range(2))
    crowded = Space.of(*(unit((side + 0.3).astype(np.float32)) for side in (x, y)), 10)

    plain, corrected = (hubness(crowded, 10, retrieval) for retrieval in ("nn", "csls"))

    assert corrected.skewness < plain.skewness / 2
    assert corrected.anti_hubs < plain.anti_hubs


def test_more_neighbours_than_targets_are_refused(space):
    with pytest.raises(ValueError, match="k must be between 1 and the 120 vectors"):
        hubness(space, 121)
