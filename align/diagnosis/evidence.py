"""`Evidence`: what is measured of a pair of languages before it is aligned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import dictionaries
from align.diagnosis.joint import Joint, joint
from align.diagnosis.seeds import Dictionary
from align.diagnosis.trial import HeldOut, tried
from align.diagnosis.vocabulary import Overlap, Vocabulary
from align.evaluate import Isomorphism, isomorphism
from align.gold import MIN_PAIRS, covered, rows_of
from align.normalize import Normalization
from align.problem import Problem
from align.steps import OnStep, Step, silent
from dictionaries import Lexicon
from embeddings import Embeddings

WORDS = 20_000  # of each language, in everything that takes vectors
STEPS = 4


@dataclass(frozen=True)
class Evidence:
    """What was measured.

    Parameters
    ----------
    source, target : Vocabulary
    overlap : Overlap
    dictionary : Dictionary or None
    measured : int
        The most frequent words of each language from which the following was measured, at most.
    seeds : tuple of (str, int)
        What a map can be learned from, with the source words among those measured: ``dictionary``,
        ``identical`` and ``numerals``, where there are ten pairs.
    trials : tuple of HeldOut
    joint : Joint or None
        By the first of the seeds; None where there are none.
    shape : Isomorphism
    """

    source: Vocabulary
    target: Vocabulary
    overlap: Overlap
    dictionary: Dictionary | None
    measured: int
    seeds: tuple[tuple[str, int], ...]
    trials: tuple[HeldOut, ...]
    joint: Joint | None
    shape: Isomorphism


def measure(
    source: Embeddings, target: Embeddings, lexicon: Lexicon | None, on_step: OnStep = silent
) -> Evidence:
    """Measure a pair; `align.diagnosis.diagnose` has the parameters and errors."""
    if lexicon is not None:
        covered("training", lexicon, source, target)  # its error, where nothing fits
    on_step(Step("diagnosis", 0, STEPS))
    a, b = _frequent(source), _frequent(target)
    problems = _problems(a, b, lexicon)
    first = next(iter(problems.values()), None)
    pairs = first.pairs if first else None
    on_step(Step("diagnosis", 1, STEPS))
    shape = isomorphism(a.vectors, b.vectors, pairs)
    on_step(Step("diagnosis", 2, STEPS))
    found = joint(first, on_step=on_step) if first else None
    on_step(Step("diagnosis", 3, STEPS))
    trials = tuple(tried(problems, on_step=on_step))
    on_step(Step("diagnosis", STEPS, STEPS))
    return Evidence(
        source=Vocabulary.of(source, "source"),
        target=Vocabulary.of(target, "target"),
        overlap=Overlap.of(source, target),
        dictionary=Dictionary.of(lexicon, source, target, problems.get("dictionary"))
        if lexicon is not None
        else None,
        measured=min(WORDS, max(len(source), len(target))),
        seeds=tuple((name, len(np.unique(p.pairs[:, 0]))) for name, p in problems.items()),
        trials=trials,
        joint=found,
        shape=shape,
    )


def _frequent(embeddings: Embeddings) -> Embeddings:
    """Keep the most frequent words, their vectors normalised as for a run."""
    _, vectors = Normalization.fitted(embeddings.vectors[:WORDS], "unit,center,unit")
    return replace(embeddings, words=embeddings.words[:WORDS], vectors=vectors)


def _problems(
    source: Embeddings, target: Embeddings, lexicon: Lexicon | None
) -> dict[str, Problem]:
    """Return a problem for each kind of seeds of which there are enough."""
    kinds = {
        "dictionary": (lexicon or Lexicon(())).within(source, target),
        "identical": dictionaries.identical(source.words, target.index),
        "numerals": dictionaries.numerals(source.words, target.index),
    }
    return {
        name: Problem(source.vectors, target.vectors, rows_of(seeds.pairs, source, target))
        for name, seeds in kinds.items()
        if len(seeds) >= MIN_PAIRS
    }
