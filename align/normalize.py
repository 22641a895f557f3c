"""Normalisation of vectors: fitted once, kept with the run, applied to words that come later."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from align.maps import Array, as_rows

PRESETS = {"none": "", "iternorm": ",".join(["unit,center"] * 5)}
STEPS = "unit|center|pca:[1-9][0-9]*"
TOGETHER = 2048  # rows scaled at once


@dataclass(frozen=True, eq=False)
class Normalization:
    """A sequence of steps with what they were fitted to; call it on rows.

    ``unit`` scales every row to length 1, ``center`` subtracts a mean, ``pca:N`` keeps the N
    directions of the largest variance. VecMap's and our default is ``unit,center,unit`` [1]_;
    ``iternorm`` is (unit, center) five times [2]_.

    Parameters
    ----------
    steps : tuple of str
    parts : tuple of arrays
        A mean, (d,), for each ``center`` and axes, (d, N), for each ``pca``, in order: those of the
        vectors this was fitted on.

    References
    ----------
    .. [1] Artetxe et al., "Generalizing and improving bilingual word embedding mappings with a
       multi-step framework of linear transformations", AAAI 2018.
    .. [2] Zhang et al., "Are girls neko or shōjo? Cross-lingual alignment of non-isomorphic
       embeddings with iterative normalization", ACL 2019.
    """

    steps: tuple[str, ...]
    parts: tuple[Array, ...]

    @classmethod
    def fit(cls, vectors: Array, recipe: str) -> Normalization:
        """Take means and axes from (n, d) vectors.

        Parameters
        ----------
        vectors : (n, d) array
        recipe : str
            ``none``, ``iternorm``, or steps joined by commas.
        """
        return cls.fitted(vectors, recipe)[0]

    @classmethod
    def fitted(cls, vectors: Array, recipe: str) -> tuple[Normalization, Array]:
        """Take means and axes from (n, d) vectors, and return these normalised as well."""
        parts: list[Array] = []

        def part(step: str, x: Array) -> Array:
            mean = x.mean(axis=0, dtype=np.float64)
            parts.append(mean if step == "center" else _axes(step, x, mean))
            return parts[-1]

        steps = parse(recipe)
        normalised = _run(as_rows(vectors), steps, part)
        return cls(steps, tuple(parts)), normalised

    def __call__(self, vectors: Array) -> Array:
        """Normalise (n, d) rows into a new array; a row of zeros stays as the steps leave it."""
        vectors = as_rows(vectors)
        if self.parts and vectors.shape[1] != len(self.parts[0]):
            raise ValueError(
                f"the normalisation was fitted on {len(self.parts[0])} dimensions, "
                f"got vectors of shape {vectors.shape}"
            )
        kept = iter(self.parts)
        return _run(vectors, self.steps, lambda step, x: next(kept))

    @property
    def recipe(self) -> str:
        """The steps as text, ``none`` where there are none."""
        return ",".join(self.steps) or "none"


def parse(recipe: str) -> tuple[str, ...]:
    """Turn ``unit,center,unit`` or a preset's name into steps."""
    steps = tuple(step for step in PRESETS.get(recipe, recipe).split(",") if step)
    if unknown := [step for step in steps if not re.fullmatch(STEPS, step)]:
        raise ValueError(
            f"unknown normalisation {unknown[0]!r} in {recipe!r}; use none, iternorm, or unit, "
            "center and pca:N joined by commas, as unit,center,unit"
        )
    return steps


def unit(x: Array) -> Array:
    """Scale rows to length 1 in a new array; a row of zeros stays zero."""
    scaled = np.empty(x.shape, dtype=x.dtype)
    for start in range(0, len(x), TOGETHER):
        rows = x[start : start + TOGETHER].astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
        scaled[start : start + TOGETHER] = rows / np.where(lengths > 0, lengths, 1)
    return scaled


def _run(vectors: Array, steps: tuple[str, ...], part: Callable[[str, Array], Array]) -> Array:
    x = vectors
    for step in steps:
        fitted = None if step == "unit" else part(step, x).astype(x.dtype, copy=False)
        x = unit(x) if fitted is None else x - fitted if step == "center" else x @ fitted
    return x if steps else np.array(x, order="C")  # never the caller's own array


def _axes(step: str, x: Array, mean: Array) -> Array:
    """Return the N directions of the largest variance of (n, d) rows, (d, N), the largest first."""
    wanted, d = int(step.removeprefix("pca:")), x.shape[1]
    if wanted > d:
        raise ValueError(f"{step} asks for {wanted} dimensions, but the vectors have {d}")
    product = np.zeros((d, d))
    for start in range(0, len(x), TOGETHER):
        rows = x[start : start + TOGETHER] - mean
        product += rows.T @ rows
    axes: Array = np.linalg.eigh(product)[1][:, ::-1][:, :wanted]
    return np.ascontiguousarray(axes)
