"""`KernelMap`: a linear map and, on top of it, a shift that like words share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from align.maps import Array, LinearMap, Map, as_rows
from align.normalize import unit

CELLS = 1 << 24  # similarities held at once
LEAST = 1e-6  # cosines in single precision are hardly finer
ORTHOGONAL = 1e-4  # the largest deviation of a map that keeps lengths
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
        for block in self._blocks(len(x)):
            mapped[block] = unit(unit(mapped[block]) + self._moved(x[block]))
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

    def _blocks(self, n: int) -> Iterator[slice]:
        """Cut n rows so that the similarities of a part are few enough to be held."""
        together = max(1, CELLS // max(1, len(self.anchors)))
        return (slice(start, start + together) for start in range(0, n, together))

    def _moved(self, x: Array) -> Array:
        """Return the shift of some rows; of a row of zeros, none."""
        anchors, shift = (part.astype(x.dtype, copy=False) for part in (self.anchors, self.shift))
        near = kernel(unit(x), anchors, self.width)
        near[~x.any(axis=1)] = 0
        moved: Array = near @ shift
        return moved


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


def tensors_of(maps: Mapping[str, Map | None]) -> dict[str, Array]:
    """Return the arrays of several maps, each under the name of its map, as ``source.w``."""
    return {
        f"{name}.{part}": array
        for name, map_ in maps.items()
        for part, array in (map_.tensors if map_ else {}).items()
    }


def map_of(name: str, tensors: Mapping[str, Array]) -> Map | None:
    """Build the map whose arrays `tensors_of` put under a name; none where there are none.

    Raises
    ------
    KeyError, ValueError
        If they are not those of a map.
    """
    parts = {p: tensors[f"{name}.{p}"] for p in PARTS if f"{name}.{p}" in tensors}
    if not parts:
        return None
    linear = LinearMap(parts["w"])
    if set(parts) == {"w"}:
        return linear
    return KernelMap(linear, parts["anchors"], parts["shift"], parts["width"].item())


def own_map(name: str, tensors: Mapping[str, Array]) -> Map:
    """Build the map that must be there, or raise a KeyError; else as `map_of`."""
    map_ = map_of(name, tensors)
    if map_ is None:
        raise KeyError(f"{name}.w")
    return map_
