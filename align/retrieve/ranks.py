"""The place of given targets among all, exact whatever search is in use."""

from __future__ import annotations

import numpy as np

from align.maps import Array
from align.retrieve.neighbours import Rows, in_pieces, scored, single
from align.steps import OnStep, Step, silent

BLOCK = 512  # pairs ranked at once


def ranks(
    queries: Array,
    base: Array,
    pairs: Rows,
    penalty: Array | None = None,
    *,
    on_step: OnStep = silent,
) -> Rows:
    """Count what a search with the same penalty puts before a row, and the row itself.

    Parameters
    ----------
    queries, base : (q, d) and (m, d) arrays
    pairs : (p, 2) array of int
        A row of ``queries`` and one of ``base``.
    penalty : (m,) array, optional
        Row j scores ``query . base[j] - penalty[j]``.

    Returns
    -------
    (p,) array of int
        From 1 to m; of equal scores, that of the first row is the lowest.
    """
    penalty = single(penalty)
    found = np.ones(len(pairs), dtype=np.intp)
    order = np.argsort(pairs[:, 0], kind="stable")
    for start in range(0, len(pairs), BLOCK):
        mine = order[start : start + BLOCK]
        rows, asked = np.unique(pairs[mine, 0], return_inverse=True)
        answers = pairs[mine, 1, None]
        own = scored(queries[pairs[mine, 0]], base, answers, penalty)
        for part, scores in in_pieces(queries[rows], base, penalty):
            line = scores[asked]
            before = np.arange(part.start, part.stop) < answers
            ahead = (line > own) | ((line == own) & before)
            found[mine] += np.count_nonzero(ahead, axis=1)
        on_step(Step("ranks", start + len(mine), len(pairs)))
    return found
