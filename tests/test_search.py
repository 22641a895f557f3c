"""The contract of every search: the same neighbours, with the same scores, in the same order."""

import json
import logging
from dataclasses import replace

import numpy as np
import pytest

from align.normalize import unit
from align.retrieve import (
    Flat,
    Space,
    choose,
    current,
    fast,
    flat,
    half,
    memory,
    neighbours,
    trial,
    using,
)
from align.retrieve.choice import Auto, candidates
from align.retrieve.fast import Fast
from align.retrieve.gpu import Torch
from align.retrieve.half import Half
from align.steps import Step

torch = pytest.importorskip("torch")
HALF_WINS, FAISS_WINS = {"faiss": 2.0, "bfloat16": 1.0}, {"faiss": 1.0, "bfloat16": 2.0}
LITTLE = 1 << 12  # bytes: many pieces
CUDA = pytest.param(
    Torch(("cuda:0",)),
    marks=[
        pytest.mark.gpu,
        pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
    ],
    id="cuda",
)
EXACT = [
    pytest.param(Flat(), id="flat"),
    pytest.param(Flat(memory=LITTLE), id="flat in pieces"),
    pytest.param(Half(), id="bfloat16"),
    pytest.param(Half(memory=LITTLE), id="bfloat16 in pieces"),
    pytest.param(Torch(("cpu",)), id="torch"),
    pytest.param(Torch(("cpu", "cpu", "cpu"), memory=LITTLE), id="torch, three shards"),
    pytest.param(Auto("cpu"), id="auto"),
    pytest.param(Fast(Flat()), id="fast, but small"),
    CUDA,
]


@pytest.fixture
def hubs(rng):
    """Sources and targets with a common direction, so that some rows are hubs."""
    rows = rng.standard_normal((900, 24)) + 0.4
    return unit(rows[:400].astype(np.float32)), unit(rows[350:].astype(np.float32))


def by_hand(queries, base, penalty, k):
    scores = (queries.astype(float) @ base.astype(float).T - penalty).astype(np.float32)
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(scores, rows, axis=1)


@pytest.mark.parametrize("search", EXACT)
@pytest.mark.parametrize("k", [1, 10, 250])
@pytest.mark.parametrize("penalised", [False, True])
def test_every_exact_search_gives_the_sorted_product(search, hubs, rng, k, penalised):
    x, y = hubs
    penalty = rng.uniform(0.1, 0.6, len(y)).astype(np.float32) if penalised else None
    rows, scores = by_hand(x, y, penalty if penalised else 0, k)

    found = search.index(y, penalty)(x, k)

    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)
    assert found.recall == 1


@pytest.mark.parametrize("search", EXACT)
def test_both_directions_are_the_two_searches(search, hubs):
    x, y = hubs

    there, back = search.both(search.index(x), search.index(y), 7)

    for found, expected in ((there, by_hand(x, y, 0, 7)), (back, by_hand(y, x, 0, 7))):
        np.testing.assert_array_equal(found.rows, expected[0])
        np.testing.assert_array_equal(found.scores, expected[1])


@pytest.mark.parametrize("guess", ["good", "bad", "one row"])
@pytest.mark.parametrize("search", EXACT)
def test_a_guess_changes_nothing(search, hubs, rng, guess):
    x, y = hubs
    there, back = search.both(search.index(x), search.index(y), 7)
    like = {
        "good": (there, back),
        "bad": tuple(replace(n, rows=rng.integers(0, 400, n.rows.shape)) for n in (there, back)),
        "one row": tuple(replace(n, rows=n.rows[:, [0] * 7]) for n in (there, back)),
    }[guess]

    again = search.both(search.index(x), search.index(y), 7, like=like)

    for one, other in zip(again, (there, back), strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
        np.testing.assert_array_equal(one.scores, other.scores)


@pytest.mark.parametrize("search", EXACT)
@pytest.mark.parametrize("guessed", [2, 7])
def test_a_guess_of_other_neighbours_loses_nothing(search, rng, guessed):
    x, y = (unit(rng.standard_normal((n, 6)).astype(np.float32)) for n in (40, 15))
    few = search.both(search.index(x), search.index(y), guessed)

    there, back = search.both(search.index(10 * x), search.index(y), 7, like=few)

    np.testing.assert_array_equal(there.rows, by_hand(10 * x, y, 0, 7)[0])
    np.testing.assert_array_equal(back.rows, by_hand(y, 10 * x, 0, 7)[0])


@pytest.mark.parametrize("search", EXACT)
@pytest.mark.parametrize("noise", [0, 1e-4])
def test_many_equal_or_nearly_equal_rows_are_ranked_right(search, rng, noise):
    base = unit(rng.standard_normal((500, 20)).astype(np.float32))
    base[100:160] = base[7] + noise * rng.standard_normal((60, 20)).astype(np.float32)
    queries = np.concatenate([base, np.zeros((1, 20), np.float32)])
    rows, scores = by_hand(queries, base, 0, 10)

    found = search.index(base)(queries, 10)

    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)


@pytest.mark.parametrize("penalised", [False, True])
def test_a_base_in_pieces_changes_nothing_in_double_precision(rng, monkeypatch, penalised):
    queries, base = (rng.standard_normal((n, 8)).astype(np.float32) for n in (30, 50))
    penalty = rng.random(50).astype(np.float32) if penalised else None
    whole = neighbours.in_double(queries, base, penalty, 5, LITTLE)

    monkeypatch.setattr(neighbours, "PIECE", 9)

    pieces = neighbours.in_double(queries, base, penalty, 5, LITTLE)
    np.testing.assert_array_equal(pieces.rows, whole.rows)
    np.testing.assert_array_equal(pieces.scores, whole.scores)


@pytest.mark.parametrize("search", EXACT)
def test_the_rounding_of_a_product_to_16_bits_is_allowed_for(search):
    base = np.zeros((40, 20), np.float32)  # all numbers are exact in 16 bits, their sums are not
    base[:, 0], base[0, 1], base[30, 1] = 1, 2**-8 * 0.75, 2**-8 * 0.96875
    query = np.zeros((20, 20), np.float32)
    query[:, :2] = 1

    np.testing.assert_array_equal(search.index(base)(query, 1).rows, 30)


@pytest.mark.parametrize("search", EXACT)
def test_no_queries_have_no_neighbours(search, hubs):
    assert search.index(hubs[1])(hubs[0][:0], 4).rows.shape == (0, 4)


@pytest.mark.parametrize("search", EXACT)
@pytest.mark.parametrize("size", [1e-12, 1e5])
def test_a_penalty_of_any_size_counts_in_single_precision(search, hubs, rng, size):
    x, y = hubs
    penalty = size * rng.uniform(1, 2, len(y))
    rows, scores = by_hand(x, y, penalty.astype(np.float32).astype(float), 3)

    found = search.index(y, penalty)(x, 3)

    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)


@pytest.mark.parametrize("search", EXACT)
def test_equal_scores_come_in_order_of_row(search):
    base = np.ones((6, 2), np.float32)

    np.testing.assert_array_equal(search.index(base)(base[:1], 6).rows, [[0, 1, 2, 3, 4, 5]])


@pytest.mark.parametrize("search", EXACT)
def test_scores_below_zero_are_found_as_well(search, rng):
    x = unit(np.abs(rng.standard_normal((50, 4))).astype(np.float32))
    rows, scores = by_hand(x, -x, 0, 3)

    found = search.index(-x)(x, 3)

    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)


@pytest.mark.parametrize("search", EXACT)
def test_a_k_that_cannot_be_is_named(search, hubs):
    with pytest.raises(ValueError, match="between 1 and the 550 vectors .* got 551"):
        search.index(hubs[1])(hubs[0], 551)
    with pytest.raises(ValueError, match="got 0"):
        search.index(hubs[1])(hubs[0], 0)


@pytest.mark.parametrize("search", EXACT)
def test_what_is_read_only_can_be_searched_and_is_left_alone(search, hubs):
    x, y = hubs
    before = x.copy(), y.copy()
    x.flags.writeable = y.flags.writeable = False

    search.both(search.index(x), search.index(y), 3)

    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


@pytest.mark.parametrize("search", [Flat(), Half(), Torch(("cpu",), memory=LITTLE)])
def test_steps_count_up_to_the_end(search, hubs, monkeypatch):
    for module in (flat, half):
        monkeypatch.setattr(module, "BLOCK", 64)
    steps = []

    search.index(hubs[1])(hubs[0], 3, stage="here", on_step=steps.append)

    assert {step.stage for step in steps} == {"here"}
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1] == Step("here", steps[-1].total, steps[-1].total)
    assert len(steps) > 1


@pytest.mark.parametrize("search", [Half(), Torch(("cpu",))])
def test_near_ties_that_16_bits_cannot_tell_apart_are_searched_again(search, rng, caplog):
    x = unit(rng.standard_normal((30, 20)).astype(np.float32))
    y = unit(np.repeat(x, 40, axis=0) + 0.01 * rng.standard_normal((1200, 20)).astype(np.float32))
    rows, scores = by_hand(x, y, 0, 5)

    with caplog.at_level(logging.DEBUG, logger="align"):
        found = search.index(y)(x, 5)

    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)
    assert f"{len(x)} of {len(x)} queries searched again" in caplog.text


@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
def test_the_bound_holds_for_every_product(rng, scale):
    x = (scale * rng.standard_normal((100, 30))).astype(np.float32)
    y = rng.standard_normal((300, 30)).astype(np.float32)
    penalty = rng.uniform(-1, 1, 300).astype(np.float32)
    index = Half().index(y, penalty)

    kept = half._Candidates.empty(100, 11)
    half._sweep(x, index, kept, None, "", lambda step: None)

    exact = x.astype(float) @ y.astype(float).T - penalty
    np.put_along_axis(exact, kept.rows.astype(int), -np.inf, axis=1)
    assert (exact.max(axis=1) <= kept.bound).all()
    size = np.linalg.norm(x, axis=1).max() * np.linalg.norm(y, axis=1).max() + 1
    assert (kept.bound - exact.max(axis=1) < 0.03 * size).mean() > 0.9  # and it says something


@pytest.mark.parametrize("candidates", range(1, 9))
def test_chosen_products_are_those_of_the_vectors_and_gaps_score_nothing(rng, candidates):
    x, y = rng.standard_normal((2, 50, 13)).astype(np.float32)
    rows = rng.integers(-1, 50, (50, candidates)).astype(np.int32)

    products = half._products(x, y, rows)

    expected = np.einsum("qd,qcd->qc", x.astype(float), y[rows].astype(float))
    assert (rows < 0).any()
    np.testing.assert_allclose(products, np.where(rows < 0, -np.inf, expected), rtol=1e-12)


def test_fast_search_reports_the_recall_it_measured(hubs, monkeypatch):
    x, y = hubs
    monkeypatch.setattr(fast, "SMALL", 0)
    true = by_hand(x, y, 0, 5)[0]

    found = Fast(Flat(), recall=0.9).index(y)(x, 5)

    measured = (
        np.mean([len(np.intersect1d(*two)) for two in zip(found.rows, true, strict=True)]) / 5
    )
    assert found.recall == pytest.approx(measured)  # 400 queries: all are the sample
    assert 0.9 <= found.recall <= 1


@pytest.mark.parametrize("penalised", [False, True])
def test_fast_search_of_many_rows_looks_at_some_cells(hubs, rng, monkeypatch, penalised):
    x, y = hubs
    monkeypatch.setattr(fast, "SMALL", 0)
    monkeypatch.setattr(fast, "MANY", 100)
    penalty = rng.uniform(0, 0.5, len(y)).astype(np.float32) if penalised else None

    found = Fast(Flat(), recall=0.2).index(y, penalty)(x, 5)

    assert 0.2 <= found.recall < 1
    assert found.rows.min() >= 0
    cosines = np.einsum("qd,qkd->qk", x, y[found.rows]) - (penalty[found.rows] if penalised else 0)
    np.testing.assert_allclose(found.scores, cosines, atol=1e-6)


def test_fast_search_falls_back_to_exact_and_says_so(hubs, monkeypatch, caplog):
    x, y = hubs
    monkeypatch.setattr(fast, "SMALL", 0)
    monkeypatch.setattr(fast, "EFFORTS", (1,))

    found = Fast(Flat(), recall=1.0).index(y)(x, 5)

    np.testing.assert_array_equal(found.rows, by_hand(x, y, 0, 5)[0])
    assert found.recall == 1
    assert "asked was 1.0000: exact search" in caplog.text
    with pytest.raises(ValueError, match=r"at most 1, got 1\.5"):
        Fast(Flat(), recall=1.5)


def test_the_search_in_use_is_that_of_the_block(hubs):
    class Counting(Flat):
        calls = 0

        def both(self, *args, **kwargs):
            Counting.calls += 1
            return super().both(*args, **kwargs)

    with using(Counting()):
        Space.of(*hubs, 3)
    Space.of(*hubs, 3)

    assert Counting.calls == 1
    assert current().name == "exact"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(trial, "TRIAL", (64, 256, 8))
    return tmp_path / "cache" / "search.json"


def test_the_trial_is_kept_and_used_again(cache, monkeypatch):
    found = candidates((), memory.LOW)
    assert list(found) == ["faiss", "bfloat16"]

    seconds = trial.seconds_of(found)
    monkeypatch.setattr(trial, "_seconds", None)  # would fail if it were called

    assert trial.seconds_of(found) == seconds == next(iter(json.loads(cache.read_text()).values()))


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', "null", "[" * 9999])
def test_a_damaged_trial_is_made_again(cache, content):
    cache.parent.mkdir()
    cache.write_text(content)

    assert set(trial.seconds_of(candidates((), memory.LOW))) == {"faiss", "bfloat16"}
    assert len(json.loads(cache.read_text())) == 1


def test_a_trial_of_other_settings_is_kept_beside(cache, monkeypatch):
    found = candidates((), memory.LOW)
    trial.seconds_of(found)
    (key,) = json.loads(cache.read_text())
    monkeypatch.setenv("OMP_NUM_THREADS", "77")

    trial.seconds_of(found)

    kept = json.loads(cache.read_text())
    assert len(kept) == 2
    assert key in kept


def test_a_base_is_made_ready_once_for_many_searches(hubs, monkeypatch):
    made = []

    class Counting(Flat):
        def index(self, base, penalty=None):
            made.append(len(base))
            return super().index(base, penalty)

    x, y = hubs
    auto = Auto("cpu")
    monkeypatch.setitem(vars(auto), "small", Counting())
    target = auto.index(y)
    for _ in range(3):
        auto.both(auto.index(x), target, 3)
        target(x, 3)

    assert made.count(len(y)) == 1


def test_the_fastest_of_the_trial_searches_what_is_large(cache, monkeypatch):
    monkeypatch.setattr(
        "align.retrieve.choice.seconds_of", lambda found: {"faiss": 2, "bfloat16": 1}
    )
    auto = choose("cpu")

    assert isinstance(auto.large, Half)
    assert auto.reason == "bfloat16 on the CPU; trial: faiss 2000 ms, bfloat16 1000 ms"
    assert choose("cpu", "fast").least == fast.MANY
    monkeypatch.setattr(
        "align.retrieve.choice.seconds_of", lambda found: {"faiss": 1, "bfloat16": 2}
    )
    assert choose("cpu", "fast").least == 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_gpu_is_an_error_only_where_it_is_asked_for():
    with pytest.raises(ValueError, match="no CUDA device .* use --device cpu"):
        choose("cuda")
    with pytest.raises(ValueError, match="one of auto, cpu, cuda, got 'tpu'"):
        choose("tpu")
    assert choose("auto").of(np.ones((2, 2)), np.ones((2, 2))).name == "faiss"


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GB", 4 << 30), ("512M", 512 << 20), ("1.5 GiB", 3 << 29), ("99999999", 99_999_999)],
)
def test_a_budget_is_read(text, size):
    assert memory.parse(text) == size


@pytest.mark.parametrize("text", ["", "4 apples", "-1GB", "1MB", "GB"])
def test_a_budget_that_is_none_is_named(text):
    with pytest.raises(ValueError, match=f"'{text}' is no size of at least 64MB"):
        memory.parse(text)


def test_the_default_budget_is_within_its_bounds():
    assert memory.LOW <= memory.default() <= memory.HIGH


def test_many_small_searches_are_as_good_as_a_large_one(hubs, monkeypatch):
    x, y = hubs
    each = len(x) * y.size
    monkeypatch.setattr("align.retrieve.choice.TINY", each)
    monkeypatch.setattr("align.retrieve.choice.SMALL", 3 * each)
    auto = Auto("cpu")
    monkeypatch.setitem(vars(auto), "large", Half())

    used = [auto.of(x, y) for _ in range(4)]

    assert used == [auto.small, auto.small, auto.large, auto.large]
    assert auto.of(x[:1], y) is auto.small
