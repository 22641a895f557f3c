"""`align refine` and `align.refine`."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import align
import dictionaries
from align import KernelMap, KernelResidual, LinearMap, Multistep, Procrustes, Refinement
from align.normalize import unit


def test_a_plain_run_is_refined_as_if_it_had_been_so_from_the_start(world):
    source, target, pairs = world
    few = dictionaries.Lexicon(pairs.pairs[:12])
    run = align.supervised(source, target, few, solver=Procrustes(), k=3)

    refined = align.refine(run, rounds=3, max_rank=0)

    at_once = align.supervised(
        source, target, few, solver=Refinement(rounds=3, max_rank=0, k=3), k=3
    )
    assert_allclose(refined.space.x, at_once.space.x, atol=1e-5)
    assert_allclose(refined.alignment.map.w, at_once.alignment.map.w, atol=1e-5)
    assert refined.record.fitted_pairs == at_once.record.fitted_pairs
    assert refined.record.solver["start"] == run.record.solver


@pytest.mark.parametrize("solver", [Procrustes(), Multistep(), KernelResidual()])
def test_new_vectors_go_where_the_refined_run_has_its_own(world, tmp_path, solver):
    source, target, pairs = world
    run = align.supervised(source, target, pairs, solver=solver, k=3)

    refined = align.refine(run, rounds=2, max_rank=20)
    align.save(refined, tmp_path / "run")
    again = align.load(tmp_path / "run")

    assert_allclose(unit(again.map(source.vectors)), refined.space.x, atol=1e-5)
    assert_allclose(unit(again.map_target(target.vectors)), refined.space.y, atol=1e-5)
    assert again.record == refined.record


def test_only_a_rotation_can_follow_a_kernel_map(rng):
    anchors = unit(rng.standard_normal((5, 3)))
    map_ = KernelMap(LinearMap(np.eye(3)), anchors, rng.standard_normal((5, 3)), 0.5)

    with pytest.raises(ValueError, match="only an orthogonal map"):
        map_.then(LinearMap(2 * np.eye(3)))


def test_the_command_keeps_a_new_run_and_leaves_the_old_one(cli, made):
    before = {path.name: path.read_bytes() for path in Path(made).iterdir()}

    result = cli("refine", made, "--rounds", 2, "--test", "test.txt", "--json")

    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["solver"]["name"] == "refinement"
    assert record["solver"]["start"]["name"] == "procrustes"
    assert record["evaluation"]["scores"][1]["measures"][0]["total"] == 20
    assert {path.name: path.read_bytes() for path in Path(made).iterdir()} == before
    assert cli("translate", f"{made}-refined", "s0").stdout.split()[1] == "t0"


@pytest.mark.parametrize("method", ["best", "vecmap"])
def test_refine_after_a_method_goes_on_from_its_joint_space(cli, files, method):
    args = [*files, "--method", method, "-k", 3]
    assert cli(*args, "-o", "run").exit_code == 0
    assert cli("refine", "run", "--rounds", 2, "--max-rank", 30, "-o", "later").exit_code == 0

    result = cli(*args, "--refine", 2, "--max-rank", 30, "-o", "at-once")

    assert result.exit_code == 0, result.output
    later, at_once = (align.load(folder) for folder in ("later", "at-once"))
    assert_allclose(at_once.space.x, later.space.x, atol=1e-6)
    assert at_once.record.solver == later.record.solver
    assert at_once.record.evaluation == later.record.evaluation
    assert at_once.record.trials == later.record.trials
    assert bool(at_once.record.trials) == (method == "best")
    assert not Path(".at-once.steps").exists()


@pytest.mark.parametrize("named", [".", "../run", "../run/../run"])
def test_a_run_is_refined_beside_itself(cli, made, monkeypatch, named):
    monkeypatch.chdir("run")

    result = cli("refine", named, "--rounds", 1)

    assert result.exit_code == 0, result.output
    assert Path("../run-refined/run.json").exists()


def test_a_command_that_is_given_wrongly_loses_no_steps(cli, files, monkeypatch):
    args = [arg for arg in files if arg not in ("--method", "procrustes")]
    with monkeypatch.context() as patched:
        patched.setattr("align.pipeline._space", _stop)
        assert cli(*args, "-o", "run").exit_code == 130
    kept = sorted(Path(".run.steps").iterdir())

    result = cli(*args, "-o", "run", "-k", 1000)

    assert result.exit_code == 1
    assert "got 1000" in result.stderr
    assert sorted(Path(".run.steps").iterdir()) == kept


def test_an_error_leaves_no_steps_of_its_own(cli, files, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("no")

    monkeypatch.setattr("align.pipeline._space", fail)

    assert cli(*files[:-6], "--train", "train.txt", "--method", "vecmap", "-o", "run").exit_code
    assert not Path(".run.steps").exists()


def test_a_seed_below_zero_is_refused_before_the_work(cli, files):
    result = cli(*files, "--seed", -1)

    assert result.exit_code == 2
    assert "-1 is not in the range x>=0" in result.stderr


def test_the_command_does_not_overwrite_a_run(cli, made):
    assert cli("refine", made, "--rounds", 1).exit_code == 0

    again = cli("refine", made, "--rounds", 1)

    assert again.exit_code == 1
    assert "--force" in again.stderr


def test_a_stopped_command_goes_on_from_what_was_solved(cli, files, monkeypatch):
    args = [arg for arg in files if arg not in ("--method", "procrustes")]
    with monkeypatch.context() as patched:
        patched.setattr("align.pipeline._space", _stop)
        assert cli(*args, "-o", "run").exit_code == 130
    kept = {path: path.stat().st_mtime_ns for path in Path(".run.steps").iterdir()}
    solved = []
    monkeypatch.setattr(Multistep, "__call__", lambda *args, **kwargs: solved.append(args))

    result = cli(*args, "-o", "run")

    assert kept
    assert not solved
    assert result.exit_code == 0, result.output
    assert not Path(".run.steps").exists()


def _stop(*args, **kwargs):
    raise KeyboardInterrupt


def test_both_sides_must_be_in_one_space():
    problem = align.Problem(np.eye(3), np.ones((3, 2)), [[0, 0]])

    with pytest.raises(ValueError, match="not in one space.*3 and 2 dimensions"):
        align.solvers.Identity()(problem)
