"""A dictionary induced from similarities of which each is kept by chance."""

from __future__ import annotations

import math

import numpy as np

from align.maps import Array
from align.retrieve import Space
from align.retrieve.neighbours import Rows

LOST = 1e-3  # the chance that nothing of a list is kept


def dictionary(space: Space, k: int, p: float, rng: np.random.Generator) -> Rows:
    """Pair every word of both sides with its best one of those that are kept [1]_.

    The score of a word is its cosine less half of its own mean cosine to its k nearest words of
    the side that asks: it ranks as CSLS does. Each cell of either direction is kept with
    probability p. Below p = 1 not all cells are drawn, as only the best kept one matters: it is
    taken from the words in the space's neighbour lists. So words are drawn as if all cells were,
    but for two things: a word that keeps none of its list is drawn again, and no word outside the
    list is taken, were its score above that of one inside. Lists of `depth` make both rare.

    VecMap gives a dropped cell the score 0, with which it can beat kept ones that score below;
    here it is never taken.

    Parameters
    ----------
    space : Space
        Of n and m words; at p = 1 its own k is the neighbourhood.
    k : int
    p : float
        In (0, 1].
    rng : Generator

    Returns
    -------
    (n + m, 2) array of int
        First the pairs of the source words in order, then those of the target words; a pair that
        both directions find is there twice.

    References
    ----------
    .. [1] Artetxe et al., "A robust self-learning method for fully unsupervised cross-lingual
       mappings of word embeddings", ACL 2018.
    """
    targets, sources = (best_kept(side, k, p, rng) for side in (space, space.reversed))
    forward = np.column_stack([np.arange(len(targets)), targets])
    backward = np.column_stack([sources, np.arange(len(sources))])
    return np.concatenate([forward, backward])


def depth(p: float, k: int, most: int) -> int:
    """Return how long lists must be for a chance of at most 0.001 to keep nothing of one.

    Parameters
    ----------
    p : float
        In (0, 1].
    k, most : int
        The least, and the most that there is.
    """
    enough = math.ceil(math.log(LOST) / math.log1p(-p)) if p < 1 else 1
    return min(max(k, enough), most)


def best_kept(space: Space, k: int, p: float, rng: np.random.Generator) -> Rows:
    """Return the best target that is kept of every source, (n,)."""
    near = space.source.near
    every = np.arange(len(near.rows))
    if p == 1:
        return space.best(every)[0]
    means = space.target.near.scores[:, :k].mean(axis=1)
    return near.rows[every, drawn(near.scores - means[near.rows] / 2, p, rng)]


def drawn(scores: Array, p: float, rng: np.random.Generator) -> Rows:
    """Keep every score with probability p; return the column of the best kept one of each row.

    A row of which nothing is kept is drawn again.
    """
    chosen = np.empty(len(scores), dtype=np.intp)
    open_ = np.arange(len(scores))
    while len(open_):
        kept = rng.random((len(open_), scores.shape[1]), dtype=np.float32) < p
        chosen[open_] = np.where(kept, scores[open_], -np.inf).argmax(axis=1)
        open_ = open_[~kept.any(axis=1)]
    return chosen
