"""`Outlook`: what the evidence says: will it work, from which seeds, at what risk.

The verdict rests on words held out, and what is said of few seeds on the relational similarity:
these foretold the outcome where it is known. ``python -m benchmarks diagnose`` prints every measure
beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from align.diagnosis.evidence import Evidence
from align.diagnosis.trial import HeldOut
from align.diagnosis.vocabulary import Vocabulary, in_common

Verdict = Literal["good", "fair", "poor", "none", "unknown"]
GOOD, FAIR, SOME = 0.3, 0.1, 0.01  # shares of words held out that are translated rightly
WIDE = 0.2  # an interval, of fewer than a hundred words
SMALL = 5_000  # words of a vocabulary
LOW = 0.5  # a smaller share of a dictionary that is covered is worth a remark
FOLDING = 1.05  # what folding case must gain to be worth it
CASED = 0.03  # of the words, where capitals were kept
DIRTY = 0.05  # of the pairs
ALIKE = 0.5  # of the words, in scripts that both sides use
ODD = 0.02  # of the rows
RELATED = 0.2  # relational similarity: of real pairs it was 0.29 or more, by chance 0.00
ENOUGH_PAIRS = 50  # for a relational similarity


@dataclass(frozen=True)
class Outlook:
    """What to expect, and what to do.

    Parameters
    ----------
    verdict : {'good', 'fair', 'poor', 'none', 'unknown'}
        By the best trial: 30 of 100 words right or more, 10 or more, some, none; unknown where
        there is nothing to learn from.
    seeds : str
        What to learn from: ``dictionary``, ``identical`` or ``numerals``; empty where there is
        nothing.
    lower : bool
        Whether to fold case.
    trial : HeldOut or None
        The one that decided.
    risks : tuple of str
        A sentence each.
    """

    verdict: Verdict
    seeds: str
    lower: bool
    trial: HeldOut | None
    risks: tuple[str, ...]


def outlook(evidence: Evidence) -> Outlook:
    """Judge the evidence."""
    best = max(_deciding(evidence.trials), key=lambda trial: trial.share, default=None)
    seeds = best.seeds if best else next((name for name, _ in evidence.seeds), "")
    risks = (*_of_seeds(evidence, seeds), *_of_the_trial(best), *_of_words(evidence))
    return Outlook(_verdict(best), seeds, _folds(evidence), best, risks)


def _verdict(trial: HeldOut | None) -> Verdict:
    if trial is None:
        return "unknown"
    if trial.share < FAIR and trial.interval[0] < SOME:
        return "none"
    return "good" if trial.share >= GOOD else "fair" if trial.share >= FAIR else "poor"


def _deciding(trials: tuple[HeldOut, ...]) -> list[HeldOut]:
    """Return the trials of the first seeds; of all, where others are better beyond doubt."""
    first = [trial for trial in trials if trial.seeds == trials[0].seeds]
    high = max((trial.interval[1] for trial in first), default=0.0)
    return first + [trial for trial in trials if trial.interval[0] > high]


def _folds(evidence: Evidence) -> bool:
    """Whether folding case would cover more of the dictionary, or spell more words alike."""
    if evidence.dictionary is not None:
        covered, folded = evidence.dictionary.coverage.words_covered, evidence.dictionary.folded
    else:
        covered, folded = evidence.overlap.identical, evidence.overlap.folded
    return folded > FOLDING * covered


def _of_seeds(evidence: Evidence, seeds: str) -> Iterator[str]:
    words = dict(evidence.seeds).get(seeds, 0)
    dim = min(evidence.source.dim, evidence.target.dim)
    if not seeds:
        yield "No seeds: no dictionary, and hardly a word or number that both sides spell alike."
    elif words < dim:
        yield f"Few seeds: {words:,} words for {dim} dimensions. More of them would help most."
    if (alike := evidence.shape.relational_similarity) is not None:
        yield from _of_shape(alike, evidence.shape.pairs, few=words < dim)
    if seeds in ("identical", "numerals"):
        yield "Seeds by spelling alone: false friends and names are among them."
    if (dictionary := evidence.dictionary) is None:
        return
    if dictionary.coverage.share < LOW:
        yield (
            f"Most of the dictionary is unused: the vocabularies hold {dictionary.coverage}. "
            "Read more words, or look at its language, script and case."
        )
    if dictionary.doubtful > DIRTY * dictionary.audited:
        yield (
            f"A dirty dictionary: {dictionary.doubtful:,} of {dictionary.audited:,} pairs are "
            f"probably wrong, as {' '.join(dictionary.examples[0])}. Held-out words share the "
            "errors, so the map may be better than the trial says."
        )


def _of_shape(alike: float, pairs: int, *, few: bool) -> Iterator[str]:
    if pairs < ENOUGH_PAIRS:
        return
    if alike < RELATED:
        yield (
            f"The two sides are hardly related (relations {alike:.2f}): a wrong dictionary, or "
            "vectors of very different text."
        )
    elif few:
        yield f"But the two sides are related (relations {alike:.2f}), which speaks for the pair."


def _of_the_trial(trial: HeldOut | None) -> Iterator[str]:
    if trial and trial.interval[1] - trial.interval[0] > WIDE:
        yield f"A small trial: only {trial.asked} words could be asked."


def _of_words(evidence: Evidence) -> Iterator[str]:
    source, target = evidence.source, evidence.target
    if _folds(evidence):
        yield "Capitals hide words that are the same in lower case: read both sides with --lower."
    elif (source.cased > CASED) != (target.cased > CASED):
        cased, other = (source, target) if source.cased > target.cased else (target, source)
        yield f"{cased.name or 'One side'} has capitals and {other.name or 'the other'} has none."
    if in_common(source.scripts, target.scripts) < ALIKE:
        yield "Different scripts: names and loan words are no help, and a dictionary is needed."
    for side in (source, target):
        yield from _of_side(side)


def _of_side(side: Vocabulary) -> Iterator[str]:
    name = side.name or "One side"
    if side.words < SMALL:
        yield f"{name} is small: {side.words:,} words. Few translations can be among them."
    if side.decomposed > ODD * side.words:
        yield (
            f"{name} has {side.decomposed:,} words that are not in composed form (NFC), which no "
            "dictionary finds: normalise the text and train again."
        )
    if side.zeros + side.copies > ODD * side.words:
        yield (
            f"{name} has {side.zeros:,} words without a vector, and {side.copies:,} that share "
            "another word's."
        )
