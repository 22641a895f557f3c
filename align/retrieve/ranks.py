"""The place of given targets among all, exact whatever search is in use."""

from __future__ import annotations

import numpy as np

from align.maps import Array
from align.retrieve.neighbours import PIECE, Rows, scored, single
from align.steps import OnStep, Step, silent

BLOCK = 512  # pairs ranked at once
ROUNDING = 2.0**-24  # of a number in single precision, relative


def ranks(
    queries: Array,
    base: Array,
    pairs: Rows,
    penalty: Array | None = None,
    *,
    on_step: OnStep = silent,
) -> Rows:
    """Count what a search with the same penalty puts before a row, and the row itself.

    A product in single precision tells most of it; what lies within its rounding of the row's own
    score is computed in double precision, as `scored` does.

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
    from align.retrieve.kernels import places  # compiled; `import align` is light

    penalty = single(penalty)
    found = np.ones(len(pairs), dtype=np.intp)
    order = np.argsort(pairs[:, 0], kind="stable")
    reach, most = _longest(base), 0 if penalty is None else np.abs(penalty).max()
    for start in range(0, len(pairs), BLOCK):
        mine = order[start : start + BLOCK]
        rows, asked = np.unique(pairs[mine, 0], return_inverse=True)
        few, (sources, answers) = queries[rows].astype(np.float32), pairs[mine].T
        own = scored(queries[sources], base, answers[:, None], penalty)[:, 0]
        doubt = np.float32((base.shape[1] + 8) * ROUNDING * (_longest(few) * reach + most))
        ahead = np.zeros(len(mine), dtype=np.intp)
        for left in range(0, len(base), PIECE):
            part = slice(left, left + PIECE)
            rough = few @ base[part].astype(np.float32, copy=False).T
            if penalty is not None:
                rough -= penalty[part]
            close = places(rough, asked, own - doubt, own + doubt, ahead)
            for some in np.split(close, range(BLOCK, len(close), BLOCK)):
                i, j = some[:, 0], some[:, 1] + left
                exact = scored(queries[sources[i]], base, j[:, None], penalty)[:, 0]
                before = (exact > own[i]) | ((exact == own[i]) & (j < answers[i]))
                ahead += np.bincount(i[before], minlength=len(mine))
        found[mine] += ahead
        on_step(Step("ranks", start + len(mine), len(pairs)))
    return found


def _longest(rows: Array) -> float:
    return float(np.sqrt(np.einsum("ij,ij->i", rows, rows).max()))
