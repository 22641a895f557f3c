"""Corrections of the cosine for hubs: each is a penalty on the rows that are searched.

For one query, CSLS [1]_ ``2 cos(x, y) - r(x) - r(y)`` orders the targets as ``cos(x, y) - r(y)/2``
does, and the inverted softmax [2]_ as ``cos(x, y) - T log sum_x' exp(cos(x', y) / T)`` does.
Agreement [3]_ ``csls(x, y) - RIVAL (max_x' csls(x', y) - csls(x, y))`` has `agreement_penalty`.

References
----------
.. [1] Conneau et al., "Word translation without parallel data", ICLR 2018.
.. [2] Smith et al., "Offline bilingual word vectors, orthogonal transformations and the inverted
   softmax", ICLR 2017.
.. [3] After Dinu et al., "Improving zero-shot learning by mitigating the hubness problem", ICLR
   2015, workshop.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from align.maps import Array
from align.retrieve.neighbours import Neighbours, Rows
from align.steps import OnStep, Step, silent

TOGETHER = 1 << 22  # scores held at once by `log_partition`
ROUNDING = 1e-6
RIVAL = 0.25  # of what the best source of a target is ahead, that agreement takes off


def csls_best(there: Neighbours, back: Neighbours) -> tuple[Rows, Array, npt.NDArray[np.bool_]]:
    """Find the target with the highest CSLS of every source, from the neighbours alone.

    A pair that is in neither list has a cosine of at most ``t``, the source's last, and of at most
    the target's last, which its mean ``r(y)`` is not below. So ``2 cos - r(y) <= t``: where the
    best of the listed pairs is above ``t``, it is the best of all.

    Parameters
    ----------
    there : Neighbours
        The k nearest targets of n sources.
    back : Neighbours
        The k nearest sources of m targets.

    Returns
    -------
    rows : (n,) array of int
        The first of equals.
    scores : (n,) array
        CSLS, in [-4, 4].
    certain : (n,) array of bool
        Where the argument above holds; elsewhere a search must decide. Of neighbours that a fast
        search found, it holds as far as these are the true ones.
    """
    n, m = len(there.rows), len(back.rows)
    sources = np.concatenate([np.repeat(np.arange(n), there.k), back.rows.ravel()])
    targets = np.concatenate([there.rows.ravel(), np.repeat(np.arange(m), back.k)])
    cosines = np.concatenate([there.scores.ravel(), back.scores.ravel()]).astype(np.float64)
    values = 2 * cosines - back.means[targets]
    best = np.full(n, -np.inf)
    np.maximum.at(best, sources, values)
    rows = np.full(n, m, dtype=np.intp)
    first = values == best[sources]
    np.minimum.at(rows, sources[first], targets[first])
    certain = best > there.scores[:, -1] + ROUNDING
    return rows, (best - there.means).astype(np.float32), certain


def agreement_penalty(means: Array, best: Array) -> Array:
    """Return what agreement takes off the cosine with each target.

    Parameters
    ----------
    means : (m,) array
        Of the cosines of a target's neighbourhood.
    best : (m,) array
        The CSLS of its best source.
    """
    penalty: Array = means / 2 + RIVAL / (2 + 2 * RIVAL) * best
    return penalty


def log_partition(
    x: Array, y: Array, top: Array, temperature: float, *, on_step: OnStep = silent
) -> Array:
    """Return ``log sum_i exp(x_i . y_j / T)`` for every row of ``y``.

    Parameters
    ----------
    x, y : (n, d) and (m, d) arrays
        Rows of length 1.
    top : (m,) array
        The largest product of each row of ``y``: what is left of it cannot overflow.
    temperature : float
        T, above 0.

    Returns
    -------
    (m,) array
    """
    total = np.zeros(len(y))
    block = max(1, TOGETHER // len(y))
    for start in range(0, len(x), block):
        scores = x[start : start + block] @ y.T
        scores -= top
        scores /= temperature
        total += np.exp(scores, out=scores).sum(axis=0, dtype=np.float64)
        on_step(Step("inverted softmax", min(start + block, len(x)), len(x)))
    sums: Array = np.log(total) + top.astype(np.float64) / temperature
    return sums
