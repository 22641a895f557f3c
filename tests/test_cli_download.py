"""`align download`, against a real server on this machine."""

import gzip
import re
import signal
import subprocess
import sys
import time

import pytest
from serving import ROWS, names, ranges

import embeddings
from align.cli import progress
from align.download import Catalog
from align.download import catalog as catalogs
from align.download import remote as remotes
from align.home import DICTIONARIES, vector_files


def test_the_command_brings_vectors_and_dictionaries_that_the_others_find(
    cli, server, catalog, world
):
    source, target, pairs = world
    for code, value in (("aa", source), ("bb", target)):
        embeddings.save(value, f"{code}.vec")
        with open(f"{code}.vec", "rb") as file:
            server.files[f"/wiki.{code}.vec"] = file.read()
    lines = [f"{a} {b}\n" for a, b in pairs.pairs]
    server.files["/aa-bb.0-5000.txt"] = "".join(lines[:20]).encode()
    server.files["/aa-bb.5000-6500.txt"] = "".join(lines[20:]).encode()

    result = cli("download", "aa", "bb", "aa", "--dictionaries")

    assert result.exit_code == 0, result.output
    assert "there already" not in result.stderr
    assert names(cli.home) == [
        "aa-bb.0-5000.txt", "aa-bb.5000-6500.txt", "wiki.aa.vec", "wiki.bb.vec",
    ]  # fmt: skip
    assert "wiki.aa.vec, 40 words\n" in result.stderr
    assert "not published: bb-aa.0-5000.txt and bb-aa.5000-6500.txt" in result.stderr
    licence = "Vectors are under the licence CC TEST 1.0; see https://example.org/about"
    assert result.stderr.count(licence) == 1
    assert "Dictionaries are under the licence CC TEST 1.0" in result.stderr
    assert "20 of 20 source words" in cli("supervised", "aa", "bb", "--method", "procrustes").stdout

    again = cli("download", "aa", "bb")

    assert again.exit_code == 0
    assert "wiki.aa.vec is there already, 40 words; --force fetches it again" in again.stderr
    assert "licence" not in again.stderr


def test_the_command_shows_progress_and_speed(cli, server, entry, monkeypatch):
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.setattr(progress, "EVERY_IN_LOG", 0)
    monkeypatch.setattr(remotes, "CHUNK", 10_000)

    result = cli("download", "aa")

    assert "fetching wiki.aa.vec: " in result.stderr
    assert "B/s]" in result.stderr


def test_every_pair_of_three_languages_is_asked_for(cli, server, catalog, text):
    for code in ("aa", "bb", "cc"):
        server.files[f"/wiki.{code}.vec"] = text

    result = cli("download", "aa", "bb", "cc", "--dictionaries")

    assert result.exit_code == 0
    assert {path for path, _ in server.asked if path.endswith(".0-5000.txt")} == {
        f"/{a}-{b}.0-5000.txt" for a in ("aa", "bb", "cc") for b in ("aa", "bb", "cc") if a != b
    }


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["../x"], 1, "there are no wiki vectors of '../x'; the languages are listed at https"),
        (["AA"], 1, "there are no wiki vectors of 'AA'; near it: aa"),
        (["wiki-only"], 1, "there are no wiki vectors of 'wiki-only'; near it: wiki_only"),
        (["cc_only"], 1, "there are no wiki vectors of 'cc_only'; there are with --kind cc"),
        (
            ["aa"],
            1,
            "no wiki vectors of 'aa': .*wiki.aa.vec: the server answers 404 .*try --kind cc",
        ),
        (["aa", "--dictionaries"], 2, "give two codes or more; see align download --help"),
        ([], 2, "Missing argument 'CODE...'"),
    ],
)
def test_what_cannot_be_brought_is_an_error_in_one_line(cli, catalog, args, code, message):
    result = cli("download", *args)

    assert result.exit_code == code
    errors = [line for line in result.stderr.splitlines() if line.startswith("align: error: ")]
    assert len(errors) == 1
    assert "Traceback" not in result.output
    assert re.search(message, errors[0]), errors


def test_an_unknown_code_stops_before_anything_is_asked_for(cli, server, entry):
    assert cli("download", "aa", "xyzzy").exit_code == 1
    assert server.asked == []


def test_a_shorter_file_that_would_be_read_first_goes_when_the_whole_is_forced(
    cli, server, catalog, text
):
    server.files["/cc.aa.300.vec.gz"] = gzip.compress(text)
    cli("download", "aa", "--kind", "cc", "--max-vocab", 10)
    assert names(cli.home) == ["cc.aa.300.vec"]

    kept = cli("download", "aa", "--kind", "cc")
    assert "cc.aa.300.vec is there already, 10 words; --force fetches it again" in kept.stderr
    result = cli("download", "aa", "--kind", "cc", "--force")

    assert names(cli.home) == ["cc.aa.300.vec.gz"]
    assert f"cc.aa.300.vec.gz, {ROWS:,} words" in result.stderr


def test_vectors_of_another_kind_that_are_looked_for_first_are_told_of(cli, server, entry, text):
    server.files["/cc.aa.300.vec.gz"] = gzip.compress(text)
    cli("download", "aa")

    result = cli("download", "aa", "--kind", "cc")

    assert "aa still stands for wiki.aa.vec, which is looked for first" in result.stderr


def test_a_broken_catalog_is_an_error(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("ALIGN_CATALOG", str(tmp_path / "x.json"))
    (tmp_path / "x.json").write_text("{}")

    assert "x.json is not a catalog of downloads" in cli("download", "aa").stderr
    (tmp_path / "x.json").write_text('{"vectors": {}, "dictionaries": {}}')
    assert "x.json has no wiki vectors" in cli("download", "aa").stderr
    (tmp_path / "x.json").write_text(catalogs.SHIPPED.read_text().replace("https:", "file:"))
    assert "expected an address of http or https, got 'file:" in cli("download", "en").stderr


@pytest.mark.skipif(sys.platform == "win32", reason="other signals on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_is_stopped_leaves_a_part_to_go_on_from(cli, server, entry, text, number):
    server.stalls = True
    script = "from align.cli import main; main(prog_name='align')"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "download", "aa"], stderr=subprocess.PIPE, text=True
    )
    part = cli.home / "wiki.aa.vec.part"
    assert server.half_sent.wait(30)
    while not part.exists() or part.stat().st_size < len(text) // 2:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    errors = process.communicate(timeout=30)[1]
    server.stalls = False
    server.go.set()

    result = cli("download", "aa")

    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in errors
    if number != signal.SIGKILL:
        assert "wiki.aa.vec: stopped; " in errors
        assert "the same command goes on from there" in errors
    assert result.exit_code == 0, result.output
    assert ranges(server) == [None, f"bytes={len(text) // 2}-"]
    assert (cli.home / "wiki.aa.vec").read_bytes() == text
    assert names(cli.home) == ["wiki.aa.vec"]


def test_the_names_in_the_shipped_catalog_are_those_that_are_looked_up(tmp_path, monkeypatch):
    monkeypatch.delenv("ALIGN_CATALOG", raising=False)
    catalog = Catalog()

    assert catalog.path == catalogs.SHIPPED
    for kind, count in (("wiki", 294), ("cc", 158)):
        assert len(catalog.codes[kind]) == count
        for code in catalog.codes[kind]:
            path = tmp_path / catalog.vectors(code, kind).name
            assert path in vector_files(tmp_path, code)
    parts = [entry.name for entry in catalog.dictionaries("en", "fr")]
    assert parts == [name.format(pair="en-fr") for name in DICTIONARIES.values()]
