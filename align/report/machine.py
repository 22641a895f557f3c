"""A record as plain values, with the shares and signatures that a reader would have to compute."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from align.evaluate import RULES, Measure
from align.record import Evaluation, Record
from align.report.signature import signature

FORMAT = 6


def as_dict(record: Record) -> dict[str, Any]:
    """Return what ``run.json`` and ``--json`` hold."""
    data = {"format": FORMAT, "signature": signature(record), **asdict(record)}
    if record.evaluation is not None:
        data["evaluation"] = evaluation_dict(record, record.evaluation)
    return data


def evaluation_dict(record: Record, evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation with the value and coverage of every measure, and signatures."""
    data = asdict(evaluation)
    for score, plain in zip(evaluation.scores, data["scores"], strict=True):
        plain["signature"] = {
            oov: signature(record, [score], evaluation, oov=[oov]) for oov in RULES
        }
        plain["measures"] = [_measure(measure) for measure in score.measures]
        for part, group in zip(score.parts, plain["parts"], strict=True):
            group["measures"] = [_measure(measure) for measure in part.measures]
    return data


def _measure(measure: Measure) -> dict[str, Any]:
    return {**asdict(measure), "value": measure.value, "coverage": measure.coverage}
