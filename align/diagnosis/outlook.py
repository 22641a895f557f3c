"""`Outlook`: what the evidence says: will it work, from which seeds, how hard, at what risk.

The verdict rests on words held out, the difficulty on the relational similarity: of all measures,
these two foretold the outcome best where it is known (``python -m benchmarks diagnose``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from align.diagnosis.evidence import Evidence
from align.diagnosis.trial import HeldOut
from align.diagnosis.vocabulary import Vocabulary, in_common

Difficulty = Literal["easy", "middling", "hard", "unknown"]
Verdict = Literal["good", "fair", "poor", "none", "unknown"]
GOOD, FAIR, SOME = 0.3, 0.1, 0.01  # shares of words held out that are translated rightly
WIDE = 0.2  # an interval, of fewer than a hundred words
SMALL = 5_000  # words of a vocabulary
LOW = 0.5  # a smaller share of a dictionary that is covered is worth a remark
FOLDING = 1.05  # what folding case must gain to be worth it
CASED = 0.03  # of the words, where capitals were kept
DIRTY = 0.05  # of the pairs
HOPELESS = 0.9  # of the pairs: the dictionary is of no use
ALIKE = 0.5  # of the words, in scripts that both sides use
ODD = 0.02  # of the rows
EASY, RELATED = 0.4, 0.2  # relational similarity: of real pairs it was 0.29 to 0.51, by chance 0
ENOUGH = 500  # pairs of a dictionary: fewer, and words spelled alike, look more related


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
    difficulty : {'easy', 'middling', 'hard', 'unknown'}
        Of the pair, however many seeds there are: by the relational similarity; unknown without a
        dictionary, and for fewer than 500 pairs.
    lower : bool
        Whether to fold case.
    trial : HeldOut or None
        The one that decided.
    risks : tuple of str
        A sentence each.
    """

    verdict: Verdict
    seeds: str
    difficulty: Difficulty
    lower: bool
    trial: HeldOut | None
    risks: tuple[str, ...]


def outlook(evidence: Evidence) -> Outlook:
    """Judge the evidence."""
    best = max(_deciding(evidence.trials), key=lambda trial: trial.share, default=None)
    seeds = best.seeds if best else next((name for name, _ in evidence.seeds), "")
    risks = (*_of_seeds(evidence, seeds), *_of_the_trial(best), *_of_words(evidence))
    return Outlook(
        verdict=_verdict(best),
        seeds=seeds,
        difficulty=_difficulty(evidence),
        lower=_folds(evidence),
        trial=best,
        risks=risks,
    )


def _verdict(trial: HeldOut | None) -> Verdict:
    if trial is None:
        return "unknown"
    if trial.share < FAIR and trial.interval[0] < SOME:
        return "none"
    return "good" if trial.share >= GOOD else "fair" if trial.share >= FAIR else "poor"


def _difficulty(evidence: Evidence) -> Difficulty:
    shape = evidence.shape
    alike = shape.relational_similarity
    learned_from = [name for name, _ in evidence.seeds[:1]]
    if alike is None or learned_from != ["dictionary"] or shape.pairs < ENOUGH:
        return "unknown"
    return "easy" if alike >= EASY else "middling" if alike >= RELATED else "hard"


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
    if _difficulty(evidence) == "hard":
        yield "Both sides are hardly related: a wrong dictionary, or vectors of very unlike text."
    if seeds in ("identical", "numerals"):
        yield "Seeds by spelling alone: false friends and names are among them."
    if (dictionary := evidence.dictionary) is None:
        return
    if "dictionary" not in dict(evidence.seeds):
        yield "A dictionary too small to learn from: fewer than ten pairs of frequent words."
    if dictionary.coverage.share < LOW:
        yield (
            f"Most of the dictionary is unused: the vocabularies hold {dictionary.coverage}. "
            "Read more words, or look at its language, script and case."
        )
    if dictionary.doubtful > DIRTY * dictionary.audited:
        wrong = f"{dictionary.doubtful:,} of {dictionary.audited:,} pairs are probably wrong"
        yield f"A dirty dictionary: {wrong}, as {' '.join(dictionary.examples[0])}."
        if dictionary.doubtful < HOPELESS * dictionary.audited:
            yield "Words held out share its errors: the map may be better than the trial says."


def _of_the_trial(trial: HeldOut | None) -> Iterator[str]:
    if trial and trial.interval[1] - trial.interval[0] > WIDE:
        yield f"A small trial: only {trial.asked} words could be asked."


def _of_words(evidence: Evidence) -> Iterator[str]:
    source, target = evidence.source, evidence.target
    if _folds(evidence):
        yield "Capitals hide words that are the same in lower case: read both sides with --lower."
    elif (source.cased > CASED) != (target.cased > CASED):
        cased, other = (source, target) if source.cased > target.cased else (target, source)
        yield f"{cased.name} has capitals and {other.name} has none."
    if in_common(source.scripts, target.scripts) < ALIKE:
        yield "Different scripts: names and loan words are no help, and a dictionary is needed."
    for side in (source, target):
        yield from _of_side(side)


def _of_side(side: Vocabulary) -> Iterator[str]:
    if side.words < SMALL:
        yield f"{side.name} is small: {side.words:,} words. Few translations can be among them."
    if side.decomposed > ODD * side.words:
        yield (
            f"{side.name} has {side.decomposed:,} words that are not in composed form (NFC), which "
            "no dictionary finds: normalise the text and train again."
        )
    if side.zeros + side.copies > ODD * side.words:
        yield (
            f"{side.name} has {side.zeros:,} words without a vector, and {side.copies:,} that "
            "share another word's."
        )
