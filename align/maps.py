"""`LinearMap`: the value that most solvers find; `Map`: what every one of them finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from embeddings.arrays import write_tensors
from embeddings.files import replacing
from embeddings.pth import is_pth, read_matrix

Array = npt.NDArray[np.floating]


def as_rows(x: npt.ArrayLike) -> Array:
    """Return (n, d) rows in single precision or better; the same array where it is that.

    Raises
    ------
    ValueError
        If there are not two axes.
    """
    x = np.asarray(x)
    if x.ndim != 2:
        raise ValueError(
            f"expected rows, an (n, d) array, got shape {x.shape}; give one vector as v[None]"
        )
    return x.astype(np.result_type(x, np.float32), copy=False)


class Map(Protocol):
    """A frozen value that takes rows into another space: a `LinearMap`, or a `KernelMap`."""

    @property
    def shape(self) -> tuple[int, int]:
        """Dimensions in and out."""

    @property
    def tensors(self) -> dict[str, Array]:
        """The arrays that make the map, from which `align.kernel_map` makes it again."""

    def __call__(self, x: Array) -> Array:
        """Map rows, (n, d) to (n, e), in the precision of ``x``."""

    def then(self, after: LinearMap) -> Map:
        """Compose: first this map, then ``after``."""


@dataclass(frozen=True, eq=False)
class LinearMap:
    """A linear map that acts on rows from the right: ``x @ w``.

    Parameters
    ----------
    w : (d, e) array
        Takes vectors of d dimensions to e dimensions.
    """

    w: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "w", np.asarray(self.w))
        if self.w.ndim != 2 or not np.isfinite(self.w).all():
            raise ValueError(f"a map is a finite matrix, got an array of shape {self.w.shape}")

    @property
    def shape(self) -> tuple[int, int]:
        """Dimensions in and out."""
        return int(self.w.shape[0]), int(self.w.shape[1])

    @property
    def tensors(self) -> dict[str, Array]:
        """The arrays that make the map."""
        return {"w": self.w}

    def __call__(self, x: Array) -> Array:
        """Map rows, (n, d) to (n, e), in the precision of ``x``."""
        x = as_rows(x)
        if x.shape[1] != self.shape[0]:
            raise ValueError(
                f"the map takes {self.shape[0]} dimensions, got vectors of shape {x.shape}"
            )
        return x @ self.w.astype(x.dtype, copy=False)

    def then(self, after: LinearMap) -> LinearMap:
        """Compose: first this map, then ``after``."""
        if self.shape[1] != after.shape[0]:
            raise ValueError(f"a map of shape {after.shape} cannot follow one of {self.shape}")
        return LinearMap(self.w @ after.w)

    @property
    def inverse(self) -> LinearMap:
        """The map back (the pseudo-inverse; the transpose for an orthogonal map)."""
        return LinearMap(np.linalg.pinv(self.w))

    @property
    def deviation(self) -> float:
        """How far the map is from orthogonal: the largest ``|w.T @ w - 1|``, 0 for a rotation.

        Of a map into more dimensions, ``|w @ w.T - 1|``: 0 where it keeps every angle.
        """
        w = self.w if self.shape[0] >= self.shape[1] else self.w.T
        return float(np.abs(w.T @ w - np.eye(w.shape[1])).max())

    def save(self, path: str | Path) -> None:
        """Write the map to a safetensors file."""
        with replacing(Path(path)) as beside:
            write_tensors(beside, self.tensors)

    @classmethod
    def load(cls, path: str | Path) -> LinearMap:
        """Read a map that `save` wrote, or MUSE's ``best_mapping.pth``, which is transposed.

        Raises
        ------
        ValueError
            If the file is something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if is_pth(Path(path)):
            return cls(read_matrix(Path(path)).T)
        try:
            return cls(load_file(path)["w"])
        except (SafetensorError, KeyError) as error:
            raise ValueError(f"{path} is not a readable map ({error})") from error
