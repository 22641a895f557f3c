from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import dictionaries
import embeddings
from align import Problem
from align.cli import main
from embeddings import Embeddings

pytest_plugins = ["serving", "batches"]

DATA = Path(os.environ.get("ALIGN_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def data():
    if not DATA.is_dir():
        pytest.skip(f"the real vectors are not at {DATA}; set ALIGN_TEST_DATA")
    return DATA


def rotation(rng, dim):
    return np.linalg.qr(rng.standard_normal((dim, dim)))[0]


@pytest.fixture
def world(rng):
    """40 words of two languages that differ by a known rotation and a little noise."""
    w = rotation(rng, 8)
    x = rng.standard_normal((40, 8)).astype(np.float32)
    y = (x @ w + 0.02 * rng.standard_normal((40, 8))).astype(np.float32)
    source = Embeddings([f"s{i}" for i in range(40)], x, name="src")
    target = Embeddings([f"t{i}" for i in range(40)], y, name="tgt")
    pairs = dictionaries.Lexicon(tuple((f"s{i}", f"t{i}") for i in range(40)))
    return source, target, pairs


@pytest.fixture
def noisy(rng):
    """A problem whose seeds are the first 30 of 60 rows, with noise that a map cannot remove."""
    x = rng.standard_normal((60, 6))
    y = x @ rotation(rng, 6) + 0.3 * rng.standard_normal((60, 6))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    return Problem(x, y, np.column_stack([np.arange(30), np.arange(30)]))


@pytest.fixture
def write(tmp_path):
    """Write a file of text or bytes and return its path."""

    def write(content, name="x.vec"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Run `align` in an empty folder with an empty data home."""
    home = tmp_path / "home"
    home.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("ALIGN_HOME", str(home))
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))

    def run(*args, stdin=None):
        return CliRunner().invoke(main, [str(a) for a in args], input=stdin, prog_name="align")

    run.home = home
    return run


@pytest.fixture
def files(cli, world):
    """Vectors and dictionaries of a small world, in the working folder."""
    source, target, lexicon = world
    embeddings.save(source, "src.vec")
    embeddings.save(target, "tgt.vec")
    train, test = lexicon.split(0.5)
    dictionaries.save(train, "train.txt")
    dictionaries.save(test, "test.txt")
    plain = ["supervised", "src.vec", "tgt.vec", "--method", "procrustes"]
    return [*plain, "--train", "train.txt", "--test", "test.txt"]


@pytest.fixture
def made(cli, files):
    result = cli(*files, "-o", "run")
    assert result.exit_code == 0, result.output
    return "run"
