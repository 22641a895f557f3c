import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import embeddings
from embeddings import cache

LINES = ["3 4", "a 1 2 3", "b 4 5 6", "a 7 8 9", "c 0 0 0", *(f"w{i} {i} 2 3" for i in range(200))]


@pytest.fixture
def path(write, tmp_path, monkeypatch):
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "WORTH", 1)
    return write("\n".join(LINES) + "\n", "en.vec")


@pytest.fixture
def parsed(monkeypatch):
    """How often a text file was parsed."""
    seen = []
    original = embeddings.reading.text_blocks
    monkeypatch.setattr(
        "embeddings.reading.text_blocks",
        lambda path, *rest, **more: seen.append(path) or original(path, *rest, **more),
    )
    return seen


def same(one, two):
    assert one.words == two.words
    np.testing.assert_array_equal(one.vectors, two.vectors)
    assert one.report == two.report
    assert (one.name, one.origin, one.max_vocab, one.lower) == (
        two.name,
        two.origin,
        two.max_vocab,
        two.lower,
    )


def test_the_second_read_maps_the_twin_of_the_first(path, parsed):
    first = embeddings.load(path)
    second = embeddings.load(path)

    assert len(parsed) == 1
    same(first, second)
    assert len(second.report.remarks) == 3  # the header, a duplicate, a zero row
    assert not second.vectors.flags.writeable
    assert second.fingerprint == first.fingerprint


def test_the_cache_may_be_left_alone(path, parsed, tmp_path):
    same(embeddings.load(path, cache=False), embeddings.load(path, cache=False))

    assert len(parsed) == 2
    assert not (tmp_path / "cache").exists()


def test_small_files_and_binary_files_have_no_twin(path, monkeypatch, tmp_path):
    embeddings.save(embeddings.load(path, cache=False), tmp_path / "x.npz")
    embeddings.load(tmp_path / "x.npz")
    monkeypatch.setattr(cache, "WORTH", 1 << 20)
    embeddings.load(path)

    assert cache.twins() == []


def test_other_options_and_another_file_are_read_anew(path, parsed):
    one = embeddings.load(path)
    assert len(embeddings.load(path, max_vocab=2)) == 2
    embeddings.load(path, lower=True)
    path.write_text(path.read_text() + "new 1 2 3\n")
    two = embeddings.load(path)

    assert len(parsed) == 4
    assert len(two) == len(one) + 1


def test_a_touched_file_is_read_anew(path, parsed):
    embeddings.load(path)
    os.utime(path, ns=(1, 1))
    embeddings.load(path)

    assert len(parsed) == 2


@pytest.mark.parametrize("place", [3, 30, 0.2, 0.5, 0.9, -1])
def test_a_damaged_twin_is_found_out_and_made_again(path, parsed, place):
    good = embeddings.load(path)
    [(twin, seen)] = cache.twins()
    content = bytearray(twin.read_bytes())
    content[int(place * len(content)) if isinstance(place, float) else place] ^= 1
    twin.write_bytes(content)

    same(embeddings.load(path), good)
    assert len(parsed) == 2
    same(embeddings.load(path), good)
    assert len(parsed) == 2
    assert [size.st_size for _, size in cache.twins()] == [seen.st_size]


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"PK", b"\x08" + b"\0" * 7 + b"{}      "])
def test_a_twin_that_is_something_else_is_made_again(path, parsed, content):
    good = embeddings.load(path)
    [(twin, _)] = cache.twins()
    twin.write_bytes(content)

    same(embeddings.load(path), good)
    assert len(parsed) == 2


def test_a_twin_under_the_name_of_another_is_not_used(path, write):
    embeddings.load(path)
    [(twin, _)] = cache.twins()
    other = write("".join(f"o{i} 1 2\n" for i in range(100)), "other.vec")
    good = embeddings.load(other)
    [name] = [p for p, _ in cache.twins() if p != twin]
    name.write_bytes(twin.read_bytes())

    same(embeddings.load(other), good)


def test_a_cache_that_cannot_be_written_is_no_error(path, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "file" / "below"))

    same(embeddings.load(path), embeddings.load(path))


def test_a_file_that_changes_while_it_is_read_has_no_twin(path, monkeypatch):
    original = embeddings.reading._gather

    def slow(stream):
        found = original(stream)
        path.write_text("x 1 2 3\n")
        return found

    monkeypatch.setattr("embeddings.reading._gather", slow)
    embeddings.load(path)

    assert cache.twins() == []


def test_the_twins_used_last_are_kept(path, write, monkeypatch):
    paths = [write(path.read_text(), f"{i}.vec") for i in range(4)]
    for i, each in enumerate(paths[:3]):
        embeddings.load(each)
        newest = cache.twins()[0][0]
        os.utime(newest, (i, i))
    embeddings.load(paths[0])  # now it is the newest
    size = cache.twins()[0][1].st_size
    cache.set_size_limit(3 * size)
    embeddings.load(paths[3])

    assert [twin.name[0] for twin, _ in cache.twins()] == ["3", "0", "2"]
    cache.set_size_limit(size)
    assert [twin.name[0] for twin, _ in cache.twins()] == ["3"]
    cache.set_size_limit(10)
    embeddings.load(paths[3])
    assert cache.twins() == []


def test_processes_that_read_at_once_agree(path):
    code = (
        "import sys, embeddings; from embeddings import cache; cache.WORTH = 1; "
        "[print(embeddings.load(sys.argv[1]).fingerprint) for _ in range(20)]"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    said = {line for process in running for line in process.communicate()[0].split()}

    assert said == {embeddings.load(path).fingerprint}
    assert all(process.returncode == 0 for process in running)
    assert len(cache.twins()) == 1


def test_the_command_shows_limits_and_clears(cli, files, monkeypatch):
    monkeypatch.setattr(cache, "WORTH", 1)
    assert cli(*files, "-o", "one").exit_code == 0

    shown = cli("cache")

    assert [line.split()[-1].split(".")[0] for line in shown.stdout.splitlines()] == ["tgt", "src"]
    assert "2 files, " in shown.stderr
    assert "of at most 10.0GB, in " in shown.stderr
    assert "of at most 20.0MB" in cli("cache", "--limit", "20MB").stderr
    assert "of at most 20.0MB" in cli("cache").stderr
    cleared = cli("cache", "--clear")
    assert "0 files, 0B of" in cleared.stderr
    wrong = cli("cache", "--limit", "much")
    assert wrong.exit_code == 2
    assert "'much' is no size" in wrong.stderr


def test_a_run_is_the_same_with_and_without_the_cache(cli, files, monkeypatch):
    monkeypatch.setattr(cache, "WORTH", 1)
    scores = []
    for option in ([], [], ["--no-cache"]):
        said = json.loads(cli(*files, "--json", "-o", f"run{len(scores)}", *option).stdout)
        scores.append((said["evaluation"], said["source"], said["target"]))
        if option:
            assert len(list(Path(os.environ["ALIGN_CACHE"]).rglob("*.safetensors"))) == 2

    assert scores[0] == scores[1] == scores[2]
