import gzip
import os
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embeddings
from embeddings import text
from embeddings.tally import FIELDS, NUMBER, ODD_SPACE, SPACE, UTF8, ZERO

TWO = "the 1 2.5 -3e-05\nof 4 5 6\n"
EXPECTED = [[1, 2.5, -3e-05], [4, 5, 6]]


def lines(n, bad=()):
    """``n`` lines of two numbers, with some replaced."""
    good = [f"w{i} {i + 1} {i + 2}" for i in range(n)]
    for number, line in dict(bad).items():
        good[number - 1] = line
    return "\n".join(good) + "\n"


def defects(report):
    return {defect.kind: (defect.count, defect.line_numbers) for defect in report.defects}


@pytest.mark.parametrize(
    "content",
    [
        TWO,
        "2 3\n" + TWO,
        TWO.rstrip("\n"),
        TWO.replace("\n", "\r\n"),
        TWO.replace("\n", " \n"),  # fastText ends every line with a space
        TWO.replace(" ", "\t"),
        "\n" + TWO + "\n\n",
        "\ufeff2 3\n" + TWO,
        "\n\n2 3\n" + TWO,
        " \n\t\n2 3\n" + TWO,
        TWO.replace(" 2.5", "  2.5"),
    ],
    ids=[
        "plain",
        "header",
        "last",
        "crlf",
        "trailing",
        "tabs",
        "blank",
        "bom",
        "late-header",
        "late-header-after-spaces",
        "two-spaces",
    ],
)
def test_every_style_of_text_gives_the_same_vectors(write, content):
    read = embeddings.load(write(content))

    assert read.words == ("the", "of")
    np.testing.assert_array_equal(read.vectors, np.array(EXPECTED, np.float32))
    assert read.vectors.dtype == np.float32
    assert read.report.remarks == ()


def test_gzip_is_recognised_by_content(write):
    read = embeddings.load(write(gzip.compress(("2 3\n" + TWO).encode()), "x.txt"))

    np.testing.assert_array_equal(read.vectors, np.array(EXPECTED, np.float32))


def test_damaged_gzip_is_named(write):
    whole = gzip.compress(lines(5000).encode())

    with pytest.raises(embeddings.VectorFormatError, match="damaged or cut short"):
        embeddings.load(write(whole[: len(whole) // 2], "x.vec.gz"))


def test_words_with_a_no_break_space_are_kept_and_counted(write):
    read = embeddings.load(write("10\u00a0km 1 2\nb 3 4\n"))

    assert read.words == ("10\u00a0km", "b")
    assert defects(read.report) == {ODD_SPACE: (1, (1,))}


def test_duplicates_keep_the_first(write):
    read = embeddings.load(write("a 1 2\nb 3 4\na 5 6\n"))

    assert read.words == ("a", "b")
    np.testing.assert_array_equal(read["a"], [1, 2])
    assert read.report.duplicates == 1


def test_case_is_kept_unless_asked(write):
    path = write("The 1 2\nthe 3 4\n")

    assert embeddings.load(path).words == ("The", "the")
    folded = embeddings.load(path, lower=True)
    assert folded.words == ("the",)
    np.testing.assert_array_equal(folded["the"], [1, 2])


def test_max_vocab_counts_words_not_lines(write):
    path = write("4 2\na 1 2\na 1 2\nb 3 4\nc 5 6\n")

    assert embeddings.load(path, max_vocab=2).words == ("a", "b")
    assert embeddings.load(path, max_vocab=0).words == ("a", "b", "c")


def test_every_kind_of_bad_line_is_left_out_and_counted_with_its_number(write):
    bad = {
        2: "short 1",
        3: "long 1 2 3",
        10: "word 1 x",
        11: "word nan 1",
        12: "word 1e99 1",
        20: "two words 1 2",
        30: "zero 0 0",
        40: "under 1_0 2",
        50: " 1 2",
    }
    content = lines(1000, bad).encode() + b"\xff\xfe 1 2\n"

    read = embeddings.load(write(b"1001 2\n" + content))

    assert len(read) == 1001 - 10
    assert defects(read.report) == {
        FIELDS: (3, (3, 4, 51)),
        NUMBER: (4, (11, 12, 13, 41)),
        SPACE: (1, (21,)),
        ZERO: (1, (31,)),
        UTF8: (1, (1002,)),
    }
    assert "1 line left out: zero row (line 31)" in read.report.remarks


def test_more_than_one_percent_of_bad_lines_is_an_error(write):
    assert len(embeddings.load(write(lines(100, {7: "a 1"})))) == 99

    with pytest.raises(embeddings.VectorFormatError, match=r"2 of 100 lines .* \(line 7, 9\)"):
        embeddings.load(write(lines(100, {7: "a 1", 9: "b 1"})))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("5 3", "promises 5 rows, there are 2"),
        ("2 7", "promises 7 dimensions, there are 3"),
        ("5 7", "rows, there are 2; the header promises 7 dimensions"),
    ],
)
def test_a_header_that_lies_is_told(write, header, said):
    read = embeddings.load(write(f"{header}\n{TWO}"))

    assert len(read) == 2
    assert said in read.report.header


def test_a_header_is_checked_where_reading_stops_early(write):
    path = write("2 7\na 1 2\nb 3 4\nc 5 6\n")

    said = embeddings.load(path, max_vocab=1).report.header

    assert said == (
        "the header promises 2 rows, there are more than 3; "
        "the header promises 7 dimensions, there are 2"
    )
    assert embeddings.load(write("9 2\na 1 2\nb 3 4\n"), max_vocab=1).report.header == ""


def test_text_is_not_taken_for_safetensors(write):
    assert embeddings.load(write("300 200\n{ 1 2\na 3 4\n")).words == ("{", "a")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n\n", "only empty lines"),
        ("100 300\n", "only a header line, '100 300'"),
        ("just some prose\nof no vectors at all\n", "not a finite number|cannot be read"),
        ("word\nword\n", "expected lines of a word and its numbers, got 'word'"),
        (b"\x00\x01\x02" * 100, "holds zero bytes"),
        ((793712314).to_bytes(4, "little") + b"\0" * 60, "one cut short in its header"),
        (b"PK\x03\x04 not a zip", "the zip data is damaged or cut short"),
        ("a 0 0\nb 0 0\n", "2 of 2 lines"),
    ],
)
def test_what_is_no_vector_file_is_refused_with_a_reason(write, content, message):
    with pytest.raises(embeddings.VectorFormatError, match=message):
        embeddings.load(write(content))


def test_blocks_join_without_a_seam(write, monkeypatch):
    path = write("500 2\n" + lines(500, {77: "bad"}))
    whole = embeddings.load(path)

    monkeypatch.setattr(text, "BLOCK", 100)
    pieces = embeddings.load(path)

    assert pieces.words == whole.words
    np.testing.assert_array_equal(pieces.vectors, whole.vectors)
    assert pieces.report == whole.report


@pytest.mark.parametrize("space", ["\v", "\f", "\r"])
@pytest.mark.parametrize("neighbour", ["", "short 1\n"])
def test_a_line_is_judged_alone(write, space, neighbour):
    content = lines(300) + f"a{space}b 1 2\n" + neighbour

    assert defects(embeddings.load(write(content)).report)[SPACE] == (1, (301,))


def test_bad_lines_do_not_change_their_neighbours(write):
    bad = {number: "bad line" for number in (3, 500, 501, 4000)}
    good = embeddings.load(write(lines(5000)))

    read = embeddings.load(write(lines(5000, bad)))

    assert defects(read.report) == {FIELDS: (4, (3, 500, 501, 4000))}
    kept = [word for word in good.words if word in read]
    assert list(read.words) == kept
    np.testing.assert_array_equal(read.vectors, [good[word] for word in kept])


def test_a_few_bad_lines_leave_the_rest_to_the_fast_parser(write, monkeypatch):
    path = write(lines(20_000, {9000: "bad 1"}))
    slow = []
    original = text._parse_lines
    monkeypatch.setattr(
        text, "_parse_lines", lambda block, *rest: slow.append(len(block)) or original(block, *rest)
    )

    assert len(embeddings.load(path)) == 19_999
    assert sum(slow) <= text.SMALL < path.stat().st_size / 10


def test_progress_ends_where_reading_stops_early(write, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 100)
    path = write(lines(500))
    seen = []

    embeddings.load(path, max_vocab=5, on_read=lambda done, total: seen.append((done, total)))

    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


def test_a_pipe_is_refused_by_name(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="pipe is a pipe or a device; write its content to a file"):
        embeddings.load(tmp_path / "pipe")


def test_progress_ends_at_the_size_of_the_file(write):
    path = write(lines(50))
    seen = []

    embeddings.load(path, on_read=lambda done, total: seen.append((done, total)))

    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_end_in_vectors_or_in_our_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(content)

    with suppress(embeddings.VectorFormatError):
        read = embeddings.load(path)
        assert np.isfinite(read.vectors).all()
        assert len(read) == len(set(read.words))


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1).filter(
            lambda word: not word.isspace()
        ),
        st.lists(
            st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3
        ).filter(any),
        min_size=1,
    )
)
@settings(max_examples=100, deadline=None)
def test_what_is_written_reads_back_exactly(tmp_path_factory, table):
    value = embeddings.Embeddings(list(table), np.array(list(table.values()), np.float32))
    folder = tmp_path_factory.mktemp("round")

    for name in ("x.vec", "x.npz", "x.safetensors"):
        embeddings.save(value, folder / name)
        back = embeddings.load(folder / name)
        assert back.words == value.words
        np.testing.assert_array_equal(back.vectors, value.vectors)
        assert back.fingerprint == value.fingerprint
