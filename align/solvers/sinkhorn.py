"""Entropic optimal transport: which row goes to which, softly."""

from __future__ import annotations

import numpy as np

from align.maps import Array

FAR = 1e6  # scales beyond this, or below its inverse, are taken into the exponent
LEAST = 1e-30  # of a sum that is divided by


def sinkhorn(
    cost: Array, smoothing: float, *, tolerance: float = 1e-3, iterations: int = 1000
) -> Array:
    """Find the plan of the least cost, less its entropy times ``smoothing`` [1]_.

    Rows and columns of ``exp((f + g - cost) / smoothing)`` are scaled in turn; scales that have
    grown large are taken into the potentials ``f`` and ``g`` [2]_, so that single precision is
    enough at any smoothing. Only the differences within rows and columns of the cost matter.

    Parameters
    ----------
    cost : (n, m) array
    smoothing : float
        Above 0, in the unit of the cost; close to 0, the plan is that of the optimal assignment.
    tolerance : float
        Stop where the sums of the rows are this close to 1, on average.
    iterations : int
        At most so many.

    Returns
    -------
    (n, m) array
        Not negative; its columns sum to n / m, its rows to about 1.

    References
    ----------
    .. [1] Cuturi, "Sinkhorn distances: lightspeed computation of optimal transport", NIPS 2013.
    .. [2] Schmitzer, "Stabilized sparse scaling algorithms for entropy regularized transport
       problems", SIAM Journal on Scientific Computing 41, 2019.
    """
    n, m = cost.shape
    f = cost.min(axis=1, keepdims=True)
    g = (cost - f).min(axis=0)  # now every row and every column has a 1 in it
    kernel = np.exp((f + g - cost) / smoothing)
    rows = kernel.sum(axis=1)
    for _ in range(iterations):
        u = 1 / np.maximum(rows, LEAST)
        v = n / m / np.maximum(u @ kernel, LEAST)
        if max(u.max(), v.max()) > FAR or min(u.min(), v.min()) < 1 / FAR:
            f, g = f + smoothing * np.log(u)[:, None], g + smoothing * np.log(v)
            kernel = np.exp((f + g - cost) / smoothing)
            u, v = np.ones_like(u), np.ones_like(v)
        rows = kernel @ v
        if np.abs(u * rows - 1).mean() < tolerance:
            break
    plan: Array = u[:, None] * kernel * v
    return plan
