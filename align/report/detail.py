"""The whole of an evaluation as text: rules side by side, both directions, parts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from align.evaluate import RULES, Score
from align.record import Evaluation, Record
from align.report.signature import signature
from align.report.table import cell, dictionary


def detail_table(record: Record, evaluation: Evaluation) -> str:
    """Return all that was measured on a dictionary."""
    shared = evaluation.shared_with_seeds
    lines = [
        f"test      {dictionary(evaluation.test)}",
        f"leak      {shared.sources} source words, {shared.targets} target words and "
        f"{shared.pairs} pairs are also seeds",
    ]
    names = record.source.name, record.target.name
    for scores, pair in ((evaluation.forward, names), (evaluation.backward, names[::-1])):
        way = " -> ".join(pair)
        for score in scores:
            lines += ["", *_rules(f"{way}, {score.retrieval.upper()}", score)]
        lines += ["", *_parts(f"{way}, P@1", scores)]
    return "\n".join(
        [
            *lines,
            "",
            "percent [95 % bootstrap interval] hits/scored; out of vocabulary, a score counts",
            *(f"{oov:<10}{said}" for oov, said in RULES.items()),
            "",
            f"signature {signature(record, evaluation.scores, evaluation, oov=RULES)}",
        ]
    )


def _rules(title: str, score: Score) -> Iterator[str]:
    """Yield a line for each measure, with a column for each rule."""
    yield _line(title, [oov.upper() for oov in RULES])
    found = {(measure.name, measure.oov): cell(measure) for measure in score.measures}
    for name in dict.fromkeys(measure.name for measure in score.measures):
        yield _line(name, [found.get((name, oov), "") for oov in RULES])


def _parts(title: str, scores: tuple[Score, ...]) -> Iterator[str]:
    """Yield a line for each part of the dictionary, with a column for each retrieval."""
    yield _line(title, [score.retrieval.upper() for score in scores])
    rows = zip(*(score.parts for score in scores), strict=True)
    for by, group in groupby(rows, key=lambda row: row[0].by):
        yield f"by {by}"
        for row in group:
            yield _line(f"  {row[0].name}", [cell(part.measures[0]) for part in row])


def _line(head: str, cells: list[str]) -> str:
    """Return a line in columns; a heading stands over the numbers, whose first digit may lack."""
    indented = [one if one.startswith(" ") else f" {one}" for one in cells]
    return "".join([f"{head:<19}", *(f"{one:<32}" for one in indented)]).rstrip()
