"""`Space`: both languages in one space, ready to be asked in either direction."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from align.maps import Array
from align.normalize import unit
from align.retrieve.csls import RIVAL, agreement_penalty, csls_best, log_partition
from align.retrieve.neighbours import Neighbours, Rows, best, codes, require_k
from align.retrieve.ranks import ranks
from align.retrieve.search import Index, current
from align.retrieve.side import Corrected, Side
from align.steps import OnStep, silent

log = logging.getLogger(__name__)
Retrieval = Literal["csls", "nn", "invsoftmax", "margin", "agreement"]
RANKED: tuple[Retrieval, ...] = ("nn", "csls", "invsoftmax", "agreement")  # margin: the nearest few
Direction = Literal["mutual", "forward", "backward", "union"]
STAGES = {"csls": "CSLS", "invsoftmax": "inverted softmax", "agreement": "agreement"}
LEAST = 1e-3  # of the mean that the margin divides by
TEMPERATURE = 1 / 30  # of the inverted softmax


def require_retrieval(retrieval: str) -> None:
    """Raise a ValueError where there is no such retrieval."""
    if retrieval not in get_args(Retrieval):
        raise ValueError(
            f"the retrieval is one of {', '.join(get_args(Retrieval))}, got {retrieval!r}"
        )


def ready(vectors: Array) -> Index:
    """Scale rows to length 1 and make them ready for the search in use.

    What does not change between two spaces, as the target during refinement, is made ready once.
    """
    return current().index(unit(np.asarray(vectors, dtype=np.float32)))


@dataclass(frozen=True, eq=False)
class Space:
    """Source and target rows of length 1 in one space, with their neighbours on the other side.

    Make one with `Space.of`. `reversed` asks in the other direction.

    Parameters
    ----------
    source, target : Side
    """

    source: Side
    target: Side

    @classmethod
    def of(
        cls,
        x: Array | Index,
        y: Array | Index,
        k: int = 10,
        *,
        like: Space | None = None,
        on_step: OnStep = silent,
    ) -> Space:
        """Find the neighbours of both sides with the search in use.

        Parameters
        ----------
        x, y : (n, d) and (m, d) arrays, or what `ready` made of them
            Mapped source vectors and target vectors.
        k : int
            The neighbourhood of CSLS, at most the smaller of n and m.
        like : Space, optional
            One of the same words under a similar map, from which neighbours can be guessed.
        """
        search = current()
        a, b = (ready(side) if isinstance(side, np.ndarray) else side for side in (x, y))
        require_neighbourhood(k, len(a.base), len(b.base))
        guess = None if like is None else (like.source.near, like.target.near)
        x_near, y_near = search.both(a, b, k, like=guess, on_step=on_step)
        return cls(Side(a, x_near, search), Side(b, y_near, search))

    @classmethod
    def known(cls, x: Array, y: Array, x_near: Neighbours, y_near: Neighbours) -> Space:
        """Bring back a space whose rows, of length 1, and neighbours were kept."""
        search = current()
        return cls(
            Side(search.index(x), x_near, search),
            Side(search.index(y), y_near, search),
        )

    @property
    def x(self) -> Array:
        """The source rows, (n, d)."""
        return self.source.index.base

    @property
    def y(self) -> Array:
        """The target rows, (m, d)."""
        return self.target.index.base

    @property
    def k(self) -> int:
        """The neighbourhood of CSLS."""
        return self.source.near.k

    @property
    def recall(self) -> float:
        """The share of the true neighbours that the search found: 1 where it was exact."""
        return min(self.source.near.recall, self.target.near.recall)

    @property
    def reversed(self) -> Space:
        """The same space asked from target to source."""
        return Space(self.target, self.source)

    def nearest(
        self,
        rows: npt.ArrayLike,
        k: int,
        retrieval: Retrieval = "csls",
        *,
        temperature: float = TEMPERATURE,
        on_step: OnStep = silent,
    ) -> Neighbours:
        """Find the k best targets of some source rows.

        Parameters
        ----------
        rows : (q,) array of int
            Rows of ``x``.
        k : int
            At most m.
        retrieval : {'csls', 'nn', 'invsoftmax', 'margin', 'agreement'}
            CSLS, scores in [-4, 4]; the cosine, in [-1, 1]; the inverted softmax, a probability;
            the ratio of the cosine to the mean of both neighbourhood means, among the nearest
            neighbours, as bitext mining has it [1]_ (a mean below 0.001 counts as that); or CSLS
            less a quarter of what the target's own best source is ahead, in [-6, 4], so that a
            target which would rather translate another word loses to one that agrees: a soft form
            of globally corrected retrieval (Dinu et al. 2015).
        temperature : float
            Of the inverted softmax.

        References
        ----------
        .. [1] Artetxe and Schwenk, "Margin-based parallel corpus mining with multilingual sentence
           embeddings", ACL 2019.
        """
        rows = np.asarray(rows, dtype=np.intp)
        means = self.source.near.means[rows]
        return self._found(self.x[rows], means, k, retrieval, temperature, on_step)

    def nearest_to(
        self,
        vectors: Array,
        k: int,
        retrieval: Retrieval = "csls",
        *,
        temperature: float = TEMPERATURE,
        on_step: OnStep = silent,
    ) -> Neighbours:
        """Find the k best targets of new vectors, as of words outside the vocabulary.

        They take no part in the neighbourhoods of the targets, and are none of their best sources,
        so that agreement may lie above CSLS here; their own are found as those of any source row
        are. `nearest` has the parameters.

        Parameters
        ----------
        vectors : (q, d) array
            In the joint space, of any length.
        """
        queries = unit(np.asarray(vectors, dtype=np.float32))
        means = self.target.index(queries, self.k, on_step=on_step).means
        return self._found(queries, means, k, retrieval, temperature, on_step)

    def ranks(
        self,
        pairs: Rows,
        retrieval: Retrieval = "csls",
        *,
        temperature: float = TEMPERATURE,
        on_step: OnStep = silent,
    ) -> Rows:
        """Return the rank of targets among all targets of their sources: 1 for the nearest.

        They are counted in double precision, whatever search is in use, and equal scores come in
        order of row, so that the share of ranks up to k is what `nearest` gives.

        Parameters
        ----------
        pairs : (p, 2) array of int
            A row of ``x`` and a row of ``y``.
        retrieval : {'csls', 'nn', 'invsoftmax', 'agreement'}
        temperature : float
            Of the inverted softmax.

        Raises
        ------
        ValueError
            For ``margin``, which orders no more than the nearest neighbours.
        """
        require_retrieval(retrieval)
        if retrieval == "margin":
            raise ValueError(
                "margin orders only the nearest neighbours, so a right answer may have no rank; "
                "score by nn, csls, invsoftmax or agreement"
            )
        penalty = None
        if retrieval != "nn":
            penalty = self._corrected(retrieval, temperature, on_step).penalty
        return ranks(self.x, self.y, pairs, penalty, on_step=on_step)

    def _found(
        self,
        queries: Array,
        query_means: Array,
        k: int,
        retrieval: Retrieval,
        temperature: float,
        on_step: OnStep,
    ) -> Neighbours:
        require_retrieval(retrieval)
        require_k(k, len(self.y))
        means = query_means[:, None]
        if retrieval == "nn":
            return self.target.index(queries, k, stage="neighbours", on_step=on_step)
        if retrieval != "margin":
            index = self._corrected(retrieval, temperature, on_step).index
            found = index(queries, k, stage=STAGES[retrieval], on_step=on_step)
            scores = 2 * found.scores - means
            if retrieval == "agreement":
                scores *= 1 + RIVAL
            elif retrieval == "invsoftmax":
                scores = np.exp(np.minimum(found.scores / temperature, 0))
            return replace(found, scores=scores.astype(np.float32))
        found = self.target.index(queries, max(k, min(self.k, len(self.y))), on_step=on_step)
        around = (means + self.target.near.means[found.rows]) / 2
        kept = best(found.rows, found.scores / np.maximum(around, LEAST), k)
        return replace(kept, recall=found.recall)

    def _corrected(self, retrieval: Retrieval, temperature: float, on_step: OnStep) -> Corrected:
        """Return the targets as CSLS, the inverted softmax or agreement see them."""
        near, of = self.target.near, self.target.corrected
        if retrieval == "invsoftmax":
            if not temperature > 0:
                raise ValueError(f"the temperature must be above 0, got {temperature}")

            def softmax() -> Array:
                z = log_partition(self.x, self.y, near.scores[:, 0], temperature, on_step=on_step)
                return temperature * z

            return of(f"invsoftmax {temperature}", softmax)
        if retrieval == "agreement":

            def rivals() -> Array:
                every = np.arange(len(self.y))
                return agreement_penalty(near.means, self.reversed.best(every, on_step=on_step)[1])

            return of(retrieval, rivals)
        return of(retrieval, lambda: near.means / 2)

    def best(
        self, rows: Rows, retrieval: Retrieval = "csls", *, on_step: OnStep = silent
    ) -> tuple[Rows, Array]:
        """Find the best target of some source rows, and its score.

        The cosine needs no search; CSLS one for the rows that the neighbours do not settle.
        """
        if retrieval == "nn":
            near = self.source.near
            return near.rows[rows, 0], near.scores[rows, 0]
        if retrieval != "csls":
            found = self.nearest(rows, 1, retrieval, on_step=on_step)
            return found.rows[:, 0], found.scores[:, 0]
        targets, scores, certain = csls_best(self.source.near, self.target.near)
        if len(open_ := rows[~certain[rows]]):
            log.debug("%d of %d rows are not settled by their neighbours", len(open_), len(rows))
            found = self.nearest(open_, 1, on_step=on_step)
            targets[open_], scores[open_] = found.rows[:, 0], found.scores[:, 0]
        return targets[rows], scores[rows]

    def induce(
        self,
        direction: Direction = "mutual",
        max_rank: int = 0,
        retrieval: Retrieval = "csls",
        *,
        on_step: OnStep = silent,
    ) -> tuple[Rows, Array]:
        """Pair every row with its best one of the other side.

        Parameters
        ----------
        direction : {'mutual', 'forward', 'backward', 'union'}
            Pairs that are each other's best (MUSE: S2T&T2S), the best target of each source (S2T),
            the best source of each target (T2S), or those of either (S2T|T2S).
        max_rank : int
            Keep pairs of the first so many rows of both sides, chosen over all rows; 0 for all.
        retrieval : {'csls', 'nn', 'invsoftmax', 'margin', 'agreement'}

        Returns
        -------
        pairs : (p, 2) array of int
            In order of the source row, then of the target row.
        scores : (p,) array of float32
            Of the pair as found from the source, or else from the target.
        """
        if direction not in get_args(Direction):
            raise ValueError(
                f"the direction is one of {', '.join(get_args(Direction))}, got {direction!r}"
            )
        n, m = (min(max_rank or len(side), len(side)) for side in (self.x, self.y))
        pairs, scores = np.empty((0, 2), dtype=np.intp), np.empty(0, dtype=np.float32)
        if direction != "forward":
            sources, found = self.reversed.best(np.arange(m), retrieval, on_step=on_step)
            kept = sources < n
            pairs, scores = np.column_stack([sources, np.arange(m)])[kept], found[kept]
        if direction != "backward":
            asked = np.unique(pairs[:, 0]) if direction == "mutual" else np.arange(n)
            targets, found = self.best(asked, retrieval, on_step=on_step)
            kept = targets < m
            forward, found = np.column_stack([asked, targets])[kept], found[kept]
            if direction == "mutual":
                kept = np.isin(codes(forward), codes(pairs))
                pairs, scores = forward[kept], found[kept]
            else:
                pairs, scores = np.concatenate([forward, pairs]), np.concatenate([found, scores])
        _, first = np.unique(codes(pairs), return_index=True)
        return pairs[first], scores[first]


def require_neighbourhood(k: int, n: int, m: int) -> None:
    """Raise an error where n and m words have no CSLS neighbourhood of k."""
    if not 1 <= k <= min(n, m):
        raise ValueError(
            f"the CSLS neighbourhood k must be between 1 and the size of the smaller "
            f"vocabulary ({min(n, m)}), got {k}"
        )
