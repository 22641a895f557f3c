"""What a transfer does to the disk: full disks, links, rights, and processes side by side."""

import gzip
import os
import stat
import sys

import pytest
from serving import ROWS, names, ranges

from align.download import DownloadError, fetch
from align.download import catalog as catalogs
from align.download import part as parts
from align.download import remote as remotes
from align.download.part import Part, part_of

append = Part.append


def full_disk(part, chunk):
    if part.done > 50_000:
        raise OSError(28, "No space left on device")
    append(part, chunk)


def test_a_full_disk_keeps_the_part(server, entry, home, text, monkeypatch):
    monkeypatch.setattr(remotes, "CHUNK", 30_000)
    monkeypatch.setattr(Part, "append", full_disk)

    with pytest.raises(DownloadError) as error:
        fetch(entry, home)
    monkeypatch.undo()
    kept = (home / "wiki.aa.vec.part").read_bytes()

    assert str(error.value).startswith("wiki.aa.vec: No space left on device; ")
    assert f"{len(kept):,} of {len(text):,} bytes are kept in" in str(error.value)
    assert text.startswith(kept)
    monkeypatch.setenv("no_proxy", "*")
    assert fetch(entry, home).path.read_bytes() == text
    assert ranges(server) == [None, f"bytes={len(kept)}-"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on Windows")
@pytest.mark.parametrize("max_vocab", [0, ROWS])
def test_a_limit_of_the_system_is_told_and_nothing_is_left_half_written(
    entry, home, text, max_vocab
):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, hard))
    try:
        with pytest.raises(DownloadError, match="File too large"):
            fetch(entry, home, max_vocab=max_vocab)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert names(home) == ([] if max_vocab else ["wiki.aa.vec.part", "wiki.aa.vec.part.json"])
    if not max_vocab:
        assert (home / "wiki.aa.vec.part").read_bytes() == text[:100_001]
        assert fetch(entry, home).path.read_bytes() == text


def test_what_is_there_is_kept_unless_forced(server, entry, home, text):
    home.mkdir()
    (home / "wiki.aa.vec").write_text("1 1\nmine 1\n")

    kept = fetch(entry, home)

    assert not kept.new
    assert kept.words == 1
    assert server.asked == []
    assert fetch(entry, home, force=True).path.read_bytes() == text


def test_a_link_is_as_good_as_a_file(server, entry, home, tmp_path):
    home.mkdir()
    (tmp_path / "elsewhere").write_text("7 1\n")
    (home / "wiki.aa.vec").symlink_to(tmp_path / "elsewhere")

    assert fetch(entry, home).words == 7
    assert server.asked == []


def test_a_packed_file_is_as_good_as_a_plain_one(server, entry, home):
    home.mkdir()
    (home / "wiki.aa.vec.gz").write_bytes(gzip.compress(b"7 1\n"))

    assert fetch(entry, home).words == 7
    assert server.asked == []


def test_a_file_as_data_home_is_refused(entry, home):
    home.write_text("a file")

    with pytest.raises(NotADirectoryError, match="home is not a folder; give another with --data"):
        fetch(entry, home)


def test_two_processes_do_not_write_one_file(entry, home, text):
    home.mkdir()
    with part_of(home / "wiki.aa.vec") as part:
        part.append(b"x")
        with pytest.raises(DownloadError, match="wiki.aa.vec.part is being written by another"):
            fetch(entry, home)
        part.discard()

    assert fetch(entry, home).path.read_bytes() == text


def test_what_another_process_brought_meanwhile_is_kept(entry, home, text, monkeypatch):
    def brought_meanwhile(path):
        path.write_bytes(b"theirs")
        return part_of(path)

    monkeypatch.setattr(sys.modules["align.download.fetch"], "part_of", brought_meanwhile)

    fetch(entry, home)

    assert (home / "wiki.aa.vec").read_bytes() == b"theirs"
    assert names(home) == ["wiki.aa.vec"]


def test_a_part_that_got_its_name_meanwhile_is_not_written_to(home, monkeypatch):
    home.mkdir()
    lock, calls = parts._lock, []

    def renamed_meanwhile(file, path):
        if not calls:
            os.replace(path, home / "x.vec")
        calls.append(path)
        lock(file, path)

    monkeypatch.setattr(parts, "_lock", renamed_meanwhile)
    with part_of(home / "x.vec") as part:
        part.append(b"new")

        assert (home / "x.vec").read_bytes() == b""
        assert part.beside.read_bytes() == b"new"


@pytest.mark.parametrize("max_vocab", [0, 10])
def test_a_file_has_the_rights_of_any_new_file(entry, home, max_vocab):
    before = os.umask(0o027)
    try:
        path = fetch(entry, home, max_vocab=max_vocab).path
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["wiki.aa.vec", "wiki.aa.vec.part"])
def test_a_link_out_of_the_data_home_is_not_written_through(entry, home, tmp_path, name):
    home.mkdir()
    (tmp_path / "outside").write_text("precious")
    (home / name).symlink_to(tmp_path / "outside")

    for max_vocab in (0, 10):
        with pytest.raises(ValueError, match=r"outside, outside the data home"):
            fetch(entry, home, max_vocab=max_vocab, force=True)
    assert (tmp_path / "outside").read_text() == "precious"


@pytest.mark.parametrize("name", ["..", ".", ""])
def test_a_name_that_leads_out_of_the_data_home_is_refused(server, catalog, home, name):
    entry = catalogs.Entry(f"{server.url}/{name}", "x", "y", "z")

    with pytest.raises(ValueError, match="outside the data home"):
        fetch(entry, home)
    assert server.asked == []
