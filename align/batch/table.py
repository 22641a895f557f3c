"""The table of a batch: one row per score, tidy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from align.evaluate import Measure, Score
from align.record import Record
from align.report.signature import signature
from align.results import Results
from embeddings.files import replacing

if TYPE_CHECKING:
    import polars

NAME = "results"  # of the files


def frame(results: Results) -> polars.DataFrame:
    """Return one row per score; one with the error, and no score, for a run that failed."""
    import polars

    return polars.DataFrame(list(_rows(results)), schema=COLUMNS)


def write_tables(results: Results, folder: Path) -> polars.DataFrame:
    """Write the table as Parquet, CSV and JSON lines, each whole or not at all; return it."""
    table = frame(results)
    for suffix in ("parquet", "csv", "jsonl"):
        with replacing(folder / f"{NAME}.{suffix}") as beside:
            getattr(table, f"write_{'ndjson' if suffix == 'jsonl' else suffix}")(beside)
    return table


def _rows(results: Results) -> Iterator[dict[str, Any]]:
    for cell, result in results.cells:
        if result is None:
            continue
        told = {field.name: getattr(cell, field.name) for field in fields(cell)}
        told |= {name: getattr(result, name) for name in ("key", "error", "seconds", "memory")}
        record = result.record
        if record is None or record.evaluation is None:
            yield told
            continue
        told["outcome"] = record.verdict.outcome if record.verdict else None
        for score in record.evaluation.scores:
            for measure in score.measures:
                if measure.name in results.metrics:
                    yield told | _score(record, score, measure)


def _score(record: Record, score: Score, measure: Measure) -> dict[str, Any]:
    low, high = measure.interval
    return {
        "direction": score.direction,
        "retrieval": score.retrieval,
        "metric": measure.name,
        "oov": measure.oov,
        "value": measure.value,
        "low": low,
        "high": high,
        "scored": measure.scored,
        "missing": measure.missing,
        "signature": signature(record, [score], oov=[measure.oov]),
    }


COLUMNS: dict[str, Any] = {
    "pair": str,
    "method": str,
    "train_size": int,
    "fold": int,
    "seed": int,
    "direction": str,
    "retrieval": str,
    "metric": str,
    "oov": str,
    "value": float,
    "low": float,
    "high": float,
    "scored": int,
    "missing": int,
    "outcome": str,
    "error": str,
    "seconds": float,
    "memory": int,
    "key": str,
    "signature": str,
}
