"""Before aligning: will this pair work, from which seeds, at what risk."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from align.diagnosis.evidence import Evidence, measure
from align.diagnosis.outlook import Outlook, outlook
from align.retrieve import require_faiss
from align.steps import OnStep, silent
from dictionaries import Lexicon
from embeddings import Embeddings

__all__ = ["Diagnosis", "Evidence", "Outlook", "diagnose"]


@dataclass(frozen=True)
class Diagnosis:
    """What is known of a pair of languages before it is aligned.

    Parameters
    ----------
    outlook : Outlook
    evidence : Evidence
    """

    outlook: Outlook
    evidence: Evidence

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that fit in JSON; an infinite condition number is None."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


def diagnose(
    source: Embeddings,
    target: Embeddings,
    lexicon: Lexicon | None = None,
    *,
    on_step: OnStep = silent,
) -> Diagnosis:
    """Measure what two vocabularies have in common, and try quick maps on words held out.

    The vectors of the 20,000 most frequent words of each side are used, and all words.

    Parameters
    ----------
    source, target : Embeddings
    lexicon : Lexicon, optional
        A seed dictionary; without one, words and numerals that are spelled alike are the seeds.
    on_step : callable
        Told what is done.

    Raises
    ------
    ValueError
        If a side has fewer than 10 words, or if the vocabularies hold no pair of the lexicon.
    ImportError
        If FAISS is not installed.
    """
    require_faiss()
    if min(len(source), len(target)) < 10:
        raise ValueError(
            f"a diagnosis needs at least 10 words of each language, got {len(source)} and "
            f"{len(target)}"
        )
    found = measure(source, target, lexicon, on_step)
    return Diagnosis(outlook(found), found)


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever a dataclass holds
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
