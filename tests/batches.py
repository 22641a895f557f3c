"""Small batches for tests: three languages that are rotations of one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import dictionaries
import embeddings
from embeddings import Embeddings

WORDS = 60
PLAN = """
[data]
vectors = "{lang}.vec"
train = "{pair}.train.txt"
test = "{pair}.test.txt"

[grid]
pairs = ["aa-bb", "bb-cc"]
seeds = [0, 1]

[run]
device = "cpu"

[methods.procrustes]
[methods.vecmap]
"""
SLOW = """
[methods.slow]
preset = "vecmap-semi"
keep = 0.05
factor = 1.01
patience = 400
threshold = 0.0
"""  # seconds, for those who kill what is under way


@pytest.fixture
def languages(tmp_path, rng, monkeypatch):
    """Vectors and dictionaries of three languages, and a plan, in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ALIGN_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir(exist_ok=True)
    common = rng.standard_normal((WORDS, 8))
    codes = ("aa", "bb", "cc")
    for code in codes:
        noise = 0.2 * rng.standard_normal(common.shape)
        vectors = (common @ np.linalg.qr(rng.standard_normal((8, 8)))[0] + noise).astype(np.float32)
        words = [f"{code}{i}" for i in range(WORDS)]
        embeddings.save(Embeddings(words, vectors, name=code), f"{code}.vec")
    for a in codes:
        for b in codes:
            pairs = [(f"{a}{i}", f"{b}{i}") for i in range(WORDS)]
            dictionaries.save(dictionaries.Lexicon(pairs[:40]), f"{a}-{b}.train.txt")
            dictionaries.save(dictionaries.Lexicon(pairs[40:]), f"{a}-{b}.test.txt")
    Path("plan.toml").write_text(PLAN)
    return tmp_path


def journal(folder, event):
    """Return the keys of an event, in their order."""
    path = Path(folder) / "journal.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [told["key"] for told in map(json.loads, lines) if told["event"] == event]


def worker_of_first(folder):
    """Return the process that began the first run."""
    lines = (Path(folder) / "journal.jsonl").read_text().splitlines()
    first = next(told for told in map(json.loads, lines) if told["event"] == "started")
    return int(first["worker"].split(":")[1])


def until(condition, seconds=60.0):
    """Wait for something to happen."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def align(*args, **options):
    """Start the command in a process of its own."""
    command = [sys.executable, "-c", "from align.cli import run; run()", "batch", *map(str, args)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, start_new_session=True, **pipes, **options)


def dask(*args):
    """Start a scheduler or a worker by hand."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + args[0], *map(str, args[1:])]
    with open(f"{args[0]}.log", "a") as log:  # noqa: PTH123  # kept open by the process
        return subprocess.Popen(command, start_new_session=True, stdout=log, stderr=log)


def kill(process):
    """End a process and all that it has started, as a machine that fails does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def assert_none_ran_twice(folder):
    counts = Counter(journal(folder, "finished"))
    assert counts
    assert set(counts.values()) == {1}
