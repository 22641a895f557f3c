"""A record as plain values, with the shares and signatures that a reader would have to compute."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from align.record import Evaluation, Record
from align.report.signature import signature

FORMAT = 3


def as_dict(record: Record) -> dict[str, Any]:
    """Return what ``run.json`` and ``--json`` hold."""
    data = {"format": FORMAT, "signature": signature(record), **asdict(record)}
    if record.evaluation is not None:
        data["evaluation"] = evaluation_dict(record, record.evaluation)
    return data


def evaluation_dict(record: Record, evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation with the value and coverage of every precision, and signatures."""
    data = asdict(evaluation)
    for score, plain in zip(evaluation.scores, data["scores"], strict=True):
        plain["signature"] = signature(record, score.retrieval, evaluation)
        for precision, values in zip(score.precisions, plain["precisions"], strict=True):
            values["value"] = precision.value
            values["coverage"] = precision.coverage
    return data
