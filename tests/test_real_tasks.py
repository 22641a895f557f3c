"""Recorded scores of tasks on real vectors that must not fall."""

import pytest

import align
import dictionaries
import embeddings
from align import Procrustes
from align.tasks import read_pairs, read_questions, read_sentences

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def english(data):
    return embeddings.load(data / "vectors" / "en.npz")


# Beside each bound: what was measured on 2026-11-20.


@pytest.mark.parametrize(
    ("name", "covered", "spearman"),
    [("WS-353-ALL", 351, 0.700), ("SIMLEX-999", 982, 0.325), ("SEMEVAL17", 346, 0.689)],
)
def test_similarity_of_english(data, english, name, covered, spearman):
    pairs = read_pairs(data / "similarity" / "en" / f"EN_{name}.txt")

    score = align.similarity(english, pairs).scores[0]

    assert score.covered == covered
    assert score.spearman.value > spearman


def test_analogies_of_english(data, english):
    found = align.analogies(english, read_questions(data / "similarity/en/questions-words.txt"))

    add, mul = found.categories[-1].measures
    assert (add.scored, add.missing) == (16377, 3167)
    assert add.value > 0.433  # 0.434
    assert mul.value > 0.475  # 0.477


@pytest.fixture(scope="module")
def frequent(english):
    """The 5,000 most frequent words, and the same for gensim, an independent tool."""
    pytest.importorskip("gensim")
    few = embeddings.Embeddings(english.words[:5000], english.vectors[:5000], name="en")
    return few, embeddings.to_keyed_vectors(few)


@pytest.mark.parametrize("name", ["WS-353-ALL", "SEMEVAL17", "MEN-TR-3k"])
def test_similarity_is_that_of_gensim(data, frequent, name):
    few, theirs = frequent
    path = data / "similarity" / "en" / f"EN_{name}.txt"
    spaces = name == "MEN-TR-3k"

    found = align.similarity(few, read_pairs(path)).scores[0]

    pearson, spearman, missing = theirs.evaluate_word_pairs(
        path, case_insensitive=True, delimiter=" " if spaces else "\t"
    )
    assert found.pearson.value == pytest.approx(pearson.statistic, abs=1e-6)
    assert found.spearman.value == pytest.approx(spearman.statistic, abs=1e-6)
    assert 100 * (1 - found.coverage) == pytest.approx(missing)


def test_3cosadd_is_that_of_gensim(data, frequent):
    few, theirs = frequent
    path = data / "similarity" / "en" / "questions-words.txt"

    found = align.analogies(few, read_questions(path))

    _, sections = theirs.evaluate_word_analogies(path, case_insensitive=True)
    expected = {part["section"]: len(part["correct"]) for part in sections}
    ours = {category.name: category.measures[0].hits for category in found.categories}
    assert ours.pop("total") == expected.pop("Total accuracy") == 1594
    assert {name: hits for name, hits in ours.items() if hits} == {
        name: hits for name, hits in expected.items() if hits
    }


@pytest.mark.slow
def test_tasks_across_english_and_spanish(data, english):
    spanish = embeddings.load(data / "vectors" / "es.npz")
    train = dictionaries.load(data / "dictionaries" / "muse" / "en-es.0-5000.txt")
    run = align.supervised(english, spanish, train, solver=Procrustes())
    vectors = run.source, run.target

    pairs = read_pairs(data / "similarity" / "en-es-SEMEVAL17.txt")
    across = align.similarity(run.source, pairs, run.target).scores
    texts = (
        read_sentences(data / "sentences" / f"tatoeba.spa-eng.{code}") for code in ("eng", "spa")
    )
    found = align.sentences(vectors, tuple(texts))

    assert across[0].covered == 652
    assert across[0].harmonic.value > 0.69  # 0.702
    assert across[1].harmonic.value > 0.37  # 0.384
    assert found.retrieved[1].measures[0].value > 0.62  # csls10, en to es: 0.634
    assert found.mined[4].f1 > 0.67  # max, threshold on the same pairs: 0.688


@pytest.mark.parametrize("folder", ["en", "de", "es", "."])
def test_published_lists_are_read_whole(data, folder):
    for path in sorted((data / "similarity" / folder).glob("*[-_]*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        read = read_questions(path).words if "questions" in path.name else read_pairs(path).pairs
        assert len(read) == sum(not line.startswith(":") for line in lines), path
