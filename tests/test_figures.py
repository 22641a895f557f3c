"""Figures are read back from their SVG: every mark is there, and stands where its number says."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from align.evaluate import Hubness, Measure, Part, Score
from align.report.figures import (
    Pairs,
    bands_figure,
    hubness_figure,
    losses_figure,
    picture,
    precision_figure,
    runs_figure,
)
from align.report.figures.labels import Box, placed, text_width
from align.report.figures.picture import EDGE, FRAME, flat

SVG = "{http://www.w3.org/2000/svg}"


def measure(name, share, low, high):
    return Measure(name, "skip", 100 * share, 100, 0, (low, high))


def score(retrieval, shares):
    measures = tuple(
        measure(f"P@{k}", share, share - 0.1, share + 0.1)
        for k, share in zip((1, 5, 10), shares, strict=True)
    )
    parts = tuple(
        Part(by, name, (measure("MRR", 0, 0, 0), measure("P@1", share, share, share)))
        for by, name, share in (
            ("source rank", "1-1,000", shares[2]),
            ("source rank", "1,001-5,000", shares[0]),
            ("spelling", "identical", 0),
        )
    )
    return Score(retrieval, "forward", measures, parts)


@pytest.fixture
def scores():
    return [score("nn", (0.3, 0.5, 0.6)), score("csls10", (0.4, 0.7, 0.8))]


def group(figure, name):
    """Return what is drawn under a name."""
    [found] = [
        g for g in ET.fromstring(figure.svg).iter() if g.get("id") == f"{figure.name}-{name}"
    ]
    return found


def marks(figure, name):
    """Return where the marks of a group stand, (n, 2), y downwards."""
    uses = group(figure, name).iter(f"{SVG}use")
    return np.array([(float(use.get("x")), float(use.get("y"))) for use in uses])


def texts(figure):
    return [text.text for text in ET.fromstring(figure.svg).iter(f"{SVG}text")]


def assert_proportional(places, values):
    """Places must be values in another unit."""
    a, b = np.polyfit(values, places, 1)
    assert a > 0
    assert_allclose(places, a * np.asarray(values) + b, atol=0.01)


def test_each_precision_is_a_dot_at_its_value_on_its_interval(scores):
    figure = precision_figure("p", scores)

    dots = np.concatenate([marks(figure, "dots-nn"), marks(figure, "dots-csls10")])
    assert_proportional(dots[:, 0], [0.3, 0.5, 0.6, 0.4, 0.7, 0.8])
    ends = [
        [float(n) for n in re.findall(r"-?\d+\.?\d*", path.get("d"))]
        for name in ("intervals-nn", "intervals-csls10")
        for path in group(figure, name).iter(f"{SVG}path")
    ]
    assert_allclose([(x0 + x1) / 2 for x0, _, x1, _ in ends], dots[:, 0], atol=0.01)
    assert_proportional([x1 for _, _, x1, _ in ends], [0.4, 0.6, 0.7, 0.5, 0.8, 0.9])
    assert "CSLS10 40.0" in texts(figure)


def test_a_figure_says_its_numbers_in_words(scores):
    figure = precision_figure("p", scores)

    assert figure.title.replace("\xa0", " ") == (
        "The first translation is right for 30.0 % by NN, 40.0 % by CSLS10"
    )
    assert "P@5: NN 50.0 % (interval 40.0 to 60.0)" in figure.words.replace("\xa0", " ")


def test_bands_are_those_of_the_source_words(scores):
    figure = bands_figure("b", scores)

    assert len(marks(figure, "dots-nn")) == 2
    assert_proportional(marks(figure, "dots-csls10")[:, 0], [0.8, 0.4])
    assert "1,001-5,000 (100 words)" in texts(figure)


def test_runs_are_compared_by_what_is_found_first(scores):
    figure = runs_figure("r", {"one": [scores[0]], "other": [scores[1]]})

    assert len(marks(figure, "dots-nn")) == len(marks(figure, "dots-csls10")) == 1
    assert figure.title.startswith("other scores highest")


def test_hubs_are_counted_in_bins_and_an_empty_bin_has_no_mark():
    counts = [5, 3, 2, 1, 1, 1, 1, 0, 0]  # N_k of nine targets
    rows = np.repeat(np.arange(9), counts).reshape(-1, 2)
    one = np.repeat(np.arange(9), [6, *[0] * 7, 1])[:, None]

    figure = hubness_figure("h", [Hubness.of(rows, 9, "nn"), Hubness.of(one, 9, "csls")])

    nn, csls = marks(figure, "hubs-nn"), marks(figure, "hubs-csls")
    assert_proportional(nn[:, 0], [0, 1, 2, 3])
    assert_proportional(-nn[:, 1], np.log([2, 4, 2, 1]))
    assert_proportional(-csls[:, 1], np.log([7, 1, 1]))
    assert_proportional(csls[:, 0], [0, 1, 3])
    assert "2 of 9 target words are near to no source word" in figure.words


@pytest.mark.parametrize("steps", [2, 30, 200])
def test_losses_are_a_line_through_all_steps(steps):
    losses = 1 / np.arange(1, steps + 1)

    figure = losses_figure("l", losses)

    line = group(figure, "losses").find(f"{SVG}path").get("d")
    numbers = np.array(re.findall(r"-?\d+\.?\d*", line), dtype=float).reshape(-1, 2)
    assert len(numbers) > 1
    assert_allclose(
        (numbers[:, 1] - numbers[0, 1]) / (numbers[-1, 1] - numbers[0, 1]),
        np.interp(numbers[:, 0], np.linspace(*numbers[[0, -1], 0], steps), (losses - 1))
        / (losses[-1] - 1),
        atol=0.01,
    )
    assert f"In {steps} steps" in figure.title


@pytest.fixture
def pairs(rng):
    x = rng.standard_normal((120, 20)).astype(np.float32)
    words = [(f"word{i}", f"mot{i}") for i in range(120)]
    return Pairs(words, x, x + 0.1 * x[::-1], np.arange(120) % 3 > 0)


def test_the_picture_joins_every_word_with_its_translation(pairs):
    figure = picture("q", pairs, ("en", "fr"))

    x, y = marks(figure, "sources"), marks(figure, "targets")
    lines = [path.get("d") for path in group(figure, "joined").iter(f"{SVG}path")]
    ends = np.array([re.findall(r"-?\d+\.?\d*", line) for line in lines], dtype=float)
    assert_allclose(ends, np.hstack([x, y]), atol=0.01)
    assert len(x) == 120
    both, (shown, *_) = np.concatenate([x, y]), flat(pairs.x, pairs.y)
    for axis, sign in ((0, 1), (1, -1)):
        assert_proportional(sign * x[:, axis], shown[:, axis])
    span = [FRAME.width - 2 * EDGE, FRAME.height - 2 * EDGE]
    assert_allclose((np.ptp(both, axis=0) / span).max(), 1, atol=1e-4)
    assert "as for 80 words, in red where another is, as for 40" in figure.words
    red = [
        use for use in group(figure, "sources").iter(f"{SVG}use") if "#d55e00" in use.get("style")
    ]
    assert len(red) == 40


def test_the_picture_labels_some_pairs_and_no_label_meets_another(pairs):
    figure = picture("q", pairs, ("en", "fr"))

    labels = [text for text in texts(figure) if "\N{EN DASH}" in text]
    assert len(labels) > 10
    assert set(labels) <= {f"{a} \N{EN DASH} {b}" for a, b in pairs.words}


def test_what_the_marks_are_is_said_above_all_of_them(pairs):
    figure = picture("q", pairs, ("en", "fr"))

    heads = [t for t in ET.fromstring(figure.svg).iter(f"{SVG}text") if "found first" in t.text]
    assert len(heads) == 2
    shown = np.concatenate([marks(figure, "sources"), marks(figure, "targets")])
    assert max(float(head.get("y", "nan")) for head in heads) < shown[:, 1].min() - EDGE
    assert "a dot is en, a ring fr" in texts(figure)


def test_labels_that_are_placed_meet_neither_each_other_nor_the_frame_nor_points(rng):
    frame = Box(0, 0, 300, 200)
    points = rng.uniform(0, 1, (100, 2)) * (300, 200)
    names = [f"name {i}" for i in range(100)]

    found = placed(names, points[:, None], frame, size=8, avoid=points)

    boxes = [box for _, box in found]
    assert len(boxes) > 10
    assert not any(one.meets(other) for one, other in combinations(boxes, 2))
    for i, box in found:
        assert box.width == text_width(names[i], 8)
        assert box.x >= 0
        assert box.x + box.width <= 300
        assert box.y >= 0
        assert box.y + box.height <= 200
        assert not box.covers(points)


def test_of_two_labels_in_one_place_the_first_is_written():
    frame, point = Box(0, 0, 75, 20), np.full((1, 2), 10.0)

    found = placed(
        ["first name", "other name"], np.stack([point, point]), frame, size=8, avoid=point
    )

    assert [i for i, _ in found] == [0]


def test_a_plane_is_shown_as_it_is(rng):
    plane = np.linalg.qr(rng.standard_normal((9, 9)))[0][:2]
    corners = rng.standard_normal((30, 2))
    rows = corners @ plane + 5

    x, y, shares = flat(rows[:10], rows[10:])

    shown = np.concatenate([x, y])
    apart = np.linalg.norm(shown[:, None] - shown, axis=2)
    assert_allclose(apart, np.linalg.norm(corners[:, None] - corners, axis=2), atol=1e-9)
    assert_allclose(sum(shares), 1)


@pytest.mark.parametrize(("words", "dimensions"), [(1, 5), (3, 1), (1, 1)])
def test_one_word_or_one_dimension_can_be_drawn(rng, words, dimensions):
    x = rng.standard_normal((words, dimensions))
    few = Pairs([(f"a{i}", f"b{i}") for i in range(words)], x, x + 1, np.ones(words, dtype=bool))

    figure = picture("q", few, ("en", "fr"))

    assert np.isfinite(marks(figure, "sources")).all()
    assert len(marks(figure, "targets")) == words


def test_the_directions_shown_are_those_of_the_largest_variance(rng):
    rows = rng.standard_normal((50, 6)) * [1, 5, 1, 3, 1, 1]

    x, y, shares = flat(rows[:25], rows[25:])

    values = np.linalg.eigvalsh(np.cov(rows.T, bias=True))[::-1]
    assert_allclose(np.concatenate([x, y]).var(axis=0), values[:2])
    assert_allclose(shares, values[:2] / values.sum())


def test_words_of_any_kind_are_written_as_they_are(pairs):
    odd = [
        "<script>",
        "a&b",
        "$x$",
        '"q"',
        "id=x",
        "url(#x)",
        "\N{CJK UNIFIED IDEOGRAPH-5B57}",
        "\\n",
    ]
    turn = 2 * np.pi * np.arange(len(odd)) / len(odd)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    few = Pairs([(word, word) for word in odd], circle, 1.1 * circle, pairs.right[: len(odd)])

    figure = picture("q", few, ("en", "fr"))

    assert "<script" not in figure.svg
    labels = [text for text in texts(figure) if "\N{EN DASH}" in text]
    assert labels == [f"{word} \N{EN DASH} {word}" for word in odd]


def test_the_same_input_gives_the_same_figure_whatever_the_users_settings(scores):
    import matplotlib as mpl

    plain = precision_figure("p", scores)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        changed = precision_figure("p", scores)
        kept = mpl.rcParams["font.size"]

    assert changed == plain
    assert kept == 30


def test_all_ids_in_a_figure_start_with_its_name(scores, pairs):
    for figure in (precision_figure("one-a", scores), picture("one-a", pairs, ("en", "fr"))):
        ids = re.findall(r' id="([^"]*)"', figure.svg)
        used = re.findall(r'(?:href="|url\()#([^")]*)', figure.svg)
        assert len(ids) == len(set(ids))
        assert all(each.startswith("one-a-") for each in ids)
        assert used
        assert set(used) <= set(ids)


def test_without_matplotlib_the_remedy_is_told(scores, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)

    with pytest.raises(ImportError, match=r"needs matplotlib: pip install 'align-embeddings\[rep"):
        precision_figure("p", scores)
