"""`Problem`: what a solver is given."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    alike : (q, 2) array of int, optional
        The same of words that are spelled alike in both languages, for a solver that takes these.

    Raises
    ------
    ValueError
        If a row does not exist or a number is not finite.
    """

    x: Array
    y: Array
    pairs: npt.NDArray[np.intp]
    alike: npt.NDArray[np.intp] = field(default_factory=lambda: np.empty((0, 2), dtype=np.intp))

    def __post_init__(self) -> None:
        x, y = as_rows(self.x), as_rows(self.y)
        if not x.size or not y.size:
            raise ValueError(f"no vectors: got shapes {x.shape} and {y.shape}")
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError("the vectors hold a number that is not finite")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)
        for name in ("pairs", "alike"):
            rows = _rows(name, getattr(self, name))
            if len(rows) and (rows.min() < 0 or (rows.max(axis=0) >= (len(x), len(y))).any()):
                raise ValueError(
                    f"{name} name rows {rows.min(axis=0)} to {rows.max(axis=0)}, "
                    f"but there are {len(x)} source and {len(y)} target rows"
                )
            object.__setattr__(self, name, rows)

    @property
    def paired(self) -> tuple[Array, Array]:
        """The seed rows of both sides, (p, d) and (p, e); row i of one translates row i."""
        return self.x[self.pairs[:, 0]], self.y[self.pairs[:, 1]]


def _rows(name: str, pairs: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Return pairs of rows as (p, 2) integers; an error where they are something else."""
    rows = np.asarray(pairs)
    if not rows.size:
        return np.empty((0, 2), dtype=np.intp)
    if rows.ndim != 2 or rows.shape[1] != 2 or rows.dtype.kind not in "iu":
        raise ValueError(
            f"{name} are rows of x and of y, a (p, 2) array of integers, got one of shape "
            f"{rows.shape} and type {rows.dtype}"
        )
    return rows.astype(np.intp, copy=False)
