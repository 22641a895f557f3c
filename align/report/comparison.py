"""A `Comparison` as text, as plain values, and as a table of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from align.comparison import COMPARED, Compared, Comparison, Difference
from align.evaluate.resampling import FLIPS, RESAMPLES
from align.report.machine import evaluation_dict
from align.report.signature import signature
from align.report.table import cell

CHANCE = 0.05  # a smaller p is marked
SAMPLE = 8  # words shown of each run


def comparison_table(comparison: Comparison) -> str:
    """Return the scores, the differences from the first run, and words that one alone gets."""
    first, *others = comparison.runs
    asked = len(comparison.pairs.sources)
    width = max(len(one.name) for one in comparison.runs) + 2
    lines = [
        f"words     {asked:,} asked of every run; {comparison.dropped:,} only some can answer, "
        f"{comparison.missing:,} none   {comparison.pairs.origin}".rstrip()
    ]
    lines += [
        f"leak      {shared:,} of them were seeds of {one.name}"
        for one in comparison.runs
        if (shared := one.evaluation.shared_with_seeds.sources)
    ]
    for name in COMPARED:
        head = f"{name}, {first.score.retrieval.upper()}"
        lines += ["", f"{head:<{width}}{'':<33}difference from {first.name}"]
        for one in comparison.runs:
            apart = [_apart(d) for d in one.differences if d.name == name]
            row = f"{one.name:<{width}}{cell(one.score.measure(name))}"
            lines.append("".join([row, *apart]).rstrip())
    lines += ["", "right at once in this run alone"]
    lines += [f"{one.name:<{width}}{_sample(one)}" for one in comparison.runs]
    corrected = ", not corrected for the number of runs" if len(others) > 1 else ""
    return "\n".join(
        [
            *lines,
            "",
            f"percent [95 % interval] hits/words; differences: paired bootstrap ({RESAMPLES:,} "
            f"resamples), p by approximate randomisation ({FLIPS:,}){corrected}; "
            f"* p < {CHANCE}; seed {comparison.seed}",
            *(
                f"signature {one.name}: {signature(one.record, [one.score], one.evaluation)}"
                for one in comparison.runs
            ),
        ]
    )


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """Return what ``--json`` holds: all scores and tests, and all words."""
    return {
        "dropped": comparison.dropped,
        "missing": comparison.missing,
        "seed": comparison.seed,
        "words": comparison.pairs.sources,
        "runs": [
            {
                "name": one.name,
                "evaluation": evaluation_dict(one.record, one.evaluation),
                "differences": [asdict(difference) for difference in one.differences],
                "ranks": one.best,
                "right_alone": one.alone,
            }
            for one in comparison.runs
        ],
    }


def comparison_words(comparison: Comparison) -> Iterator[str]:
    """Yield a header and a line for each word, its columns separated by tabs.

    The word, its right answers, the rank that each run gives the first of these, and the name of
    the run that alone gets it right at once, if there is one.
    """
    runs = comparison.runs
    answers: dict[str, list[str]] = {}
    for source, target in comparison.pairs.pairs:
        answers.setdefault(source, []).append(target)
    alone = {word: one.name for one in runs for word in one.alone}
    yield "\t".join(["word", "answers", *(one.name for one in runs), "alone"])
    for i, word in enumerate(comparison.pairs.sources):
        ranks = [str(one.best[i]) for one in runs]
        yield "\t".join([word, " | ".join(answers[word]), *ranks, alone.get(word, "")])


def _apart(difference: Difference) -> str:
    low, high = (100 * end for end in difference.interval)
    mark = " *" if difference.p < CHANCE else ""
    value = f"{100 * difference.value:+6.1f} [{low:+5.1f}, {high:+5.1f}]"
    return f"{value}  p {difference.p:.4f}{mark}"


def _sample(one: Compared) -> str:
    shown = ", ".join(one.alone[:SAMPLE])
    more = ", ..." if len(one.alone) > SAMPLE else ""
    return f"{len(one.alone):>5,}  {shown}{more}".rstrip()
