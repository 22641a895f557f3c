import numpy as np
import pytest

import embeddings
from embeddings.values import Defect

WORDS = ["house", "dog", "house", "tree", "sky"]


def letters(words):
    """Embed a word as its length and the code of its first letter."""
    return np.array([[len(word), ord(word[0])] for word in words])


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_every_word_is_encoded_once_in_order_in_any_batch(batch):
    asked, seen = [], []

    def encode(words):
        asked.append(words)
        return letters(words)

    value = embeddings.from_encoder(
        WORDS, encode, batch=batch, name="en", on_batch=lambda *done: seen.append(done)
    )

    assert value.words == ("house", "dog", "tree", "sky")
    np.testing.assert_array_equal(value.vectors, letters(value.words))
    assert value.name == "en"
    assert sum(asked, []) == list(value.words)
    assert max(map(len, asked)) == min(batch, 4)
    assert seen[-1] == (4, 4)
    assert value.report.remarks == ("1 duplicate left out (the first of each word is kept)",)


def test_tensors_are_taken_with_gradients_and_in_half_precision():
    torch = pytest.importorskip("torch")

    def encode(words):
        return torch.from_numpy(letters(words)).bfloat16().requires_grad_()

    value = embeddings.from_encoder(["a", "b"], encode)

    np.testing.assert_allclose(value.vectors, letters(["a", "b"]), rtol=0.01)


def test_a_word_that_the_encoder_makes_nothing_of_is_left_out_and_counted():
    def encode(words):
        return letters(words) * [[word not in ("dog", "sky")] for word in words]

    value = embeddings.from_encoder([*WORDS, "sky"], encode, batch=2)

    assert value.words == ("house", "tree")
    assert value.report.defects == (Defect("the encoder makes nothing of the word", 2, (2, 5)),)
    with pytest.raises(ValueError, match="nothing of any of the 2 words"):
        embeddings.from_encoder(["dog", "sky"], encode)


@pytest.mark.parametrize(
    ("encode", "message"),
    [
        (lambda words: np.ones(3), r"shape \(3,\) for 2 words from 'house' \(row 0\) on"),
        (lambda words: np.ones((1, 3)), r"shape \(1, 3\) .* expected \(2, d\)"),
        (lambda words: np.ones((len(words), 0)), r"shape \(2, 0\)"),
        (
            lambda words: np.ones((len(words), 1 + len(words[0]))),
            r"shape \(2, 5\) for 2 words from 'tree' \(row 2\) on; expected \(2, 6\)",
        ),
        (
            lambda words: np.array([[np.nan if word == "sky" else 1.0] for word in words]),
            r"gave 'sky' \(row 3\) a number that is not finite",
        ),
        (lambda words: np.full((len(words), 1), 1e300), "gave 'house' .* not finite"),
    ],
)
def test_an_encoder_that_gives_something_else_is_told_where(encode, message):
    with pytest.raises(ValueError, match=message):
        embeddings.from_encoder(WORDS, encode, batch=2)


@pytest.mark.parametrize(
    ("words", "batch", "message"),
    [
        ([], 1, "no words to encode"),
        ("time", 1, r"expected words, got the text 'time'; give \['time'\]"),
        (["a", ""], 1, "'' is no word"),
        (["a\tb"], 1, r"'a\\tb' is no word"),
        (["a"], 0, "a batch holds 1 word or more, got 0"),
    ],
)
def test_words_that_cannot_be_encoded_are_refused_before_any_is(words, batch, message):
    def never(words):
        raise AssertionError

    with pytest.raises(ValueError, match=message):
        embeddings.from_encoder(words, never, batch=batch)
