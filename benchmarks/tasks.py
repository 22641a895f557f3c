"""Word similarity, analogies and sentences, before and after mapping; runs stay in ALIGN_RUNS."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import align
from align import Best, Procrustes
from align.evaluate import Correlation, Measure
from align.report.signature import task_signature
from align.tasks import read_pairs, read_questions, read_sentences
from benchmarks.data import DATA, muse, vectors
from embeddings import Embeddings

PAIRS = ("en-es", "en-de", "en-fr")
SOLVERS = {"procrustes": Procrustes(), "best": Best()}
STATES = ("as read", "normalised", *SOLVERS)
TATOEBA = {"es": "spa", "de": "deu", "fr": "fra", "en": "eng"}
RUNS = Path(os.environ.get("ALIGN_RUNS", "runs"))

Sides = tuple[Embeddings, Embeddings]


def main() -> None:
    """Print the tables of each pair of languages."""
    print(
        "Wikipedia vectors (fr: novels), 50,000 words x 300; maps from 5,000 MUSE seeds. The first "
        "two columns are before mapping (across languages that is chance), the others after.\n\n"
        "Word similarity: 100 x Spearman's correlation [95 % interval], Pearson's, their harmonic "
        "mean. oov skip: pairs that are not covered left out; middle: given 0.5. There is no list "
        "for French.\n\nAnalogies: percent right of those asked, by 3CosAdd, by 3CosMul. "
        "Procrustes rotates, so that no cosine of one language changes.\n\nSentences: 1,000 pairs "
        "of Tatoeba. P@1 [95 % interval], P@5, P@10 in percent; sentences without a known word "
        "are wrong. Mining: F1 [95 % interval], precision, recall, the threshold chosen on the "
        "same pairs or on the other half.\n"
    )
    for pair in PAIRS:
        runs = {name: run(pair, name) for name in SOLVERS}
        codes = pair.split("-")
        read = vectors(codes[0]), vectors(codes[1])
        alignment = runs["best"].alignment
        maps = zip(read, (alignment.source, alignment.target), strict=True)
        normalised = tuple(replace(side, vectors=recipe(side.vectors)) for side, recipe in maps)
        states = [read, normalised, *((one.source, one.target) for one in runs.values())]
        print(f"## {pair}\n")
        similarity(codes, states)
        analogies(states)
        sentences(codes, states)
        for one in runs.values():
            print(f"`{task_signature(one.record, [])}`")
        print(flush=True)


def run(pair: str, name: str) -> align.Run:
    """Return the run of a solver, made before or now."""
    folder = RUNS / f"{pair}-{name}"
    if folder.exists():
        return align.load(folder)
    source, target = (vectors(code) for code in pair.split("-"))
    made = align.supervised(source, target, muse(pair, "train"), solver=SOLVERS[name])
    align.save(made, folder)
    return made


def head(*titles: str) -> None:
    """Print the head of a table whose last columns are the states."""
    row = (*titles, *STATES)
    print(f"| {' | '.join(row)} |\n|{'---|' * len(row)}")


def similarity(codes: list[str], states: Iterable[Sides]) -> None:
    """Print every list of the two languages, and that across them."""
    head("list", "words", "covered", "oov")
    folder = DATA / "similarity"
    for place, code in enumerate(codes):
        found = sorted((folder / code).glob(f"{code.upper()}_*.txt"))
        for path in found:
            rows(path, code, [(state[place], state[place]) for state in states])
        if not found:
            print(f"| none | {code} |{' |' * (2 + len(STATES))}")
    across = folder / f"{'-'.join(codes)}-SEMEVAL17.txt"
    if across.exists():
        rows(across, "-".join(codes), states)
    else:
        print(f"| none | {'-'.join(codes)} |{' |' * (2 + len(STATES))}")
    print()


def rows(path: Path, words: str, states: Iterable[Sides]) -> None:
    """Print the rows of one list, one for each rule for missing pairs."""
    pairs = read_pairs(path)
    found = [align.similarity(first, pairs, second).scores for first, second in states]
    for scores in zip(*found, strict=True):
        one = scores[0]
        cells = " | ".join(correlations(score) for score in scores)
        print(
            f"| {pairs.record.name} | {words} | {one.covered:,}/{one.pairs:,} | {one.missing} | "
            f"{cells} |",
            flush=True,
        )


def analogies(states: Iterable[Sides]) -> None:
    """Print Google's analogies in the source language, by category."""
    questions = read_questions(DATA / "similarity" / "en" / "questions-words.txt")
    head("analogies, en", "asked")
    found = [align.analogies(source, questions).categories for source, _ in states]
    for categories in zip(*found, strict=True):
        one = categories[0]
        cells = [", ".join(percent(way) for way in category.measures) for category in categories]
        asked = f"{one.measures[0].scored:,}/{one.questions:,}"
        print(f"| {one.name} | {asked} | {' | '.join(cells)} |")
    print(flush=True)


def sentences(codes: list[str], states: Iterable[Sides]) -> None:
    """Print retrieval in both directions, and mining."""
    name = f"tatoeba.{TATOEBA[codes[1]]}-eng"
    texts = tuple(read_sentences(DATA / "sentences" / f"{name}.{TATOEBA[code]}") for code in codes)
    found = [align.sentences(state, texts) for state in states]
    known = ", ".join(
        f"{count:,} of {tokens:,} words of {code} are known"
        for count, tokens, code in zip(found[0].known, found[0].tokens, codes, strict=True)
    )
    print(f"{known}.\n")
    head("sentences", "unknown")
    for ways in zip(*(one.retrieved for one in found), strict=True):
        cells = [
            ", ".join([interval(way.measures[0]), *map(percent, way.measures[1:])]) for way in ways
        ]
        title = f"{' to '.join(ways[0].languages)}, {ways[0].retrieval}"
        print(f"| {title} | {ways[0].measures[0].missing} | {' | '.join(cells)} |")
    for mined in zip(*(one.mined for one in found), strict=True):
        cells = [
            f"{span(way.f1, way.interval)}, {100 * way.precision:.1f}, {100 * way.recall:.1f}"
            for way in mined
        ]
        print(f"| mining, {mined[0].candidates}, {mined[0].threshold} | | {' | '.join(cells)} |")
    print(flush=True)


def correlations(score: Correlation) -> str:
    """Return the three figures of a list."""
    first = span(score.spearman.value, score.spearman.interval)
    return f"{first}, {100 * score.pearson.value:.1f}, {100 * score.harmonic.value:.1f}"


def interval(measure: Measure) -> str:
    """Return percent with its interval."""
    return span(measure.value, measure.interval)


def span(value: float, ends: tuple[float, float]) -> str:
    """Return 100 times a value and the ends of its interval."""
    return f"{100 * value:.1f} [{100 * ends[0]:.1f}, {100 * ends[1]:.1f}]"


def percent(measure: Measure) -> str:
    """Return percent."""
    return f"{100 * measure.value:.1f}"
