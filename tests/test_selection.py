import logging
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from conftest import rotation

import align
from align import Best, KernelResidual, Multistep, Problem, Procrustes, SelfLearning, Solution
from align.maps import LinearMap
from align.normalize import unit
from align.presets import PLENTY, PRESETS, candidates
from align.retrieve import Space
from align.selection import translated
from align.solvers import Identity
from align.solvers.kept import keeping, solved
from align.steps import silent
from dictionaries import Lexicon


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """Maps everything to where nothing is."""

    name: ClassVar[str] = "wrong"

    def __call__(self, problem, *, on_step=silent):
        w = np.random.default_rng(1).standard_normal((problem.x.shape[1], problem.y.shape[1]))
        return Solution(LinearMap(w), problem.pairs, (), converged=True)


@dataclass(frozen=True, kw_only=True)
class Counting:
    """Procrustes that writes down the seeds it is given."""

    name: ClassVar[str] = "counting"
    calls: ClassVar[list] = []

    def __call__(self, problem, *, on_step=silent):
        self.calls.append(problem.pairs)
        return Procrustes()(problem)


@dataclass(frozen=True, kw_only=True)
class Failing:
    name: ClassVar[str] = "failing"

    def __call__(self, problem, *, on_step=silent):
        raise ValueError("nothing can be solved")


@pytest.fixture
def calls():
    Counting.calls.clear()
    return Counting.calls


def test_the_better_candidate_is_chosen_and_solves_on_all_seeds(noisy):
    best = Best(candidates=(("bad", Wrong()), ("good", Procrustes())), k=3)

    solution = best(noisy)

    assert solution.chosen == "good"
    assert [trial.name for trial in solution.trials] == ["bad", "good"]
    assert solution.trials[0].hits < solution.trials[1].hits <= solution.trials[1].asked == 18
    np.testing.assert_array_equal(solution.map.w, Procrustes()(noisy).map.w)


def test_of_equals_the_first_is_chosen(noisy):
    best = Best(candidates=(("one", Procrustes()), ("two", Procrustes())), k=3)

    assert best(noisy).chosen == "one"


def test_the_strongest_candidate_is_chosen_where_none_is_right(noisy, monkeypatch):
    told = replace(noisy, alike=np.column_stack([np.arange(40, 50)] * 2))
    monkeypatch.setattr(Best, "right", lambda *_: 0)

    solution = Best(k=3)(told)

    assert solution.chosen == "alike, grown, weighed"
    assert {trial.hits for trial in solution.trials} == {0}


def test_held_out_words_are_translated_among_frequent_words_and_those_of_the_seeds(noisy):
    held_out = np.isin(noisy.pairs[:, 0], [5, 6, 7, 8, 9, 29])
    fit, asked = replace(noisy, pairs=noisy.pairs[~held_out]), noisy.pairs[held_out]
    kept = [np.union1d(np.arange(12), rows) for rows in noisy.pairs.T]
    assert all(12 < len(rows) < len(noisy.x) for rows in kept)
    mapped = Procrustes()(fit).mapped(Problem(noisy.x[kept[0]], noisy.y[kept[1]], []))
    nearest = Space.of(*mapped, 3).nearest(np.searchsorted(kept[0], asked[:, 0]), 1).rows[:, 0]

    right = translated(Procrustes(), fit, asked, k=3, among=12)

    np.testing.assert_array_equal(right, kept[1][nearest] == asked[:, 1])
    everywhere = translated(Procrustes(), fit, asked, k=3)
    for many in (0, len(noisy.x), 10**9):
        got = translated(Procrustes(), fit, asked, k=3, among=many)
        np.testing.assert_array_equal(got, everywhere)


@pytest.mark.parametrize(("nearest", "found"), [(4, True), (3, False)])
def test_held_out_words_are_translated_among_their_nearest_targets(monkeypatch, nearest, found):
    def at(degrees):
        angles = np.deg2rad(degrees)
        return np.column_stack([np.cos(angles), np.sin(angles)])

    asked = [[0, 3]]  # three hubs are nearer
    fit = Problem(at([0, -12, -13, -14, 180]), at([-10, -11, -12, 20]), [])
    monkeypatch.setattr("align.selection.NEAREST", nearest)

    assert translated(Identity(), fit, np.array(asked), k=3).tolist() == [found]


@pytest.mark.parametrize(
    ("seeds", "wrong", "tried"), [(100, 0.3, True), (100, 0, False), (19, 0.3, False)]
)
def test_the_best_candidate_is_tried_without_doubtful_seeds(monkeypatch, rng, seeds, wrong, tried):
    monkeypatch.setattr("align.solvers.audit.FEW", 10)
    x, w = rng.standard_normal((300, 20)), rotation(rng, 20)
    targets = np.arange(seeds)
    mixed = targets[: int(wrong * seeds)]
    targets[: len(mixed)] = np.roll(mixed, 1)
    problem = Problem(x, x @ w, np.column_stack([np.arange(seeds), targets]))
    steps = []

    solution = Best(candidates=(("bad", Wrong()), ("good", Procrustes())), k=3)(
        problem, on_step=steps.append
    )

    assert [trial.name for trial in solution.trials][2:] == ["good, audited"] * tried
    told = [step.told for step in steps if step.stage == "candidates"]
    assert [one.split(":")[0] for one in told] == [trial.name for trial in solution.trials]
    if tried:
        assert solution.chosen == "good, audited"
        np.testing.assert_allclose(solution.map.w, w, atol=1e-6)


def test_no_held_out_word_is_among_the_seeds_of_its_own_trial(noisy, calls):
    many = np.concatenate([noisy.pairs, noisy.pairs[:10] + [0, 7]])  # second translations
    problem = Problem(noisy.x, noisy.y, many)

    Best(candidates=(("all", Counting()),), folds=5, k=3)(problem)

    *trials, last = calls
    seen = [set(range(30)) - set(pairs[:, 0]) for pairs in trials]
    assert [len(words) for words in seen] == [6] * 3  # until half of all are asked
    assert set.union(*seen) == set(range(12, 30))
    assert len(last) == len(many)


def test_the_rarest_words_are_held_out_and_no_more_than_are_enough(noisy, calls):
    Best(candidates=(("all", Counting()),), folds=5, enough=6, k=3)(noisy)

    assert len(calls) == 2
    assert set(range(30)) - set(calls[0][:, 0]) == set(range(24, 30))


def test_what_candidates_share_is_solved_once(noisy, calls):
    chain = tuple((f"k{w}", KernelResidual(start=Counting(), width=w)) for w in (0.5, 1.0))

    Best(candidates=chain, folds=5, enough=6, k=3)(noisy)

    assert len(calls) == 2  # on the rest of the seeds, and on all


def test_a_candidate_that_cannot_solve_is_out_and_says_why(noisy):
    best = Best(candidates=(("fails", Failing()), ("bad", Wrong())), k=3)

    solution = best(noisy)

    assert solution.chosen == "bad"
    assert solution.trials[0].failure == "nothing can be solved"


def test_where_no_candidate_can_solve_the_reason_is_told(noisy):
    with pytest.raises(ValueError, match="no candidate could solve.*nothing can be solved"):
        Best(candidates=(("fails", Failing()),), k=3)(noisy)


def test_progress_tells_what_each_candidate_scored_or_why_it_did_not(noisy):
    steps = []

    Best(candidates=(("fails", Failing()), ("good", Procrustes())), k=3)(
        noisy, on_step=steps.append
    )

    fails, good = (step.told for step in steps if step.stage == "candidates")
    assert fails == "fails: nothing can be solved"
    assert good.startswith("good: ")
    assert good.endswith(" of 18")


def test_fewer_words_than_folds_are_named(noisy):
    with pytest.raises(ValueError, match="at least 5 source words, got 3"):
        Best(k=3)(Problem(noisy.x, noisy.y, noisy.pairs[:3]))


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"enough": 0}, {"k": 0}, {"among": -1}])
def test_hyperparameters_out_of_range_are_named(wrong):
    with pytest.raises(
        ValueError, match=r"need folds >= 2, enough >= 1, k >= 1 and among >= 0, got"
    ):
        Best(**wrong)


def test_the_test_dictionary_takes_no_part(world, rng):
    source, target, pairs = world
    train, test = pairs.split(0.7)
    answers = rng.permutation([target for _, target in test.pairs])
    mixed = Lexicon(tuple(zip(test.sources, answers, strict=True)))
    solver = Best(candidates=(("one", Procrustes()), ("two", Multistep())), k=3)

    one, other = (
        align.supervised(source, target, train, solver=solver, k=3, test=labels)
        for labels in (test, mixed)
    )

    assert one.record.evaluation != other.record.evaluation
    assert one.record.trials == other.record.trials
    assert one.record.chosen == other.record.chosen
    np.testing.assert_array_equal(one.source.vectors, other.source.vectors)
    np.testing.assert_array_equal(one.target.vectors, other.target.vectors)


def test_candidates_learn_for_themselves_only_where_seeds_are_few():
    def learns(solver):
        return isinstance(solver, SelfLearning) or learns_from(solver)

    def learns_from(solver):
        return hasattr(solver, "start") and learns(solver.start)

    assert any(learns(solver) for _, solver in candidates(100))
    assert not any(learns(solver) for _, solver in candidates(PLENTY))


@pytest.mark.parametrize("words", [PLENTY - 1, PLENTY])
def test_the_candidates_learn_both_directions_at_once(words, noisy):
    noisy = replace(noisy, alike=np.column_stack([np.arange(40, 50)] * 2))
    back = Problem(noisy.y, noisy.x, noisy.pairs[:, ::-1], noisy.alike)

    both = dict(candidates(words, alike=True))
    del both["procrustes"]

    for name, solver in both.items():
        x, y = map(unit, solver(noisy).mapped(noisy))
        y_back, x_back = map(unit, solver(back).mapped(back))

        np.testing.assert_allclose(x_back @ y_back.T, x @ y.T, atol=1e-9, err_msg=name)


def test_names_of_candidates_are_distinct():
    names = [name for name, _ in candidates(100, alike=True)]

    assert len(set(names)) == len(names)


def test_presets_can_be_described_and_compared():
    for solver in PRESETS.values():
        assert align.solvers.solution.describe(solver)["name"] == solver.name
        assert solver == type(solver)(**vars(solver))


def test_a_solution_is_kept_on_disk_and_found_again(noisy, tmp_path, calls):
    chain = KernelResidual(start=Counting())
    with keeping(noisy, tmp_path):
        first = solved(chain, noisy)

    with keeping(noisy, str(tmp_path)):
        again = solved(chain, noisy)

    assert len(calls) == 1
    np.testing.assert_equal(again.map.tensors, first.map.tensors)
    np.testing.assert_equal(again.target.tensors, first.target.tensors)
    np.testing.assert_array_equal(again.pairs, first.pairs)
    assert again.losses == first.losses


def test_what_was_kept_of_other_vectors_or_seeds_is_not_taken(noisy, tmp_path, calls):
    others = [
        Problem(noisy.x + np.float64(1e-9), noisy.y, noisy.pairs),
        Problem(noisy.x, noisy.y, noisy.pairs[1:]),
    ]
    for problem in (noisy, *others):
        with keeping(problem, tmp_path):
            solved(Counting(), problem)

    assert len(calls) == 3


def test_a_damaged_step_is_solved_again(noisy, tmp_path, calls, caplog):
    with keeping(noisy, tmp_path):
        solved(Counting(), noisy)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-9])

    with caplog.at_level(logging.WARNING), keeping(noisy, tmp_path):
        solved(Counting(), noisy)

    assert len(calls) == 2
    assert str(path) in caplog.text


def test_a_run_that_was_killed_goes_on_with_what_was_solved(noisy, tmp_path, calls):
    class Killed(BaseException):
        pass

    def kill(step):
        if step.stage == "candidates":
            raise Killed

    best = Best(candidates=(("one", Counting()), ("two", Multistep())), folds=5, k=3)
    with pytest.raises(Killed), keeping(noisy, tmp_path):
        best(noisy, on_step=kill)

    with keeping(noisy, tmp_path):
        resumed = best(noisy)

    assert len(calls) == 3 + (resumed.chosen == "one")
    np.testing.assert_array_equal(resumed.map.w, best(noisy).map.w)


def test_a_disk_that_is_full_costs_no_run(noisy, tmp_path, calls, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    with caplog.at_level(logging.WARNING), keeping(noisy, blocked / "steps"):
        solution = solved(Counting(), noisy)

    np.testing.assert_array_equal(solution.map.w, Procrustes()(noisy).map.w)
    assert "cannot be kept" in caplog.text
