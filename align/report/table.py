"""The short table that a command prints."""

from __future__ import annotations

from align.evaluate import Precision
from align.record import Evaluation, LexiconRecord, Record
from align.report.signature import signature


def run_table(record: Record) -> str:
    """Return a run's table: what was aligned with what, the scores, the signature."""
    lines = [
        f"{record.source.name} -> {record.target.name}   "
        f"{record.source.rows:,} x {record.target.rows:,} words, {_dimensions(record)} dimensions",
        f"seeds     {_dictionary(record.train)}",
    ]
    if record.solver["name"] == "refinement":
        lines.append(f"fitted    on {record.fitted_pairs:,} pairs of mutual neighbours")
    if record.evaluation is not None:
        return "\n".join([*lines, evaluation_table(record, record.evaluation)])
    return "\n".join([*lines, f"signature {signature(record)}"])


def evaluation_table(record: Record, evaluation: Evaluation) -> str:
    """Return the table of an evaluation: percent, 95 % interval and hits for each retrieval."""
    names = [score.retrieval for score in evaluation.scores]
    rows = zip(*(score.precisions for score in evaluation.scores), strict=True)
    return "\n".join(
        [
            f"test      {_dictionary(evaluation.test)}",
            "",
            "      " + "".join(f"{name.upper():<30}" for name in names).rstrip(),
            *(f"P@{row[0].k:<4}" + "".join(map(_cell, row)).rstrip() for row in rows),
            "",
            "          percent [95 % bootstrap interval] hits/words asked",
            f"signature {signature(record, evaluation=evaluation)}",
        ]
    )


def _dimensions(record: Record) -> str:
    dims = (record.source.dim, record.target.dim)
    return " and ".join(map(str, dict.fromkeys(dims)))


def _dictionary(lexicon: LexiconRecord) -> str:
    return f"{lexicon.coverage}   {lexicon.origin}".rstrip()


def _cell(precision: Precision) -> str:
    low, high = (100 * end for end in precision.interval)
    counts = f"{precision.hits}/{precision.scored}"
    return f"{100 * precision.value:5.1f} [{low:4.1f}, {high:4.1f}] {counts:<13}"
