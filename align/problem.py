"""`Problem`: what a solver is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from align.maps import Array, as_rows


@dataclass(frozen=True, eq=False)
class Problem:
    """Two sets of vectors and the rows that are known to translate each other.

    Parameters
    ----------
    x : (n, d) array
        Source vectors, normalised as the solver should see them.
    y : (m, e) array
        Target vectors; e may differ from d.
    pairs : (p, 2) array of int
        Row of ``x`` and row of ``y`` of each seed pair; may be empty for a solver that needs none.

    Raises
    ------
    ValueError
        If a row does not exist or a number is not finite.
    """

    x: Array
    y: Array
    pairs: npt.NDArray[np.intp]

    def __post_init__(self) -> None:
        x, y = as_rows(self.x), as_rows(self.y)
        pairs = np.asarray(self.pairs, dtype=np.intp).reshape(-1, 2)
        if not x.size or not y.size:
            raise ValueError(f"no vectors: got shapes {x.shape} and {y.shape}")
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError("the vectors hold a number that is not finite")
        if len(pairs) and (pairs.min() < 0 or (pairs.max(axis=0) >= (len(x), len(y))).any()):
            raise ValueError(
                f"pairs name rows {pairs.min(axis=0)} to {pairs.max(axis=0)}, "
                f"but there are {len(x)} source and {len(y)} target rows"
            )
        for name, value in (("x", x), ("y", y), ("pairs", pairs)):
            object.__setattr__(self, name, value)

    @property
    def paired(self) -> tuple[Array, Array]:
        """The seed rows of both sides, (p, d) and (p, e); row i of one translates row i."""
        return self.x[self.pairs[:, 0]], self.y[self.pairs[:, 1]]
