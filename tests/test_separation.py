import numpy as np
import pytest

from align.evaluate import separation


def test_two_samples_of_one_cloud_cannot_be_told_apart():
    found = [
        separation(*np.random.default_rng(seed).standard_normal((2, 1000, 20)), words=500)
        for seed in range(40)
    ]

    assert {(one.fitted, one.plain.held_out, one.centred.held_out) for one in found} == {(500,) * 3}
    for probes in ([one.plain for one in found], [one.centred for one in found]):
        assert np.mean([probe.accuracy for probe in probes]) == pytest.approx(0.5, abs=0.012)
        assert np.mean([p.interval[0] <= 0.5 <= p.interval[1] for p in probes]) > 0.8


def test_two_shifted_clouds_are_told_apart_until_each_is_centred(rng):
    x, y = rng.standard_normal((2, 3000, 20))

    found = separation(x + 10, y, words=1000)

    assert found.plain.accuracy == 1.0
    assert found.centred.accuracy == pytest.approx(0.5, abs=0.05)


def test_frequent_words_of_other_means_are_told_apart_all_the_same(rng):
    x, y = rng.standard_normal((2, 3000, 20))
    x[:1000] += 3
    y[2000:] += 3

    found = separation(x, y, words=1000)

    assert found.centred.accuracy > 0.99


def test_held_out_words_take_no_part_in_what_is_learned(rng):
    x, y = rng.standard_normal((2, 200, 100))  # so few words that their means lie far apart

    found = separation(x, y, words=200)

    assert found.centred.accuracy == pytest.approx(0.5, abs=0.08)  # else nearly 0


def test_the_probe_is_least_squares_to_labels(rng):
    x, y = rng.standard_normal((200, 4)), rng.standard_normal((160, 4)) + 0.5
    rows = np.concatenate([x[:160:2], y[::2]])
    labels = np.repeat([1.0, -1.0], 80)
    weights = np.linalg.lstsq(np.column_stack([rows, np.ones(160)]), labels, rcond=None)[0]
    guess = np.concatenate([x[1:160:2], y[1::2]]) @ weights[:-1] + weights[-1]

    found = separation(x, y).plain

    assert abs(found.right - np.count_nonzero(np.sign(guess) == labels)) <= 1  # of the penalty


def test_only_the_first_words_are_taken(rng):
    x, y = rng.standard_normal((2, 100, 3))
    y[20:] += 100

    found = separation(x, y, words=21)

    assert found.fitted == found.plain.held_out == 20
    assert found.plain.accuracy < 0.9


def test_points_that_are_all_alike_are_told_apart_by_chance():
    found = separation(np.ones((10, 3)), np.ones((10, 3)))

    assert found.plain.accuracy == 0.5


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [((3, 2), (9, 2), "at least 4 words of each language, got 2"), ((9, 2), (9, 3), r"\(9, 3\)")],
)
def test_rows_that_cannot_be_probed_are_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        separation(np.ones(x), np.ones(y))
