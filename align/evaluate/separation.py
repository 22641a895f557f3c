"""Language separation: how well a linear probe tells the languages of a joint space apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from align.evaluate.resampling import bootstrap_interval
from align.maps import Array

PENALTY = 1e-3  # of the probe, as a share of the mean variance
LEAST = 4  # words of each language that a probe needs


@dataclass(frozen=True)
class Probe:
    """How often a linear probe names the language of a word it has not seen.

    Parameters
    ----------
    right, held_out : int
        Words whose language it names, out of those held out, half of them of each language.
    interval : (float, float)
        95 % bootstrap interval over the words held out.
    """

    right: int
    held_out: int
    interval: tuple[float, float]

    @property
    def accuracy(self) -> float:
        """In [0, 1]; 0.5 is chance: the languages lie in one another."""
        return self.right / self.held_out


@dataclass(frozen=True)
class Separation:
    """Whether two languages lie apart in a joint space, and whether their means are all of that.

    Parameters
    ----------
    plain : Probe
        Of the space as it is.
    centred : Probe
        After the mean of each language, taken over its whole vocabulary, is subtracted.
    fitted : int
        Words that each probe was fitted on, half of them of each language.
    """

    plain: Probe
    centred: Probe
    fitted: int


def separation(x: Array, y: Array, *, words: int = 10_000) -> Separation:
    """Fit a probe on every other word of both languages, and ask it for the words between.

    The probe is least squares to labels of 1 and -1 with an L2 penalty, which for two groups of
    one size has the direction of Fisher's discriminant [1]_. The means that are subtracted are
    those of all words but the held-out ones, which would lean away from what was learned. Of words
    whose two means are equal, no linear probe does better than chance [2]_: what one still finds
    after centring is that frequent words differ by other means than all words do.

    Parameters
    ----------
    x, y : (n, d) and (m, d) arrays
        Both languages in one space, as `align.retrieve.Space.x` and ``y``.
    words : int
        Take the so many most frequent of each language, or as many as the smaller one has.

    Raises
    ------
    ValueError
        If there are fewer than 4 words, or the dimensions differ.

    References
    ----------
    .. [1] Hastie et al., "The elements of statistical learning", 2nd ed., 2009, exercise 4.2.
    .. [2] Belrose et al., "LEACE: perfect linear concept erasure in closed form", NeurIPS 2023.
    """
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"both sides must have one dimension, got {x.shape} and {y.shape}")
    n = min(len(x), len(y), words) // 2 * 2
    if n < LEAST:
        raise ValueError(f"a probe needs at least {LEAST} words of each language, got {n}")
    fit, held = ([side[start:n:2].astype(np.float64) for side in (x, y)] for start in (0, 1))
    rest = [_mean_without(side, rows) for side, rows in zip((x, y), held, strict=True)]
    centred = [rows - mean for part in (fit, held) for rows, mean in zip(part, rest, strict=True)]
    return Separation(_probe(*fit, *held), _probe(*centred), n)


def _mean_without(x: Array, rows: Array) -> Array:
    """Return the mean of all rows of x but some of them, (d,)."""
    mean: Array = (x.sum(axis=0, dtype=np.float64) - rows.sum(axis=0)) / (len(x) - len(rows))
    return mean


def _probe(x: Array, y: Array, x_held: Array, y_held: Array) -> Probe:
    """Fit on as many rows of x as of y; ask for held-out rows of both."""
    middle = (x.mean(axis=0) + y.mean(axis=0)) / 2
    rows = np.concatenate([x, y]) - middle
    product = rows.T @ rows
    product += PENALTY * np.trace(product) / len(product) * np.eye(len(product))
    w = np.linalg.lstsq(product, x.sum(axis=0) - y.sum(axis=0), rcond=None)[0]
    right = np.concatenate([(x_held - middle) @ w >= 0, (y_held - middle) @ w < 0])
    return Probe(int(right.sum()), len(right), bootstrap_interval(right))
