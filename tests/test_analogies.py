import numpy as np
import pytest

import align
from align.evaluate import analogies, analogy
from align.normalize import unit
from align.tasks import Questions
from embeddings import Embeddings


def by_hand(vectors, question, way):
    """Return the best word by the definition of Levy and Goldberg (2014), in plain Python."""
    a, b, c = question
    scores = {}
    for d in range(len(vectors)):
        if d in question:
            continue
        to = [float(vectors[d] @ vectors[word]) for word in (a, b, c)]
        if way == "3cosadd":
            scores[d] = to[1] - to[0] + to[2]
        else:
            near = [(cosine + 1) / 2 for cosine in to]
            scores[d] = near[1] * near[2] / (near[0] + 0.001)
    return max(scores, key=scores.get)


@pytest.fixture
def asked(rng):
    """Vectors in double precision, and questions, some of which ask a word twice."""
    vectors = unit(rng.standard_normal((70, 6)))
    return vectors, rng.integers(0, 70, (50, 3))


@pytest.mark.parametrize("cells", [1, 64, 1 << 22])
@pytest.mark.parametrize("together", [1, 7, 256])
def test_answers_are_those_of_the_definition(asked, monkeypatch, cells, together):
    monkeypatch.setattr(analogy, "CELLS", cells)
    monkeypatch.setattr(analogy, "TOGETHER", together)

    found = analogies(*asked)

    for way, answers in zip(("3cosadd", "3cosmul"), found, strict=True):
        assert answers.tolist() == [by_hand(asked[0], q.tolist(), way) for q in asked[1]]


def test_3cosadd_is_the_cosine_to_one_vector(asked):
    vectors, questions = asked
    a, b, c = (vectors[questions[:, i]] for i in range(3))
    scores = unit(b - a + c) @ vectors.T
    np.put_along_axis(scores, questions, -np.inf, axis=1)

    [found] = analogies(vectors, questions, ("3cosadd",))

    assert found.tolist() == scores.argmax(axis=1).tolist()


def test_the_ways_differ_and_the_vectors_stay(asked):
    before = asked[0].copy()

    add, mul = analogies(*asked)

    assert (add != mul).any()
    np.testing.assert_array_equal(asked[0], before)


@pytest.mark.parametrize("cells", [1, 64])
def test_equal_scores_go_to_the_first_row(monkeypatch, cells):
    monkeypatch.setattr(analogy, "CELLS", cells)
    x = unit(np.array([[1, 0], [0, 1], [1, 1], [-1, 1], [-1, 1]], dtype=np.float32))

    assert analogies(x, np.array([[0, 1, 2]])).tolist() == [[3], [3]]


@pytest.fixture
def kings():
    """Words whose differences are exact: gender is one axis, rank and number others."""
    words = {
        "man": (1, 0, 0, 0.1),
        "woman": (-1, 0, 0, 0.1),
        "king": (1, 1, 0, 0.1),
        "queen": (-1, 1, 0, 0.1),
        "kings": (1, 1, 1, 0.1),
        "queens": (-1, 1, 1, 0.1),
        "noise": (0, 0, -1, 2),
    }
    return Embeddings(list(words), np.array(list(words.values())), name="en")


def test_analogies_are_counted_by_category(kings):
    questions = Questions(
        (
            ("Man", "Woman", "king", "queen"),
            ("man", "woman", "king", "noise"),
            ("man", "woman", "prince", "princess"),
            ("king", "kings", "queen", "queens"),
            ("tree", "trees", "house", "houses"),
        ),
        ("gender", "gender", "gender", "number", "plural"),
    )

    found = align.analogies(kings, questions)

    rows = [
        (category.name, measure.name, measure.hits, measure.scored, measure.missing)
        for category in found.categories
        for measure in category.measures
    ]
    assert rows == [
        ("gender", "3cosadd", 1, 2, 1),
        ("gender", "3cosmul", 1, 2, 1),
        ("number", "3cosadd", 1, 1, 0),
        ("number", "3cosmul", 1, 1, 0),
        ("total", "3cosadd", 2, 3, 2),
        ("total", "3cosmul", 2, 3, 2),
    ]
    assert [(category.name, category.questions) for category in found.categories] == [
        ("gender", 3),
        ("number", 1),
        ("plural", 1),
        ("total", 5),
    ]
    total = found.categories[-1].measures[0]
    assert total.coverage == pytest.approx(3 / 5)
    assert total.value == pytest.approx(2 / 3)


def test_the_length_of_vectors_does_not_matter(kings, rng):
    questions = Questions((("man", "woman", "king", "queen"),) * 2, ("a", "b"))
    longer = Embeddings(kings.words, kings.vectors * rng.uniform(0.1, 9, (7, 1)))

    assert (
        align.analogies(longer, questions).categories
        == align.analogies(kings, questions).categories
    )


def test_questions_of_another_language_are_told(kings):
    questions = Questions((("Mann", "Frau", "König", "Königin"),), ("",), "de.txt")

    with pytest.raises(ValueError, match="de.txt: en holds the four words of none of 1 questions"):
        align.analogies(kings, questions)
