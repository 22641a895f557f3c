"""The short table that a command prints."""

from __future__ import annotations

from align.evaluate import KS, Measure
from align.record import Evaluation, LexiconRecord, Record
from align.report.signature import signature


def run_table(record: Record) -> str:
    """Return a run's table: what was aligned with what, the scores, the signature."""
    lines = [
        f"{record.source.name} -> {record.target.name}   "
        f"{record.source.rows:,} x {record.target.rows:,} words, {_dimensions(record)} dimensions",
        f"seeds     {dictionary(record.train)}",
    ]
    lines += _choice(record)
    lines.append(f"fitted    on {record.fitted_pairs:,} pairs")
    if record.stopped:
        lines.append(f"stopped   {record.stopped}")
    if record.evaluation is not None:
        return "\n".join([*lines, evaluation_table(record, record.evaluation)])
    return "\n".join([*lines, f"signature {signature(record)}"])


def evaluation_table(record: Record, evaluation: Evaluation) -> str:
    """Return the table of an evaluation: percent, 95 % interval and hits for each retrieval."""
    names = [score.retrieval for score in evaluation.forward]
    rows = ((k, [score.at(k) for score in evaluation.forward]) for k in KS)
    return "\n".join(
        [
            f"test      {dictionary(evaluation.test)}",
            "",
            "      " + "".join(f"{name.upper():<30}" for name in names).rstrip(),
            *(f"P@{k:<4}" + "".join(map(cell, row)).rstrip() for k, row in rows),
            "",
            "          percent [95 % bootstrap interval] hits/words asked",
            f"signature {signature(record, evaluation=evaluation)}",
        ]
    )


def _choice(record: Record) -> list[str]:
    """Return what was chosen, and what the candidates scored on held-out seeds."""
    if not record.trials:
        return []
    asked = record.trials[0].asked
    width = max(len(trial.name) for trial in record.trials)
    lines = [f"chosen    {record.chosen}, by CSLS P@1 on {asked:,} held-out seed words:"]
    for trial in record.trials:
        score = trial.failure or f"{100 * trial.hits / trial.asked:5.1f}"
        lines.append(f"          {trial.name:<{width}}  {score}")
    return lines


def _dimensions(record: Record) -> str:
    dims = (record.source.dim, record.target.dim)
    return " and ".join(map(str, dict.fromkeys(dims)))


def dictionary(lexicon: LexiconRecord) -> str:
    """Return what the vocabularies hold of a dictionary, and where it is from."""
    return f"{lexicon.coverage}   {lexicon.origin}".rstrip()


def cell(measure: Measure) -> str:
    """Return percent, interval and counts."""
    low, high = (100 * end for end in measure.interval)
    hits = f"{measure.hits}/" if measure.name.startswith("P@") else "of "
    return f"{100 * measure.value:5.1f} [{low:4.1f}, {high:4.1f}] {hits}{measure.scored}".ljust(32)
