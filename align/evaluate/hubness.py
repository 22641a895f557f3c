"""Hubness: a few targets that are neighbours of very many sources, and many that are of none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from align.retrieve import Retrieval, Space
from align.retrieve.neighbours import Rows
from align.steps import OnStep, silent

LARGEST = 10  # hubs that are named


@dataclass(frozen=True)
class Hubness:
    """How unevenly the k nearest neighbours fall on the targets.

    ``N_k`` of a target is the number of sources that have it among their k nearest. Where every
    target is as good as any other, its skewness is near 0; hubs make it large [1]_.

    Parameters
    ----------
    retrieval : str
        How neighbours were found, as ``nn`` or ``csls``.
    k : int
    asked, targets : int
        Sources whose neighbours were counted, and targets these fall on.
    skewness : float
        Of ``N_k`` over the targets; 0 for an even distribution.
    anti_hubs : int
        Targets with ``N_k = 0``, which no source ever reaches.
    hubs : tuple of (int, int)
        Row and ``N_k`` of the ten largest, the largest first.
    histogram : tuple of int
        Targets with ``N_k`` of 0, 1, 2 to 3, 4 to 7, and so on, doubling.

    References
    ----------
    .. [1] Radovanović et al., "Hubs in space: popular nearest neighbors in high-dimensional data",
       JMLR 11, 2010.
    """

    retrieval: str
    k: int
    asked: int
    targets: int
    skewness: float
    anti_hubs: int
    hubs: tuple[tuple[int, int], ...]
    histogram: tuple[int, ...]

    @classmethod
    def of(cls, rows: Rows, targets: int, retrieval: str = "nn") -> Hubness:
        """Count (n, k) rows of neighbours among so many targets."""
        counts = np.bincount(rows.ravel(), minlength=targets)
        order = np.lexsort((np.arange(targets), -counts))[:LARGEST]
        return cls(
            retrieval=retrieval,
            k=rows.shape[1],
            asked=len(rows),
            targets=targets,
            skewness=_skewness(counts),
            anti_hubs=int(np.count_nonzero(counts == 0)),
            hubs=tuple((int(row), int(counts[row])) for row in order),
            histogram=tuple(np.bincount(np.frexp(counts)[1]).tolist()),
        )

    @property
    def unreached(self) -> float:
        """The share of the targets that are anti-hubs, in [0, 1]."""
        return self.anti_hubs / self.targets


def hubness(
    space: Space, k: int = 10, retrieval: Retrieval = "nn", *, on_step: OnStep = silent
) -> Hubness:
    """Measure the hubness of the targets of a joint space, every source asked.

    Parameters
    ----------
    space : Space
    k : int
        At most the number of targets.
    retrieval : {'nn', 'csls', 'invsoftmax', 'margin', 'agreement'}
        Nearest neighbours are known to the space up to its own k; the others take a search.
    """
    if retrieval == "nn" and 1 <= k <= space.k:
        rows = space.source.near.rows[:, :k]
    else:
        rows = space.nearest(np.arange(len(space.x)), k, retrieval, on_step=on_step).rows
    return Hubness.of(rows, len(space.y), retrieval)


def _skewness(counts: Rows) -> float:
    """Return the skewness; 0 where all counts are equal."""
    from scipy.stats import skew

    return float(skew(counts)) if np.ptp(counts) else 0.0
