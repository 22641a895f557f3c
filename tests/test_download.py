"""Transfers from a real server on this machine; no test reaches the internet."""

import hashlib
import tracemalloc

import pytest
from serving import ROWS, names, ranges, stop_after

from align.download import AbsentError, Catalog, DownloadError, fetch
from align.download import remote as remotes
from align.download.part import Part
from align.download.remote import Remote
from align.home import vector_files


def test_a_file_is_brought_whole_under_the_name_that_codes_are_looked_up_by(entry, home, text):
    seen = []

    found = fetch(entry, home, on_read=lambda *bytes_read: seen.append(bytes_read))

    assert found.path in vector_files(home, "aa")
    assert found.path.read_bytes() == text
    assert found.words == ROWS
    assert found.new
    assert names(home) == ["wiki.aa.vec"]
    assert seen[-1] == (len(text), len(text))
    assert seen == sorted(seen)


@pytest.mark.parametrize("ranged", [True, False])
def test_a_connection_that_is_cut_twice_costs_nothing(server, entry, home, text, ranged):
    server.ranges = ranged
    server.cuts = [100_000, 200_000]

    found = fetch(entry, home)

    assert found.path.read_bytes() == text
    second = 300_000 if ranged else 200_000  # without ranges it counts from the beginning
    assert ranges(server) == [None, "bytes=100000-", f"bytes={second}-"]


def test_a_connection_may_be_cut_any_number_of_times_as_long_as_something_comes(
    server, entry, home, text
):
    server.cuts = [50_000] * 2 * remotes.TRIES

    assert fetch(entry, home).path.read_bytes() == text


def test_a_server_that_fails_for_a_moment_is_asked_again(server, entry, home, text):
    server.errors = [503, 429]

    assert fetch(entry, home).path.read_bytes() == text
    assert len(server.asked) == 3


def test_a_connection_that_brings_nothing_is_given_up_and_the_part_kept(server, entry, home, text):
    server.cuts = [100_000, *[0] * remotes.TRIES]

    with pytest.raises(DownloadError) as error:
        fetch(entry, home)

    assert (
        f"{entry.url}: the connection was cut at byte 100,000 of {len(text):,}, 5 times in a row; "
        f"try again later; 100,000 of {len(text):,} bytes are kept in {home / 'wiki.aa.vec.part'}, "
        "and the same command goes on from there"
    ) in str(error.value)
    assert (home / "wiki.aa.vec.part").read_bytes() == text[:100_000]
    assert fetch(entry, home).path.read_bytes() == text
    assert ranges(server)[-1] == "bytes=100000-"


def test_a_server_that_is_not_there_is_an_error(catalog, server, home):
    server.shutdown()
    server.server_close()

    with pytest.raises(DownloadError, match=r"refused at byte 0 of unknown, 5 times in a row"):
        fetch(catalog.vectors("aa", "wiki"), home)
    assert names(home) == []


@pytest.mark.parametrize(
    "tags",
    [{"ETag": '"one"'}, {"ETag": 'W/"weak"', "Last-Modified": "Mon, 01 Jan 2018 00:00:00 GMT"}],
)
def test_what_was_stopped_goes_on_where_it_ended(server, entry, home, text, tags):
    server.tags = tags

    with pytest.raises(KeyboardInterrupt):
        fetch(entry, home, on_read=stop_after(50_000))
    kept = (home / "wiki.aa.vec.part").stat().st_size
    found = fetch(entry, home)

    assert 50_000 <= kept < len(text)
    assert server.conditions == [None, list(tags.values())[-1]]
    assert ranges(server) == [None, f"bytes={kept}-"]
    assert found.path.read_bytes() == text
    assert names(home) == ["wiki.aa.vec"]


def test_without_etag_and_date_it_begins_again(server, entry, home, text):
    server.tags = {}

    with pytest.raises(KeyboardInterrupt):
        fetch(entry, home, on_read=stop_after(50_000))
    assert names(home) == []
    server.cuts = [100_000]
    found = fetch(entry, home)

    assert ranges(server) == [None, None, None]
    assert found.path.read_bytes() == text


@pytest.mark.parametrize("careless", [True, False])
def test_a_file_that_changed_is_begun_again_and_never_spliced(server, entry, home, text, careless):
    server.careless = careless
    with pytest.raises(KeyboardInterrupt):
        fetch(entry, home, on_read=stop_after(50_000))
    changed = text.replace(b"0", b"9")
    server.files["/wiki.aa.vec"], server.tags = changed, {"ETag": '"two"'}

    found = fetch(entry, home)

    assert found.path.read_bytes() == changed


def test_a_file_that_shrank_is_begun_again(server, entry, home, text):
    with pytest.raises(KeyboardInterrupt):
        fetch(entry, home, on_read=stop_after(50_000))
    server.careless, server.files["/wiki.aa.vec"] = True, text[:40_000]

    assert fetch(entry, home).path.read_bytes() == text[:40_000]


@pytest.mark.parametrize("note", ["", "{}", "[]", "no json", '{"url": 1, "size": "x", "tag": 2}'])
def test_a_part_that_nobody_knows_is_thrown_away(entry, home, text, note):
    home.mkdir()
    (home / "wiki.aa.vec.part").write_bytes(b"x" * 1000)
    if note:
        (home / "wiki.aa.vec.part.json").write_text(note)

    assert fetch(entry, home).path.read_bytes() == text


def test_a_part_longer_than_the_file_is_thrown_away(entry, home, text):
    with pytest.raises(KeyboardInterrupt):
        fetch(entry, home, on_read=stop_after(50_000))
    with (home / "wiki.aa.vec.part").open("ab") as file:
        file.write(text)

    assert fetch(entry, home).path.read_bytes() == text


def test_a_part_of_another_address_is_thrown_away(server, entry, home, text):
    with pytest.raises(KeyboardInterrupt):
        fetch(entry, home, on_read=stop_after(50_000))
    note = home / "wiki.aa.vec.part.json"
    note.write_text(note.read_text().replace("127.0.0.1", "elsewhere"))

    assert fetch(entry, home).path.read_bytes() == text
    assert ranges(server) == [None, None]


def test_a_part_that_is_whole_needs_no_connection(server, entry, home, text, monkeypatch):
    monkeypatch.setattr(Part, "finish", lambda part, sha256: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fetch(entry, home)
    monkeypatch.undo()

    assert fetch(entry, home).path.read_bytes() == text
    assert len(server.asked) == 1


@pytest.mark.parametrize("bytes_missing", [1, 1000])
def test_a_file_shorter_than_promised_is_never_taken_for_whole(
    server, entry, home, text, bytes_missing
):
    server.promise, server.ranges = bytes_missing, False

    with pytest.raises(DownloadError, match="the connection was cut"):
        fetch(entry, home)
    assert not (home / "wiki.aa.vec").exists()


def test_no_more_is_taken_than_was_promised(server, entry, home, text):
    server.promise = -10

    assert fetch(entry, home).path.read_bytes() == text[:-10]


def test_more_than_a_range_promised_begins_again(server, entry, home, text):
    with pytest.raises(KeyboardInterrupt):
        fetch(entry, home, on_read=stop_after(50_000))
    server.files["/wiki.aa.vec"] = text + b"more"
    server.told, server.total = False, len(text)

    with pytest.raises(DownloadError, match="does not say how long"):  # when it begins again
        fetch(entry, home)
    assert names(home) == []


def test_a_length_that_is_not_told_is_an_error(server, entry, home):
    server.told = False

    with pytest.raises(DownloadError, match="does not say how long it is"):
        fetch(entry, home)
    assert names(home) == []


def test_size_and_checksum_are_compared_with_the_catalog(server, entry, catalog, home, text):
    right = hashlib.sha256(text).hexdigest()
    catalog.known("wiki.aa.vec", size=len(text), sha256=right.upper())
    assert fetch(Catalog().vectors("aa", "wiki"), home).path.read_bytes() == text
    (home / "wiki.aa.vec").unlink()

    catalog.known("wiki.aa.vec", size=len(text) + 1)
    for max_vocab in (0, 10):
        with pytest.raises(
            DownloadError, match=rf"expected {len(text) + 1:,} bytes.*{len(text):,}"
        ):
            fetch(Catalog().vectors("aa", "wiki"), home, max_vocab=max_vocab)
    catalog.known("wiki.aa.vec", sha256="0" * 64)
    with pytest.raises(
        DownloadError, match=rf"checksum 0{{64}}, got {right}; what came was thrown"
    ):
        fetch(Catalog().vectors("aa", "wiki"), home)
    assert names(home) == []


def test_a_redirect_is_followed_with_the_range(server, entry, home, text):
    server.moved["/wiki.aa.vec"] = "/elsewhere"
    server.files["/elsewhere"] = text
    server.cuts = [100_000]

    assert fetch(entry, home).path.read_bytes() == text
    assert server.asked == [
        ("/wiki.aa.vec", None),
        ("/elsewhere", None),
        ("/wiki.aa.vec", "bytes=100000-"),
        ("/elsewhere", "bytes=100000-"),
    ]


def test_a_redirect_that_leaves_encryption_is_refused():
    class Answer:
        url = "http://example.org/x"

    with pytest.raises(
        DownloadError, match="https://example.org/x: sent on to http.*not encrypted"
    ):
        remotes._require_file("https://example.org/x", Answer())


def test_the_page_of_a_login_is_not_taken_for_the_file(server, entry, home):
    server.kind = "text/html; charset=utf-8"

    with pytest.raises(DownloadError, match="got a web page, not a file; does your network ask"):
        fetch(entry, home)
    assert names(home) == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_not_there_leaves_nothing(server, catalog, home, status):
    server.absent = status

    for max_vocab in (0, 10):
        with pytest.raises(AbsentError, match=f"wiki.aa.vec: the server answers {status}"):
            fetch(catalog.vectors("aa", "wiki"), home, max_vocab=max_vocab)
    assert names(home) == []


def test_an_empty_file_is_an_error(server, entry, home):
    server.files["/wiki.aa.vec"] = b""

    with pytest.raises(DownloadError, match="the file is empty"):
        fetch(entry, home)
    assert names(home) == []


def test_a_large_file_takes_little_memory(server, entry, home):
    server.files["/wiki.aa.vec"] = bytes(64_000_000)
    fetch(entry, home).path.unlink()

    tracemalloc.start()
    try:
        list(map(len, Remote(entry.url).chunks()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8_000_000
