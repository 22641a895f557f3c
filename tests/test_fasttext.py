"""fastText and word2vec ``.bin``: against a slow reference, and against fastText itself."""

import numpy as np
import pytest
from models import fasttext_bytes, slow_vector, word2vec_bytes

import embeddings
from embeddings import Subwords, VectorFormatError
from embeddings.tally import UTF8

WORDS = ["</s>", "the", "é", "straße", "漢字", "🦊", "of", "a", "naïveté", "x" * 40]
NEW = ["mispeling", "strasse", "漢", "字漢字", "🦊🦊", "b", "ß", "<", ">", "the of", "z" * 60]
SHAPES = [(3, 6), (1, 2), (5, 5), (2, 2), (0, 3), (1, 1)]


@pytest.fixture
def rows(rng):
    return rng.standard_normal((len(WORDS) + 50, 7)).astype(np.float32)


@pytest.fixture
def model(write, rows):
    return write(fasttext_bytes(WORDS, rows, buckets=50), "cc.xx.7.bin")


@pytest.mark.parametrize("spans", SHAPES)
@pytest.mark.parametrize("version", [11, 12])
def test_a_word_is_the_mean_of_its_row_and_of_its_ngrams(write, rows, spans, version):
    shortest, longest = spans
    path = write(
        fasttext_bytes(
            WORDS, rows, buckets=50, shortest=shortest, longest=longest, version=version
        ),
        "x.vec",  # the content decides
    )

    read = embeddings.load(path)

    assert list(read.words) == WORDS
    expected = [slow_vector(word, WORDS, rows, 50, *spans) for word in WORDS]
    np.testing.assert_allclose(read.vectors, expected, atol=1e-5)
    assert read.vectors.dtype == np.float32


@pytest.mark.parametrize("spans", SHAPES)
def test_an_unknown_word_is_the_mean_of_its_ngrams(write, rows, spans):
    shortest, longest = spans
    content = fasttext_bytes(WORDS, rows, buckets=50, shortest=shortest, longest=longest)
    model = Subwords.open(write(content, "x.bin"))
    known = [w for w in NEW if slow_vector(w, WORDS, rows, 50, *spans) is not None]
    assert len(known) >= 3

    found = model.vectors([*known, *WORDS])

    expected = [slow_vector(word, WORDS, rows, 50, *spans) for word in [*known, *WORDS]]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(model.vector(known[0]), found[0])


def test_a_model_says_what_it_holds(model):
    opened = Subwords.open(model)

    assert repr(opened) == "<Subwords cc.xx.7.bin: 10 words x 7>"
    assert "straße" in opened
    assert "strasse" not in opened
    assert opened.vectors([]).shape == (0, 7)


def test_a_word_of_which_nothing_is_known_is_told(write, rows):
    long = Subwords.open(write(fasttext_bytes(WORDS, rows, buckets=50, shortest=6), "a.bin"))
    none = Subwords.open(write(fasttext_bytes(WORDS, rows[:10], longest=0), "b.bin"))

    with pytest.raises(ValueError, match="knows nothing of 'b': .* no n-gram of 6 to 6 characters"):
        long.vectors(["the", "b"])
    with pytest.raises(ValueError, match=r"expected words, got the text 'b'; give \['b'\]"):
        long.vectors("b")
    with pytest.raises(ValueError, match="'b': .* trained without character n-grams"):
        none.vector("b")
    np.testing.assert_allclose(none.vector("é"), rows[2])


def test_the_first_words_are_read_and_remembered(model, rows):
    read = embeddings.load(model, max_vocab=3)

    assert read.words == ("</s>", "the", "é")
    assert read.name == "xx"
    assert read.max_vocab == 3
    np.testing.assert_allclose(read["</s>"], rows[0], atol=1e-7)


def test_many_words_are_read_in_blocks_groups_and_windows(write, rng, monkeypatch):
    monkeypatch.setattr("embeddings.subwords.TOGETHER", 7)
    monkeypatch.setattr("embeddings.subwords.WINDOW", 100)
    monkeypatch.setattr("embeddings.subwords.BLOCK", 70)
    words = [f"word{i}" for i in range(150)] + ["word"]  # an odd place of the matrix as well
    rows = rng.standard_normal((151 + 1000, 5)).astype(np.float32)

    read = embeddings.load(write(fasttext_bytes(words, rows, buckets=1000), "x.bin"))

    expected = [slow_vector(word, words, rows, 1000, 3, 6) for word in words]
    np.testing.assert_allclose(read.vectors, expected, atol=1e-5)


def test_the_matrix_may_begin_at_any_byte(write, rng):
    for length in range(1, 9):
        words = ["a" * length, "b"]
        rows = rng.standard_normal((2 + 30, 3)).astype(np.float32)

        read = embeddings.load(write(fasttext_bytes(words, rows, buckets=30), "x.bin"))

        expected = [slow_vector(word, words, rows, 30, 3, 6) for word in words]
        np.testing.assert_allclose(read.vectors, expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["fasttext", "word2vec"])
def test_a_word_that_is_not_utf8_is_left_out_and_counted(write, rng, kind):
    words = [f"w{i}" for i in range(200)]
    words[7] = b"caf\xe9"
    rows = rng.standard_normal((200, 4)).astype(np.float32)
    content = word2vec_bytes(words, rows) if kind == "word2vec" else fasttext_bytes(words, rows)

    read = embeddings.load(write(content, "x.bin"))

    assert len(read) == 199
    np.testing.assert_allclose(read["w8"], rows[8], atol=1e-5)
    assert [(d.kind, d.count, d.line_numbers) for d in read.report.defects] == [(UTF8, 1, (8,))]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": 3, "labels": 2}, "a supervised fastText model, a classifier; give one of words"),
        ({"quantised": True}, r"a quantised fastText model \(.ftz\)"),
        ({"pruned": 5}, r"a quantised fastText model \(.ftz\)"),
        ({"version": 13}, "of version 13; 11 and 12 can be read"),
        ({"buckets": 49}, "expected 59 rows of 7 numbers, the file promises 60 of 7"),
        ({"longest": 1000}, "n-grams of 3 to 1000 characters"),
    ],
)
def test_a_model_that_cannot_be_read_is_refused_with_the_remedy(write, rows, changes, message):
    path = write(fasttext_bytes(WORDS, rows, **{"buckets": 50} | changes), "x.bin")

    for read in (embeddings.load, Subwords.open):
        with pytest.raises(VectorFormatError, match=message):
            read(path)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.2, 0.3, 0.5])
def test_a_model_that_is_cut_short_is_told(write, rows, share):
    whole = fasttext_bytes(WORDS, rows, buckets=50)

    with pytest.raises(VectorFormatError, match=r"x\.bin: .*cut short|damaged"):
        embeddings.load(write(whole[: int(share * len(whole))], "x.bin"))


def test_a_model_that_is_not_there_is_told(write, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no fastText model .*no.bin"):
        Subwords.open(tmp_path / "no.bin")
    with pytest.raises(VectorFormatError, match="the file is empty"):
        Subwords.open(write(b"", "empty.bin"))
    with pytest.raises(VectorFormatError, match="no fastText model"):
        Subwords.open(write("a 1 2\n" * 100, "text.bin"))


@pytest.mark.parametrize("line_ends", [True, False])
@pytest.mark.parametrize("name", ["x.bin", "x.vec"])
def test_word2vec_binary_is_read_with_and_without_line_ends(write, rng, line_ends, name):
    rows = rng.standard_normal((len(WORDS), 5)).astype(np.float32)
    path = write(word2vec_bytes(WORDS, rows, line_ends=line_ends), name)

    read = embeddings.load(path)

    assert list(read.words) == WORDS
    np.testing.assert_array_equal(read.vectors, rows)
    assert embeddings.load(path, max_vocab=2).words == ("</s>", "the")


def test_word2vec_binary_is_read_block_by_block(write, rng, monkeypatch):
    monkeypatch.setattr("embeddings.word2vec.ROWS", 7)
    rows = rng.standard_normal((50, 3)).astype(np.float32)

    read = embeddings.load(write(word2vec_bytes([f"w{i}" for i in range(50)], rows), "x.bin"))

    assert read.words[-1] == "w49"
    np.testing.assert_array_equal(read.vectors, rows)


@pytest.mark.parametrize("kind", ["fastText", "word2vec"])
def test_progress_of_binary_files_is_told_in_bytes(kind, write, rows, monkeypatch):
    monkeypatch.setattr("embeddings.word2vec.ROWS", 4)
    monkeypatch.setattr("embeddings.subwords.PASSES", 3)  # of one block
    content = word2vec_bytes(WORDS, rows[: len(WORDS)])
    if kind == "fastText":
        content = fasttext_bytes(WORDS, rows, buckets=50)
    told = []

    embeddings.load(write(content, "x.bin"), on_read=lambda *bytes_read: told.append(bytes_read))

    assert len(WORDS) == 10
    assert told == [(4 * 7 * words, 4 * 7 * 10) for words in (4, 8, 10)]


def test_word2vec_binary_that_is_cut_short_is_told(write, rng):
    whole = word2vec_bytes(WORDS, rng.standard_normal((len(WORDS), 50)))

    with pytest.raises(VectorFormatError, match="cannot hold the 10 vectors of 50 numbers"):
        embeddings.load(write(whole[: len(whole) // 2], "x.bin"))
    with pytest.raises(VectorFormatError, match="damaged or cut short at word 10 of 10"):
        embeddings.load(write(whole[:-50], "x.bin"))


@pytest.mark.parametrize("text", ["2 3\na 1 2 3\nb 4 5 6\n", "2 1\nnew york 1\né 2\n" * 100])
def test_text_is_not_taken_for_word2vec_binary(write, text):
    from embeddings.word2vec import is_word2vec

    assert not is_word2vec(text.encode())


def test_fasttext_itself_gives_the_same_vectors(tmp_path):
    fasttext = pytest.importorskip("fasttext", reason="pip install -e '.[bench]'")
    corpus = ["naïveté", "Straße", "漢字", "🦊", "house", "housing", "the", "éé", "x"]
    rng = np.random.default_rng(1)
    lines = [" ".join(rng.choice(corpus, 12)) for _ in range(300)]
    (tmp_path / "text").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for spans in ((3, 6), (1, 3), (5, 5), (2, 2), (0, 0)):
        theirs = fasttext.train_unsupervised(
            str(tmp_path / "text"),
            model="skipgram",
            dim=10,
            minCount=1,
            minn=spans[0],
            maxn=spans[1],
            bucket=2000,
            epoch=1,
            thread=1,
            verbose=0,
        )
        theirs.save_model(str(tmp_path / "x.bin"))

        read = embeddings.load(tmp_path / "x.bin")
        model = Subwords.open(tmp_path / "x.bin")

        assert list(read.words) == theirs.get_words()
        expected = [theirs.get_word_vector(word) for word in read.words]
        np.testing.assert_allclose(read.vectors, expected, atol=1e-5)
        np.testing.assert_allclose(model.vectors(read.words), expected, atol=1e-5)
        new = ["mispeling", "strasse", "漢", "🦊🦊", "ßß", "é漢🦊"] if spans[1] else []
        if spans == (5, 5):
            new = ["mispeling", "strasse", "漢字漢字", "🦊🦊🦊"]
        expected = [theirs.get_word_vector(word) for word in new]
        np.testing.assert_allclose(model.vectors(new), np.reshape(expected, (-1, 10)), atol=1e-5)
