"""Cross-domain similarity local scaling, as one exact inner-product search.

CSLS is ``2 cos(x, y) - r(x) - r(y)`` where ``r`` is the mean cosine of a vector to its k nearest
neighbours on the other side (Conneau et al., "Word translation without parallel data", ICLR 2018).
For one query ``r(x)`` is a constant, so the order of the targets is that of the inner product
``[2 x, -1] . [y, r(y)]``: the search needs one more dimension, and nothing of size n x m.
"""

from __future__ import annotations

import numpy as np

from align.maps import Array
from align.retrieve.search import Neighbours, exact_search
from align.steps import OnStep, silent


def neighbourhood_means(
    x: Array,
    y: Array,
    k: int,
    *,
    stage: str = "neighbourhoods",
    on_step: OnStep = silent,
) -> Array:
    """Return the mean cosine of each row of ``x`` to its k nearest rows of ``y``.

    Parameters
    ----------
    x, y : (n, d) and (m, d) arrays
        Rows of length 1 in one space.
    k : int
        At most m.

    Returns
    -------
    (n,) array
        In [-1, 1]; high for hubs.
    """
    scores = exact_search(x, y, k, stage=stage, on_step=on_step).scores
    means: Array = scores.mean(axis=1, dtype=np.float64).astype(np.float32)
    return means


def csls_search(
    queries: Array,
    base: Array,
    query_means: Array,
    base_means: Array,
    k: int,
    *,
    on_step: OnStep = silent,
) -> Neighbours:
    """Find the k rows of ``base`` with the highest CSLS for each query.

    Parameters
    ----------
    queries, base : (q, d) and (m, d) arrays
        Rows of length 1 in one space.
    query_means, base_means : (q,) and (m,) arrays
        `neighbourhood_means` of both, each over the whole other vocabulary.
    k : int
        At most m.

    Returns
    -------
    Neighbours
        Scores in [-4, 4]; higher is closer.
    """
    asked = np.hstack([2 * queries, np.full((len(queries), 1), -1, dtype=queries.dtype)])
    searched = np.hstack([base, base_means[:, None].astype(base.dtype)])
    found = exact_search(asked, searched, k, stage="CSLS", on_step=on_step)
    scores = (found.scores - query_means[:, None]).astype(np.float32, copy=False)
    return Neighbours(found.rows, scores)
