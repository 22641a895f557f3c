"""Solvers that were killed go on where they were, and end as if they had not been."""

import pytest
from numpy.testing import assert_array_equal

from align import RCSLS, Contrastive, Multistep, Refinement, SelfLearning
from align.retrieve import current, using
from align.retrieve.fast import Fast
from align.solvers import RandomStart, kept
from align.solvers.kept import keeping, solved

LEARNER = SelfLearning(patience=3, k=3, max_rounds=40)
SOLVERS = {
    "self-learning": LEARNER,
    "self-learning, maps of both sides": SelfLearning(
        patience=3, k=3, max_rounds=40, solver=Multistep(), keep_seeds=True
    ),
    "refinement": Refinement(k=3, rounds=30, start=RandomStart(seed=1)),
    "refinement with seeds": Refinement(
        k=3, rounds=30, start=RandomStart(seed=1), solver=Multistep(), keep_seeds=True
    ),
    "RCSLS": RCSLS(k=3, iterations=30, rate=8),
    "contrastive": Contrastive(k=3, negatives=4, steps=8, rounds=4, refresh=1),
    "contrastive on what was found": Contrastive(
        k=3, negatives=4, steps=8, rounds=4, refresh=1, seeds_only=False
    ),
}


class Killed(Exception):
    pass


def killed_in(solver, round_):
    """A callback that stops a solver after some round."""

    def on_step(step):
        if (step.stage.lower(), step.done) == (solver.name, round_):
            raise Killed

    return on_step


def went_on(solver, problem, folder):
    """Return the solution of a run that goes on from a folder, and its own first step."""
    steps = []
    with keeping(problem, folder):
        solution = solver(problem, on_step=steps.append)
    return solution, next(step.done for step in steps if step.stage.lower() == solver.name)


EARLY, LATE = ([1], [3], [2, 3, 4]), ([1], [7], [2, 9, 20])  # refinement has few rounds


@pytest.mark.parametrize("turn", range(3))
@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_a_solver_goes_on_where_it_was_killed(noisy, tmp_path, monkeypatch, solver, turn):
    monkeypatch.setattr(kept, "EVERY", 0)
    killed = (EARLY if isinstance(solver, Refinement) else LATE)[turn]
    whole = solver(noisy)
    for round_ in killed:
        with keeping(noisy, tmp_path), pytest.raises(Killed):
            solver(noisy, on_step=killed_in(solver, round_))

    resumed, first = went_on(solver, noisy, tmp_path)

    assert first == killed[-1] + 1
    assert_array_equal(resumed.map.w, whole.map.w)
    assert_array_equal(resumed.pairs, whole.pairs)
    assert resumed.losses == whole.losses
    assert resumed.stopped == whole.stopped


def test_when_the_state_is_kept_changes_nothing(noisy, tmp_path, monkeypatch):
    clock = iter(range(0, 10_000, 4))
    whole = LEARNER(noisy)
    monkeypatch.setattr(kept.time, "monotonic", lambda: next(clock))  # every third round
    with keeping(noisy, tmp_path), pytest.raises(Killed):
        LEARNER(noisy, on_step=killed_in(LEARNER, 8))

    resumed, first = went_on(LEARNER, noisy, tmp_path)

    assert first == 7
    assert_array_equal(resumed.map.w, whole.map.w)


def test_another_search_or_version_solves_anew(noisy, tmp_path, monkeypatch):
    solver, names = Multistep(), set()

    def solve():
        with keeping(noisy, tmp_path):
            solved(solver, noisy)
        names.update(path.name for path in tmp_path.iterdir())
        return len(names)

    assert solve() == solve() == 1
    with using(Fast(current())):
        assert solve() == 2
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.0.0")
    assert solve() == 3


def test_what_is_over_in_a_moment_keeps_no_state(noisy, tmp_path):
    with keeping(noisy, tmp_path):
        LEARNER(noisy)

    assert not list(tmp_path.glob("*.state.*"))
