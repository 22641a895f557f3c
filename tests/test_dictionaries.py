import gzip
import unicodedata

import pytest

import dictionaries
from dictionaries import Lexicon, save

PAIRS = (("dog", "chien"), ("dog", "chienne"), ("cat", "chat"), ("house", "maison"))


@pytest.mark.parametrize("separator", [" ", "\t", "  "], ids=["space", "tab", "two spaces"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_layout_of_pairs_is_read(write, separator, end):
    path = write("".join(f"{a}{separator}{b}{end}" for a, b in PAIRS))

    assert dictionaries.load(path).pairs == PAIRS


def test_a_tab_lets_words_hold_spaces(write):
    assert dictionaries.load(write("new york\tnueva york\n")).pairs == (("new york", "nueva york"),)


def test_a_score_in_the_third_column_is_passed_over(write):
    path = write("dog\tchien\t0.51\ncat\tchat\t-1.2e-05\nbig\tgros\tfat\nhouse\t\t0.7\n")

    read = dictionaries.load(path)

    assert read.pairs == (("dog", "chien"), ("cat", "chat"))
    assert [m.split(":")[0] for m in read.report.malformed] == ["line 3", "line 4"]


@pytest.mark.parametrize("word", ["", "a\tb", "a\nb"])
def test_words_that_a_file_cannot_hold_are_refused(tmp_path, word):
    with pytest.raises(ValueError, match="cannot be written"):
        save(Lexicon(((word, "x"),)), tmp_path / "d.tsv")


def test_pairs_are_of_two():
    assert Lexicon([["a", "b"]]).pairs == (("a", "b"),)
    assert Lexicon(zip("a", "b", strict=True)).pairs == (("a", "b"),)
    with pytest.raises(ValueError, match="expected pairs of two words, got the text 'ab'"):
        Lexicon(["ab", "cd"])
    with pytest.raises(ValueError, match=r"expected pairs of two words, got \('a', 'b', 'c'\)"):
        Lexicon([("a", "b", "c")])


def test_accents_are_composed_and_gzip_is_read(write):
    decomposed = unicodedata.normalize("NFD", "año année\n")

    path = write(gzip.compress(decomposed.encode()), "d.gz")

    assert dictionaries.load(path).pairs == (("año", "année"),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("dog, chien\ncat, chat\n", "end in ',', as 'dog,'; separate the words by a tab"),
        ("dog chien".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"\x1f\x8b damaged", "gzip data is damaged"),
    ],
)
def test_files_that_would_be_misread_are_refused(write, content, message):
    with pytest.raises(dictionaries.LexiconFormatError, match=message):
        dictionaries.load(write(content))


def test_lines_of_the_wrong_shape_are_reported_with_their_number(write):
    path = write(b"dog chien\none two three\n\nalone\n\xff x\ncat chat\n")

    read = dictionaries.load(path)

    assert read.pairs == (("dog", "chien"), ("cat", "chat"))
    assert read.report.malformed[0] == "line 2: expected 2 words, got 3: 'one two three'"
    assert [m.split(":")[0] for m in read.report.malformed] == ["line 2", "line 4", "line 5"]
    assert "3 lines left out" in read.report.remarks[0]
    with pytest.raises(dictionaries.LexiconFormatError, match=r":2: expected 2 words, got 3"):
        dictionaries.load(path, strict=True)


def test_repeated_pairs_count_once_and_case_is_folded_on_demand(write):
    path = write("Dog Chien\ndog chien\n")

    assert len(dictionaries.load(path)) == 2
    folded = dictionaries.load(path, lower=True)
    assert folded.pairs == (("dog", "chien"),)
    assert folded.report.duplicates == 1


@pytest.mark.parametrize("content", ["", "\n\n", "only\nsingle\nwords\n"])
def test_a_file_without_pairs_is_an_error(write, content):
    with pytest.raises(dictionaries.LexiconFormatError, match="no word pairs in"):
        dictionaries.load(write(content))


def test_a_split_shares_no_source_word():
    lexicon = Lexicon(tuple((f"s{i // 2}", f"t{i}") for i in range(100)))

    first, second = lexicon.split(0.7, seed=3)

    assert len(first.sources) == 35
    assert not set(first.sources) & set(second.sources)
    assert sorted(first.pairs + second.pairs) == sorted(lexicon.pairs)
    assert lexicon.split(0.7, seed=3)[0] == first
    assert lexicon.split(0.7, seed=4)[0] != first
    with pytest.raises(ValueError, match="between 0 and 1, got 1"):
        lexicon.split(1.0)


def test_coverage_counts_words_and_pairs():
    coverage = Lexicon(PAIRS).coverage({"dog", "cat"}, {"chien", "chienne", "maison"})

    assert (coverage.words, coverage.words_covered) == (3, 1)
    assert (coverage.pairs, coverage.pairs_covered) == (4, 2)
    assert coverage.share == pytest.approx(1 / 3)
    assert str(coverage) == "1 of 3 source words, 2 of 4 pairs"


def test_parts_of_a_lexicon():
    lexicon = Lexicon(PAIRS)

    assert lexicon.first(2).sources == ("dog", "cat")
    assert lexicon.reversed.pairs[1] == ("chienne", "dog")
    assert lexicon.fingerprint == Lexicon(PAIRS).fingerprint != lexicon.reversed.fingerprint


def test_seeds_without_a_dictionary():
    source, target = ["a", "1999", "b", "²", "७"], {"b", "1999", "²", "७"}

    assert dictionaries.identical(source, target).sources == ("1999", "b", "²", "७")
    assert dictionaries.numerals(source, target).sources == ("1999", "७")


def test_a_written_lexicon_reads_back(tmp_path):
    save(Lexicon(PAIRS), tmp_path / "d.tsv")

    assert dictionaries.load(tmp_path / "d.tsv").pairs == PAIRS


def test_the_sample_dictionary_is_what_its_description_says(sample_vocabularies):
    train, test = (dictionaries.load(f"sample:en-fr.{part}") for part in ("train", "test"))
    source, target = sample_vocabularies

    assert len(train.sources) == 1000
    assert len(test.sources) == 500
    assert not set(train.sources) & set(test.sources)
    for part in (train, test):
        assert dictionaries.load(part.origin) == part
        assert part.coverage(source, target).pairs_covered == len(part)


def test_a_sample_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no sample dictionary 'en-de' 'train'; there are en-fr"):
        dictionaries.load("sample:en-de.train")


def test_the_reversed_sample_does_not_leak():
    train, test = (dictionaries.load(f"sample:fr-en.{part}") for part in ("train", "test"))

    assert not set(train.sources) & set(test.sources)
    assert len(test.sources) > 300


@pytest.fixture
def sample_vocabularies():
    import embeddings

    return embeddings.load("sample:en").index, embeddings.load("sample:fr").index
