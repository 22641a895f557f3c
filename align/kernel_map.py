"""`KernelMap`: a linear map and, on top of it, a shift that like words share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from align.maps import Array, LinearMap, Map, as_rows
from align.normalize import unit

CELLS = 1 << 24  # similarities held at once
LEAST = 1e-6  # cosines in single precision are hardly finer
ORTHOGONAL = 1e-4  # the largest deviation of a map that keeps lengths
UNDOING = 20  # steps in which a shift, well below length 1, is found again
PARTS = ("w", "anchors", "shift", "width")


@dataclass(frozen=True, eq=False)
class KernelMap:
    """A linear map whose rows are then shifted, near some known words, as these are.

    Rows go to ``unit(unit(x @ w) + k(x, anchors) @ shift)``, with the Gaussian kernel of directions
    ``k(x, a) = exp((cos(x, a) - 1) / width)``. A row of zeros stays zero.

    Parameters
    ----------
    linear : LinearMap
        Takes vectors of d dimensions to e dimensions.
    anchors : (a, d) array
        Rows that were not mapped, of length 1; kept in single precision, as the shift is.
    shift : (a, e) array
    width : float
        At least 1e-6; the larger, the farther an anchor reaches.

    Raises
    ------
    ValueError
        If the parts do not fit each other, or the anchors are not of length 1.
    """

    linear: LinearMap
    anchors: Array
    shift: Array
    width: float

    def __post_init__(self) -> None:
        for name in ("anchors", "shift"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float32))
        axes = self.anchors.ndim == self.shift.ndim == 2
        if not axes or self.anchors.shape != (len(self.shift), self.linear.shape[0]):
            raise ValueError(
                f"a map of shape {self.shape} needs as many anchors of {self.shape[0]} dimensions "
                f"as shifts, got {self.anchors.shape} and {self.shift.shape}"
            )
        if self.shift.shape[1] != self.shape[1] or not np.isfinite(self.shift).all():
            raise ValueError(
                f"a map of shape {self.shape} needs finite shifts of {self.shape[1]} dimensions, "
                f"got {self.shift.shape}"
            )
        if not np.allclose(np.linalg.norm(self.anchors, axis=1), 1, atol=1e-3):
            raise ValueError("anchors are rows of length 1; scale them with align.normalize.unit")
        require_width(self.width)

    @property
    def shape(self) -> tuple[int, int]:
        """Dimensions in and out."""
        return self.linear.shape

    @property
    def tensors(self) -> dict[str, Array]:
        """The arrays that make the map."""
        width = np.array([self.width])
        return {**self.linear.tensors, "anchors": self.anchors, "shift": self.shift, "width": width}

    def __call__(self, x: Array) -> Array:
        """Map rows, (n, d) to (n, e), in the precision of ``x``, a block at a time."""
        x = as_rows(x)
        mapped = self.linear(x)
        anchors, shift = (part.astype(x.dtype, copy=False) for part in (self.anchors, self.shift))
        together = max(1, CELLS // max(1, len(anchors)))
        for start in range(0, len(x), together):
            block = slice(start, start + together)
            near = kernel(unit(x[block]), anchors, self.width)
            near[~x[block].any(axis=1)] = 0
            mapped[block] = unit(unit(mapped[block]) + near @ shift)
        return mapped

    def then(self, after: LinearMap) -> KernelMap:
        """Compose: first this map, then ``after``, which must be orthogonal.

        Raises
        ------
        ValueError
            If it is not, as the lengths that it changes do not stay in this form.
        """
        if after.deviation > ORTHOGONAL:
            raise ValueError("only an orthogonal map can follow a KernelMap")
        return KernelMap(self.linear.then(after), self.anchors, after(self.shift), self.width)

    def undo(self, y: Array) -> Array:
        """Find rows, (n, d), that are mapped to the directions of these, (n, e), by iteration.

        With ``s`` the shift of a row, ``y`` is reached from ``u = a y - s`` of length 1, and the
        row is ``u`` mapped back; its shift is that of the row found before.
        """
        goal = unit(as_rows(y))
        back, length = self.linear.inverse, np.ones((len(goal), 1), dtype=goal.dtype)
        x, shift = back(goal), self.shift.astype(goal.dtype)
        for _ in range(UNDOING):
            moved = kernel(unit(x), self.anchors.astype(goal.dtype), self.width) @ shift
            along = np.sum(goal * moved, axis=1, keepdims=True)
            beside = length - np.sum(moved**2, axis=1, keepdims=True)
            x = back((along + np.sqrt(np.maximum(along**2 + beside, 0))) * goal - moved)
        return x


def kernel(x: Array, anchors: Array, width: float) -> Array:
    """Return ``exp((cos - 1) / width)`` of rows of length 1, in (0, 1]; higher is closer.

    Parameters
    ----------
    x, anchors : (n, d) and (a, d) arrays
    width : float

    Returns
    -------
    (n, a) array
    """
    near: Array = x @ anchors.T
    near -= 1
    near *= 1 / width
    return np.exp(near, out=near)


def require_width(width: float) -> None:
    """Raise an error where no kernel has this width."""
    if not LEAST <= width < np.inf:
        raise ValueError(f"need a width of {LEAST} or more, got {width}")


def map_of(tensors: Mapping[str, Array]) -> Map:
    """Build the map that has these tensors.

    Raises
    ------
    KeyError, ValueError
        If they are not those of a map.
    """
    linear = LinearMap(tensors["w"])
    if set(tensors) == {"w"}:
        return linear
    width = tensors["width"].item()
    return KernelMap(linear, tensors["anchors"], tensors["shift"], width)
