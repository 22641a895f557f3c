import gzip

import pytest

from align.tasks import (
    Questions,
    TaskFormatError,
    WordPairs,
    read_pairs,
    read_questions,
    read_sentences,
)


def test_pairs_are_separated_by_tabs_or_spaces(write):
    spaces = read_pairs(write("cat dog 3.5\r\n\nbus car 1\t\n", "a.txt"))
    tabs = read_pairs(write("ice cream\tdog\t-1e-1\nBus\tcar\t2\n", "b.txt"))

    assert spaces.pairs == (("cat", "dog"), ("bus", "car"))
    assert spaces.gold == (3.5, 1.0)
    assert tabs.pairs == (("ice cream", "dog"), ("Bus", "car"))
    assert tabs.gold == (-0.1, 2.0)
    assert spaces.record.name == "a"


def test_files_may_be_compressed_and_have_a_byte_order_mark(write):
    content = b"\xef\xbb\xbfpa\xcc\x81jaro gallo 2\n"

    plain, packed = write(content, "x.txt"), write(gzip.compress(content), "x.txt.gz")

    assert read_pairs(plain).pairs == read_pairs(packed).pairs == (("p\u00e1jaro", "gallo"),)
    assert read_pairs(packed).record.name == "x"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("cat dog", "'cat dog'"),
        ("cat dog 3 4", "'cat dog 3 4'"),
        ("cat dog three", "'cat dog three'"),
        ("cat dog nan", "'cat dog nan'"),
        ("ice cream dog 3", "'ice cream dog 3'"),
        ("cat\tdog", r"'cat\\tdog'"),
    ],
)
def test_a_line_that_is_no_pair_is_named(write, line, shown):
    path = write(f"a b 1\n{line}\n", "p.txt")

    with pytest.raises(
        TaskFormatError, match=f"p.txt:2: expected two words and a score, got {shown}"
    ):
        read_pairs(path)


def test_questions_have_categories(write):
    found = read_questions(write(": capitals\nAthens Greece Oslo Norway\n\n: family\na b c d\n"))

    assert found.words == (("Athens", "Greece", "Oslo", "Norway"), ("a", "b", "c", "d"))
    assert found.categories == ("capitals", "family")


def test_a_line_that_is_no_question_is_named(write):
    path = write(": x\na b c d\na b c\n", "q.txt")

    with pytest.raises(TaskFormatError, match="q.txt:3: expected four words, got 3: 'a b c'"):
        read_questions(path)


def test_an_empty_line_is_a_sentence(write):
    found = read_sentences(write("One two.\n\n three \n", "s.en"))

    assert found.lines == ("One two.", "", "three")
    assert found.record.name == "s.en"


@pytest.mark.parametrize("read", [read_pairs, read_questions, read_sentences])
def test_files_that_cannot_be_read_are_told(read, write, tmp_path):
    with pytest.raises(TaskFormatError, match=r"x.vec:2: not UTF-8: b'\\xe9t\\xe9'"):
        read(write(b"\n\xe9t\xe9\n"))
    with pytest.raises(TaskFormatError, match="x.vec: nothing to read"):
        read(write(""))
    with pytest.raises(FileNotFoundError, match="no task file .*none.txt"):
        read(tmp_path / "none.txt")
    with pytest.raises(IsADirectoryError, match="is a folder, expected a task file"):
        read(tmp_path)
    with pytest.raises(ValueError, match="x.vec: is UTF-16; save it as UTF-8"):
        read(write("a b 1\n".encode("utf-16")))


def test_the_fingerprint_changes_with_any_word_or_score():
    one = WordPairs((("a", "b"), ("c", "d")), (1.0, 2.0)).record.fingerprint

    others = [
        WordPairs((("a", "b"), ("c", "e")), (1.0, 2.0)),
        WordPairs((("a", "b"), ("c", "d")), (1.0, 2.5)),
        WordPairs((("c", "d"), ("a", "b")), (2.0, 1.0)),
    ]
    assert len({one, *(other.record.fingerprint for other in others)}) == 4
    assert WordPairs((("a", "b"),), (1.0,)).record.name == "memory"


def test_every_pair_needs_a_score_and_every_question_a_category():
    with pytest.raises(ValueError, match="a score for each pair, got 2 and 1"):
        WordPairs((("a", "b"), ("c", "d")), (1.0,))
    with pytest.raises(ValueError, match="a category for each question, got 1 and 0"):
        Questions((("a", "b", "c", "d"),), ())
