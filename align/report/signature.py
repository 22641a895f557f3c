"""The signature says how a score was made, so that another can make it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align.record import Record


def signature(record: Record, retrieval: str | None = None) -> str:
    """Return one line without spaces: solver, settings, retrieval, OOV rule, version, seed.

    Parameters
    ----------
    record : Record
    retrieval : str, optional
        As a `Score` names it; by default CSLS with the record's neighbourhood.
    """
    return "|".join(
        [
            _solver(record.solver),
            f"norm:{record.normalize}",
            f"retrieval:{retrieval or f'csls{record.k}'}",
            "oov:skip",
            f"v:{record.versions.get('align-embeddings', 'unknown')}",
            f"seed:{record.seed}",
        ]
    )


def _solver(solver: Mapping[str, Any]) -> str:
    parts = [solver["name"]]
    for name, value in solver.items():
        if name != "name":
            shown = value["name"] if isinstance(value, Mapping) else value
            parts.append(f"{name}:{shown}")
    return "|".join(parts)
