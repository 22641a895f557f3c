from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from conftest import rotation

import align
from align import Best, Problem, Procrustes
from align.presets import FREQUENT, PLENTY, candidates
from align.selection import rarest_first
from align.solvers import Alike
from align.solvers.alike import joined
from align.solvers.kept import keeping, solved
from align.steps import silent
from dictionaries import Lexicon
from embeddings import Embeddings


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Procrustes that writes down its problems."""

    name: ClassVar[str] = "seen"
    problems: ClassVar[list] = []

    def __call__(self, problem, *, on_step=silent):
        self.problems.append(problem)
        return Procrustes()(problem)


@pytest.fixture
def problems():
    Seen.problems.clear()
    return Seen.problems


@pytest.fixture
def told(noisy):
    """The first 10 seeds of a problem, which tells of 6 words spelled alike, two of them known."""
    alike = [[40, 40], [3, 50], [41, 41], [51, 4], [42, 43], [44, 44]]
    return replace(noisy, pairs=noisy.pairs[:10], alike=alike)


def test_words_spelled_alike_join_the_seeds_where_neither_is_known(told):
    both = joined(told)

    np.testing.assert_array_equal(both[:10], told.pairs)
    np.testing.assert_array_equal(both[10:], [[40, 40], [41, 41], [42, 43], [44, 44]])


def test_another_solver_solves_on_seeds_and_on_words_spelled_alike(told, problems):
    solution = Alike(solver=Seen())(told)

    (problem,) = problems
    np.testing.assert_array_equal(problem.pairs, joined(told))
    assert not len(problem.alike)
    by_hand = Procrustes()(Problem(told.x, told.y, joined(told)))
    np.testing.assert_array_equal(solution.map.w, by_hand.map.w)


def test_without_words_spelled_alike_it_is_the_other_solver(noisy):
    np.testing.assert_array_equal(
        Alike(solver=Procrustes())(noisy).map.w, Procrustes()(noisy).map.w
    )


def test_words_spelled_alike_help_where_seeds_are_few(rng):
    x, w = rng.standard_normal((500, 20)), rotation(rng, 20)
    y = x @ w + 0.3 * rng.standard_normal((500, 20))
    false = np.column_stack([np.arange(100, 120), np.arange(200, 220)])  # every fifth
    alike = np.concatenate([np.column_stack([np.arange(20, 100)] * 2), false])
    problem = Problem(x, y, np.column_stack([np.arange(10)] * 2), alike)

    def error(solver):
        return np.linalg.norm(solver(problem).map.w - w)

    assert error(Alike(solver=Procrustes())) < error(Procrustes()) / 2


def test_rows_spelled_alike_that_do_not_exist_are_named(noisy):
    with pytest.raises(
        ValueError, match=r"alike name rows \[3 3\] to \[60  3\].* 60 source and 60"
    ):
        Problem(noisy.x, noisy.y, noisy.pairs, [[60, 3], [3, 3]])


def test_what_was_kept_for_other_words_spelled_alike_is_not_taken(told, tmp_path, problems):
    for problem in (told, replace(told, alike=told.alike[:2]), told):
        with keeping(problem, tmp_path):
            solved(Seen(), problem)

    assert len(problems) == 2


def names(problem, **settings):
    best = Best(k=3, **settings)
    return [trial.name for trial in best(problem).trials]


def test_words_spelled_alike_are_tried(told):
    assert names(told) == [name for name, _ in candidates(10, alike=True)]
    assert "alike, grown, weighed" in names(told)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda told: (told, {"alike": False}), id="not wanted"),
        pytest.param(lambda told: (replace(told, alike=[]), {}), id="there are none"),
        pytest.param(lambda told: (replace(told, alike=told.pairs), {}), id="all are seeds"),
    ],
)
def test_they_are_not_tried_where_they_add_nothing(told, change):
    problem, settings = change(told)

    assert names(problem, **settings) == [name for name, _ in candidates(10)]


@pytest.mark.parametrize("words", [PLENTY - 1, PLENTY])
def test_words_spelled_alike_join_the_start_alone(words):
    found = dict(candidates(words, alike=True))

    last = found["alike, grown, weighed"]
    growing = last.start
    assert growing.start == Alike(solver=found["grown, weighed"].start.start)
    assert replace(last, start=None) == replace(found["grown, weighed"], start=None)
    assert found["alike, grown, weighed, kernel"].start == last


def test_trials_see_the_words_spelled_alike_of_held_out_words_too(told, problems):
    alike = np.concatenate([told.alike, [[9, 9]]])

    Best(candidates=(("seen", Seen()),), k=3)(replace(told, alike=alike))

    assert len(problems) == 1 + len(list(rarest_first(np.arange(10), 5, 5)))
    for problem in problems:
        np.testing.assert_array_equal(problem.alike, alike)


def test_a_supervised_run_tells_its_solver_of_frequent_words_spelled_alike(
    monkeypatch, rng, problems
):
    monkeypatch.setattr("align.pipeline.FREQUENT", 30)
    assert FREQUENT > 30
    words = [f"s{i}" for i in range(40)]
    there = [f"t{i}" for i in range(40)]
    for source, target in ((3, 5), (29, 29), (30, 6), (7, 30), (0, 0)):
        there[target] = words[source]
    x, y = rng.standard_normal((2, 40, 8))
    lexicon = Lexicon(tuple((f"s{i}", f"t{i}") for i in range(10, 25)))

    align.supervised(Embeddings(words, x), Embeddings(there, y), lexicon, solver=Seen(), k=3)

    np.testing.assert_array_equal(problems[0].alike, [[0, 0], [3, 5], [29, 29]])


def test_an_unsupervised_run_has_them_for_pairs_alone(rng, problems):
    words = [f"w{i}" for i in range(40)]
    x, y = rng.standard_normal((2, 40, 8))

    align.unsupervised(Embeddings(words, x), Embeddings(words, y), solver=Seen(), k=3)

    assert len(problems[0].pairs) == 40
    assert not len(problems[0].alike)
