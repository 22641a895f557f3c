"""What a run scores, and what was chosen from, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from align.comparison import COMPARED, Compared, Comparison
from align.evaluate import RULES, Measure, Part, Rule, Score
from align.record import Evaluation, Record
from align.report.figures import LEVEL
from align.report.grid import Grid, in_short, signed

NAMES = ("P@1", "P@5", "P@10", "MRR", "MAP")
SAMPLE = 5  # words shown of those that one run alone gets right
UNITS = f"percent, with {LEVEL} bootstrap intervals over source words"


def scores_grid(record: Record, evaluation: Evaluation) -> Grid:
    """Return every measure of a run, in both directions, by every retrieval, under every rule."""
    rows = [
        (way(record, score), score.retrieval.upper(), rule, *_measures(score, rule))
        for score in evaluation.scores
        for rule in RULES
    ]
    rules = "; ".join(f"{rule}: {meaning}" for rule, meaning in RULES.items())
    columns = ("direction", "retrieval", "rule", *NAMES, "scored", "missing")
    caption = f"All scores in {UNITS}. What is scored, by the rule: {rules}."
    return Grid(caption, columns, tuple(rows), "lll" + "r" * 7)


def runs_grid(records: Mapping[str, Record]) -> Grid:
    """Return what each run scores on its own test dictionary, from source to target.

    Parameters
    ----------
    records : mapping
        From the name of each run to its record; one without scores is left out.
    """
    rows = [
        (name, way(record, score), score.retrieval.upper(), *_measures(score, "skip"))
        for name, record in records.items()
        for score in (record.evaluation.forward if record.evaluation else ())
    ]
    columns = ("run", "direction", "retrieval", *NAMES, "scored", "missing")
    caption = f"Each run on its own test dictionary, in {UNITS}. Scored are {RULES['skip']}."
    return Grid(caption, columns, tuple(rows), "lll" + "r" * 7)


def differences_grid(comparison: Comparison) -> Grid:
    """Return what all runs score on the same words, and how far each is from the first."""
    first, asked = comparison.runs[0], len(comparison.pairs.sources)
    rows = [
        (
            one.name,
            *(
                cell
                for name in COMPARED
                for cell in (_in_short(one.score.measure(name)), *_difference(one, name))
            ),
            f"{len(one.alone):,}",
            ", ".join(one.alone[:SAMPLE]),
        )
        for one in comparison.runs
    ]
    heads = (head for name in COMPARED for head in (name, "difference", "p"))
    columns = ("run", *heads, "right alone", "for instance")
    caption = (
        f"All runs on the same {asked:,} words by {first.score.retrieval.upper()}, in {UNITS}; "
        f"differences from {first.name}, with paired bootstrap intervals and the p of approximate "
        "randomisation, not corrected for the number of runs; and the words that one run alone "
        "gets right at once."
    )
    return Grid(caption, columns, tuple(rows), "l" + "rrr" * len(COMPARED) + "rl")


def parts_grid(evaluation: Evaluation) -> Grid:
    """Return P@1 from source to target on every part of the test dictionary."""
    scores = evaluation.forward
    rows = [
        (part.by, part.name, *map(_in_short, firsts), f"{firsts[0].scored:,}")
        for part, firsts in ((parts[0], [_first(p) for p in parts]) for parts in _parts(scores))
    ]
    names = tuple(f"P@1 {score.retrieval.upper()}" for score in scores)
    columns = ("by", "words", *names, "asked")
    caption = f"Where the map is good and where it is bad: P@1 in {UNITS}."
    return Grid(caption, columns, tuple(rows), "ll" + "r" * (len(names) + 1))


def trials_grid(record: Record) -> Grid:
    """Return what each candidate scored on held-out seeds, the chosen one first."""
    trials = sorted(record.trials, key=lambda trial: (trial.name != record.chosen, -trial.hits))
    rows = [
        (
            trial.name,
            trial.failure or ("chosen" if trial.name == record.chosen else ""),
            f"{100 * trial.hits / trial.asked:.1f}" if trial.asked and not trial.failure else "",
        )
        for trial in trials
    ]
    caption = (
        f"What was chosen from: CSLS P@1, in percent, on {record.trials[0].asked:,} held-out seed "
        "words. The test dictionary takes no part."
    )
    return Grid(caption, ("candidate", "", "P@1"), tuple(rows), "llr")


def way(record: Record, score: Score) -> str:
    """Return the direction of a score, as ``en to fr``."""
    names = record.source.name, record.target.name
    return " to ".join(names if score.direction == "forward" else names[::-1])


def _parts(scores: Iterable[Score]) -> Iterable[tuple[Part, ...]]:
    """Return each part with the scores of all retrievals."""
    return zip(*(score.parts for score in scores), strict=True)


def _first(part: Part) -> Measure:
    return next(measure for measure in part.measures if measure.name == "P@1")


def _measures(score: Score, rule: Rule) -> tuple[str, ...]:
    """Return a cell for each measure, empty where the rule has none, and the counts."""
    found = {m.name: m for m in score.measures if m.oov == rule}
    any_ = next(iter(found.values()))
    cells = (_in_short(found[name]) if name in found else "" for name in NAMES)
    return (*cells, f"{any_.scored:,}", f"{any_.missing:,}")


def _difference(one: Compared, name: str) -> tuple[str, str]:
    for found in one.differences:
        if found.name == name:
            value, low, high = (signed(100 * each) for each in (found.value, *found.interval))
            return f"{value} [{low}, {high}]", f"{found.p:.4f}"
    return "", ""


def _in_short(measure: Measure) -> str:
    return in_short(measure.value, measure.interval)
