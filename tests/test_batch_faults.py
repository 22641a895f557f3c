"""What a batch loses when something dies: nothing that was finished."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import polars
import pytest
from batches import (
    PLAN,
    SLOW,
    align,
    assert_none_ran_twice,
    dask,
    journal,
    kill,
    until,
    worker_of_first,
)

from align.batch import load_results

pytest.importorskip("distributed", reason="a batch needs Dask")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
RUNS = 8
MADE, SLOW_MADE = 4, 6  # vecmap and procrustes draw nothing: one run for both seeds


@pytest.fixture
def started(languages):
    """Start processes that end with the test, whatever happens."""
    with ExitStack() as stack:

        def start(process):
            stack.callback(lambda: suppress_kill(process))
            return process

        yield start


def suppress_kill(process):
    with suppress(ProcessLookupError, PermissionError):
        kill(process)
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


@pytest.fixture
def cluster(started):
    """A scheduler and two workers, started by hand."""

    def start(port=0):
        Path("scheduler.json").unlink(missing_ok=True)
        options = ("--no-dashboard", "--host", "127.0.0.1", "--port", port)
        scheduler = started(dask("scheduler", *options, "--scheduler-file", "scheduler.json"))
        until(Path("scheduler.json").is_file)
        workers = [
            started(dask("worker", "--scheduler-file", "scheduler.json", *WORKER)) for _ in "ab"
        ]
        return scheduler, workers

    return start


WORKER = ("--nthreads", "1", "--no-dashboard", "--death-timeout", "10")


def slow_plan():
    Path("plan.toml").write_text(PLAN.split("[methods")[0] + SLOW + "[methods.vecmap]\n")


def finish(*args):
    """Run the command to its end."""
    process = align("plan.toml", "-o", "out", *args)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said


def assert_complete(runs=RUNS):
    results = load_results(Path("out"))
    assert len(results.finished) == runs
    scored = polars.read_parquet("out/results.parquet").drop_nulls("value")
    assert {*scored["key"]} == {result.key for _, result in results.finished}
    assert_none_ran_twice("out")


def test_a_local_batch_is_made_whole_and_then_not_again(started):
    finish("--workers", 2)
    said = finish()

    assert_complete()
    assert "8 of 8 runs are finished" in said
    assert len(journal("out", "started")) == MADE


def test_a_cluster_started_by_hand_gives_byte_identical_scores(started, cluster):
    finish("--workers", 2)
    here = polars.read_parquet("out/results.parquet")
    shutil.move("out", "before")
    cluster()

    finish("--scheduler", "scheduler.json")

    assert_complete()
    there = polars.read_parquet("out/results.parquet")
    made = ("seconds", "memory")
    assert there.drop(made).equals(here.drop(made))


def test_the_run_of_a_killed_worker_is_made_elsewhere(started, cluster):
    slow_plan()
    cluster()
    process = started(align("plan.toml", "-o", "out", "--scheduler", "scheduler.json"))
    until(lambda: journal("out", "started"))

    os.kill(worker_of_first("out"), signal.SIGKILL)

    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert_complete()
    assert len(journal("out", "started")) > SLOW_MADE


def test_a_client_that_was_killed_goes_on(started):
    slow_plan()
    process = started(align("plan.toml", "-o", "out", "--workers", 1))
    until(lambda: journal("out", "finished"))

    kill(process)
    before = journal("out", "finished")
    finish("--workers", 2)

    assert_complete()
    assert 0 < len(before) < SLOW_MADE


def test_a_client_killed_beside_a_cluster_goes_on_while_its_run_goes_on(started, cluster):
    slow_plan()
    cluster()
    process = started(align("plan.toml", "-o", "out", "--scheduler", "scheduler.json"))
    until(lambda: journal("out", "started"))

    kill(process)
    finish("--scheduler", "scheduler.json")

    assert_complete()


def test_a_scheduler_that_was_killed_and_started_again_is_waited_for(started, cluster):
    slow_plan()
    scheduler, workers = cluster(port=PORT)
    process = started(align("plan.toml", "-o", "out", "--scheduler", f"tcp://127.0.0.1:{PORT}"))
    until(lambda: journal("out", "finished"))

    for each in (scheduler, *workers):
        kill(each)
    before = journal("out", "finished")
    cluster(port=PORT)

    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "the scheduler does not answer" in said
    assert_complete()
    assert len(before) < SLOW_MADE


PORT = 20_000 + os.getpid() % 10_000


def test_two_clients_of_one_folder_share_the_runs(started):
    slow_plan()

    both = [started(align("plan.toml", "-o", "out", "--workers", 1)) for _ in "ab"]

    for process in both:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert_complete()
    workers = {result.worker for _, result in load_results(Path("out")).finished}
    assert len(workers) == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_batch_that_is_stopped_ends_its_workers_and_writes_its_tables(started, how):
    slow_plan()
    process = started(align("plan.toml", "-o", "out", "--workers", 1))
    until(lambda: journal("out", "finished"))

    os.killpg(process.pid, how)  # as a terminal does
    _, said = process.communicate(timeout=30)

    assert process.returncode == 128 + how, said
    assert "Traceback" not in said
    assert polars.read_parquet("out/results.parquet")["key"].n_unique() >= 1
    until(lambda: not alive(worker_of_first("out")))


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_corrupt_vector_file_fails_its_runs_alone(started):
    Path("aa.vec").write_bytes(Path("aa.vec").read_bytes()[:500] + b"\xff\xfe\x00" * 3000)

    process = align("plan.toml", "-o", "out", "--workers", 2)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "4 of 8 runs are finished" in said
    assert "failed: aa-bb procrustes, seed 0" in said
    assert_complete(runs=4)


def test_a_full_disk_is_waited_for_and_costs_no_run(started, languages):
    disk = languages / "out"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        slow_plan()
        process = started(align("plan.toml", "-o", "out", "--workers", 1))
        until(lambda: journal("out", "started"))
        filler = disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"0" * 4096):
                pass
        time.sleep(5)
        waits = process.poll() is None
        filler.unlink()

        _, said = process.communicate(timeout=120)

        assert waits
        assert "no room is left" in said
        assert process.returncode == 0, said
        assert_complete()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
