"""Exact search by inner product, in blocks, with FAISS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from align.maps import Array
from align.steps import OnStep, Step, silent

BLOCK = 4096  # queries searched at once


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k best rows of a base for every query, best first; equal scores in order of row.

    Parameters
    ----------
    rows : (q, k) array of int
    scores : (q, k) array of float32
    """

    rows: npt.NDArray[np.intp]
    scores: npt.NDArray[np.float32]


def exact_search(
    queries: Array, base: Array, k: int, *, stage: str = "search", on_step: OnStep = silent
) -> Neighbours:
    """Find the k rows of ``base`` with the largest inner product with each query.

    Parameters
    ----------
    queries : (q, d) array
    base : (m, d) array
    k : int
        From 1 to m.
    stage : str
        What to call this search in the steps.
    on_step : callable
        Told the queries done after every block.

    Returns
    -------
    Neighbours
        Exact up to float32 rounding.

    Raises
    ------
    ValueError
        If there are fewer than k rows to choose from.
    ImportError
        If FAISS is not installed.
    """
    if not 1 <= k <= len(base):
        raise ValueError(
            f"k must be between 1 and the {len(base)} vectors that are searched, got {k}"
        )
    faiss = require_faiss()
    base = np.ascontiguousarray(base, dtype=np.float32)
    rows = np.empty((len(queries), k), dtype=np.intp)
    scores = np.empty((len(queries), k), dtype=np.float32)
    for start in range(0, len(queries), BLOCK):
        block = np.ascontiguousarray(queries[start : start + BLOCK], dtype=np.float32)
        found = faiss.knn(block, base, k, metric=faiss.METRIC_INNER_PRODUCT)
        order = np.lexsort((found[1], -found[0]), axis=1)
        rows[start : start + len(block)] = np.take_along_axis(found[1], order, axis=1)
        scores[start : start + len(block)] = np.take_along_axis(found[0], order, axis=1)
        on_step(Step(stage, start + len(block), len(queries)))
    return Neighbours(rows, scores)


def require_faiss() -> Any:  # noqa: ANN401  # a module without types
    """Return FAISS, or raise the ImportError that states the remedy."""
    try:
        import faiss
    except ImportError as error:
        raise ImportError(
            "retrieval needs faiss: pip install 'align-embeddings[cpu]' "
            "(or [gpu] on a machine with CUDA)"
        ) from error
    return faiss
