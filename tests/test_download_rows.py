"""The first rows of a published file, without the rest of it."""

import gzip

import pytest
from serving import DIM, ROWS, names, stop_after

import embeddings
from align.download import DownloadError, fetch
from align.download import remote as remotes
from align.home import vector_files


@pytest.mark.parametrize("cuts", [[], [30_000, 50_000]])
@pytest.mark.parametrize("kind", ["wiki", "cc"])
def test_the_first_rows_end_the_transfer(server, catalog, home, text, kind, cuts, monkeypatch):
    monkeypatch.setattr(remotes, "CHUNK", 20_000)
    server.files["/wiki.aa.vec"] = text
    server.files["/cc.aa.300.vec.gz"] = gzip.compress(text, 0)
    server.cuts = list(cuts)
    seen = []

    found = fetch(
        catalog.vectors("aa", kind), home, max_vocab=500, on_read=lambda *told: seen.append(told)
    )

    header, *lines = found.path.read_bytes().splitlines(keepends=True)
    assert header.split() == [b"500", b"%d" % DIM]
    assert lines == text.splitlines(keepends=True)[1:501]
    assert found.path in vector_files(home, "aa")
    assert found.words == 500
    assert names(home) == [found.path.name]
    size = len(server.files[f"/{catalog.vectors('aa', kind).name}"])
    assert seen[-1][0] < 0.4 * size
    assert seen[-1][0] == seen[-1][1]
    assert embeddings.load(found.path).report.remarks == ()
    assert len(embeddings.load(found.path)) == 500


def test_what_the_first_rows_will_take_is_estimated_from_the_header(entry, home, text, monkeypatch):
    monkeypatch.setattr(remotes, "CHUNK", 20_000)
    seen = []

    fetch(entry, home, max_vocab=1000, on_read=lambda *told: seen.append(told))

    totals = [total for _, total in seen]
    assert totals[:2] == [len(text), len(text) * 1000 // ROWS]


def test_a_file_with_fewer_rows_is_taken_whole(entry, home, text):
    found = fetch(entry, home, max_vocab=10 * ROWS)

    assert found.path.read_bytes().split(b"\n")[1:] == text.split(b"\n")[1:]
    assert found.words == ROWS


@pytest.mark.parametrize("body", [b"10 2\nfirst 1 2\nlast 3 4", b"10 2\nfirst 1 2\nlast 3 4\n"])
def test_the_header_says_what_is_there_not_what_was_promised(server, entry, home, body):
    server.files["/wiki.aa.vec"] = body

    found = fetch(entry, home, max_vocab=5)

    assert found.words == 2
    assert found.path.read_bytes().endswith(b"\nfirst 1 2\nlast 3 4\n")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"no header 1 2\n", "expected a header line of two counts, got b'no header 1 2"),
        (b"", "expected a header line of two counts, got b''"),
        (b"3 2\n", "a header line and no vectors after it"),
        (b"3 2\n" + b"x" * (1 << 21), "a line of over 1,048,576 bytes; not vectors"),
        (gzip.compress(b"3 2\nx 1 2\n")[:-9], "the gzip data is damaged"),
        (b"\x1f\x8b" + b"x" * 100, "the gzip data is damaged"),
    ],
)
def test_what_is_not_vectors_is_not_kept(server, entry, home, body, message):
    server.files["/wiki.aa.vec"] = body

    with pytest.raises(DownloadError, match=message):
        fetch(entry, home, max_vocab=5)
    assert names(home) == []


def test_first_rows_of_a_file_that_changes_are_of_one_version(
    server, entry, home, text, monkeypatch
):
    monkeypatch.setattr(remotes, "CHUNK", 20_000)
    server.cuts = [30_000]
    changed = text.replace(b"0", b"9", 1).replace(b"w\xc3\xb6rd", b"word")
    seen = []

    def on_read(done, total):
        if not seen:
            server.files["/wiki.aa.vec"], server.tags = changed, {"ETag": '"two"'}
        seen.append(done)

    found = fetch(entry, home, max_vocab=1000, on_read=on_read)

    assert found.path.read_bytes().splitlines()[1:] == changed.splitlines()[1:1001]


def test_stopped_first_rows_leave_nothing(entry, home):
    with pytest.raises(KeyboardInterrupt):
        fetch(entry, home, max_vocab=1000, on_read=stop_after(1))

    assert names(home) == []
