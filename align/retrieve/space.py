"""`Space`: both languages in one space, ready to be asked in either direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from align.maps import Array
from align.normalize import unit
from align.retrieve.csls import csls_search, neighbourhood_means
from align.retrieve.search import Neighbours, exact_search
from align.steps import OnStep, silent

Retrieval = Literal["csls", "nn"]


@dataclass(frozen=True, eq=False)
class Space:
    """Source and target rows of length 1 in one space, with their neighbourhood means.

    Make one with `Space.of`. `reversed` asks in the other direction.

    Parameters
    ----------
    x, y : (n, d) and (m, d) arrays
        Mapped source rows and target rows, of length 1.
    x_means, y_means : (n,) and (m,) arrays
        Mean cosine to the k nearest rows of the other side.
    k : int
        The neighbourhood of CSLS.
    """

    x: Array
    y: Array
    x_means: Array
    y_means: Array
    k: int

    @classmethod
    def of(cls, x: Array, y: Array, k: int = 10, *, on_step: OnStep = silent) -> Space:
        """Scale the rows of both sides to length 1 and measure their neighbourhoods.

        Parameters
        ----------
        x, y : (n, d) and (m, d) arrays
            Mapped source vectors and target vectors.
        k : int
            The neighbourhood of CSLS, at most the smaller of n and m.
        """
        if not 1 <= k <= min(len(x), len(y)):
            raise ValueError(
                f"the CSLS neighbourhood k must be between 1 and the size of the smaller "
                f"vocabulary ({min(len(x), len(y))}), got {k}"
            )
        x, y = unit(x), unit(y)
        x_means = neighbourhood_means(x, y, k, stage="source neighbourhoods", on_step=on_step)
        y_means = neighbourhood_means(y, x, k, stage="target neighbourhoods", on_step=on_step)
        return cls(x, y, x_means, y_means, k)

    @classmethod
    def of_means(cls, x: Array, y: Array, x_means: Array, y_means: Array, k: int) -> Space:
        """Scale the rows of both sides to length 1, with neighbourhoods measured before."""
        return cls(unit(x), unit(y), x_means, y_means, k)

    @property
    def reversed(self) -> Space:
        """The same space asked from target to source."""
        return Space(self.y, self.x, self.y_means, self.x_means, self.k)

    def nearest(
        self,
        rows: npt.ArrayLike,
        k: int,
        retrieval: Retrieval = "csls",
        *,
        on_step: OnStep = silent,
    ) -> Neighbours:
        """Find the k best targets of some source rows.

        Parameters
        ----------
        rows : (q,) array of int
            Rows of ``x``.
        k : int
            At most m.
        retrieval : {'csls', 'nn'}
            CSLS (scores in [-4, 4]) or the cosine (in [-1, 1]).
        """
        rows = np.asarray(rows, dtype=np.intp)
        if retrieval == "nn":
            return exact_search(self.x[rows], self.y, k, stage="neighbours", on_step=on_step)
        return csls_search(
            self.x[rows], self.y, self.x_means[rows], self.y_means, k, on_step=on_step
        )

    def mutual(
        self, max_rank: int = 0, retrieval: Retrieval = "csls", *, on_step: OnStep = silent
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
        """Find the pairs of rows that are each other's nearest neighbour.

        Parameters
        ----------
        max_rank : int
            Keep pairs of the first so many rows of both sides, chosen over all rows; 0 for all.
        retrieval : {'csls', 'nn'}

        Returns
        -------
        pairs : (p, 2) array of int
            In order of the source row.
        scores : (p,) array of float32
        """
        sources = np.arange(min(max_rank or len(self.x), len(self.x)))
        there = self.nearest(sources, 1, retrieval, on_step=on_step)
        targets = np.unique(there.rows)
        targets = targets[targets < (max_rank or len(self.y))]
        back = self.reversed.nearest(targets, 1, retrieval, on_step=on_step)
        answer = np.full(len(self.y), -1, dtype=np.intp)
        answer[targets] = back.rows[:, 0]
        agree = answer[there.rows[:, 0]] == sources
        pairs = np.column_stack([sources, there.rows[:, 0]])[agree]
        return pairs, there.scores[agree, 0]
