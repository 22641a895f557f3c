"""Several trainings, epoch by epoch: which map is the best, and whether it was found twice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from align.maps import Array
from align.retrieve import Space
from align.solvers.procrustes import procrustes

log = logging.getLogger(__name__)
Judged = tuple[Array, float]


def refined(w: Array, x: Array, y: Array, rounds: int, k: int) -> Judged:
    """Bring a map to the nearest orthogonal one, refine it by Procrustes, and judge it.

    Parameters
    ----------
    w : (d, d) array
    x, y : (n, d) and (m, d) arrays
    rounds : int
        Of refinement, on all pairs of which one is the CSLS neighbour of the other.
    k : int
        The neighbourhood of CSLS, or all words.

    Returns
    -------
    (d, d) array
    float
        1 less the mean cosine of a source word to its CSLS neighbour [1]_; infinite, the map
        unchanged, where that is not finite.

    References
    ----------
    .. [1] Conneau et al., "Word translation without parallel data", ICLR 2018.
    """
    if not np.isfinite(w).all():
        return w, np.inf
    w, k = procrustes(np.eye(len(w)), w).w, min(k, len(x), len(y))
    space = Space.of(x @ w.astype(x.dtype), y, k)
    for _ in range(rounds):
        pairs, _ = space.induce("union")
        w = procrustes(x[pairs[:, 0]], y[pairs[:, 1]]).w
        space = Space.of(x @ w.astype(x.dtype), y, k, like=space)
    targets, _ = space.best(np.arange(len(x)))
    cosines = np.einsum("ij,ij->i", space.x, space.y[targets], dtype=np.float64)
    return w, 1 - float(np.mean(cosines))


@dataclass(frozen=True, eq=False)
class Epochs:
    """What is known after some epochs.

    Parameters
    ----------
    losses : (epochs, r) array
        Infinite where a training has diverged.
    maps : (r, d, d) array
        Those of the last epoch.
    best : (d, d) array
        The map of the least loss.
    agreement : float
        The mean cosine of words under the best map and under the one that is most like it, among
        the maps of other trainings and of the epoch beside.
    """

    losses: Array
    maps: Array
    best: Array
    agreement: float

    @classmethod
    def none(cls, restarts: int, d: int) -> Epochs:
        """Return what is known before the first epoch."""
        return cls(np.empty((0, restarts)), np.full((restarts, d, d), np.nan), np.eye(d), 0.0)

    @classmethod
    def of(cls, tensors: dict[str, Array]) -> Epochs:
        """Bring back what `tensors` kept."""
        losses, maps, best, agreement = (tensors[f"epochs.{name}"] for name in FIELDS)
        return cls(losses, maps, best, float(agreement))

    @property
    def tensors(self) -> dict[str, Array]:
        """All of it as arrays."""
        return {f"epochs.{name}": np.asarray(getattr(self, name)) for name in FIELDS}

    def then(self, judged: Sequence[Judged], x: Array) -> Epochs:
        """Return what is known after another epoch, from the map and the loss of every training."""
        maps = np.stack([w for w, _ in judged])
        losses = np.vstack([self.losses, [loss for _, loss in judged]])
        for gone in np.flatnonzero(np.isinf(losses[-1]) & self.alive):
            log.warning("adversarial training %d diverged in epoch %d", gone + 1, len(losses))
        epoch, training = np.unravel_index(losses.argmin(), losses.shape)
        if epoch < len(losses) - 1:  # not beaten: is it among the new ones?
            best, others = self.best, maps
        else:
            best, others = maps[training], np.concatenate([self.maps, np.delete(maps, training, 0)])
        agreement = _agreement(best, others, x)
        told = ", ".join(f"{loss:.3f}" for loss in losses[-1])
        log.info("epoch %d: losses %s; agreement %.2f", len(losses), told, agreement)
        return Epochs(losses, maps, best, agreement)

    @property
    def count(self) -> int:
        """How many epochs were made."""
        return len(self.losses)

    @property
    def alive(self) -> npt.NDArray[np.bool_]:
        """Which trainings have not diverged, (r,)."""
        return np.asarray(np.isfinite(self.losses).all(axis=0))

    @property
    def falling(self) -> npt.NDArray[np.bool_]:
        """Whose last epoch was worse than an earlier one, and not as the first to be, (r,)."""
        worse = self.losses > np.minimum.accumulate(self.losses, axis=0)
        return np.asarray(worse[-1] & (worse.sum(axis=0) > 1))

    @property
    def path(self) -> tuple[float, ...]:
        """The losses of the best map's training, up to it."""
        epoch, training = np.unravel_index(self.losses.argmin(), self.losses.shape)
        return tuple(self.losses[: epoch + 1, training].tolist())

    def told(self, most: int, agreement: float) -> str:
        """Say why no epoch follows, which map was taken, and which trainings diverged."""
        epoch, training = np.unravel_index(self.losses.argmin(), self.losses.shape)
        why = (
            "its best map was found twice"
            if self.agreement > agreement
            else "no more are allowed"
            if self.alive.any()
            else "all trainings have diverged"
        )
        text = f"epoch {self.count} of at most {most}: {why}"
        text += f"; taken from training {training + 1}, epoch {epoch + 1}"
        gone = [str(i + 1) for i in np.flatnonzero(~self.alive)]
        return text + (f"; diverged: training {', '.join(gone)}" if gone else "")


FIELDS = ("losses", "maps", "best", "agreement")


def _agreement(best: Array, others: Array, x: Array) -> float:
    """Return the highest mean cosine of words, weighted by length, under a map and another."""
    finite = others[np.isfinite(others).all(axis=(1, 2))]
    if not len(finite) or not np.isfinite(best).all():
        return 0.0
    products = x.T.astype(np.float64) @ x
    cosines = np.einsum("ij,rij->r", products @ best, finite) / np.trace(products)
    return min(1.0, float(cosines.max()))
