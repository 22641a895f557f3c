"""`Side`: one language of a space, ready to be searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from align.maps import Array
from align.retrieve.csls import log_partition
from align.retrieve.neighbours import Neighbours
from align.retrieve.search import Index, Search
from align.steps import OnStep


@dataclass(frozen=True, eq=False)
class Side:
    """One language of a `Space`.

    Parameters
    ----------
    index : Index
        Its rows, of length 1.
    near : Neighbours
        Their k nearest rows of the other side.
    search : Search
    """

    index: Index
    near: Neighbours
    search: Search
    _penalties: dict[float, Array] = field(default_factory=dict, repr=False)
    _indexes: dict[float, Index] = field(default_factory=dict, repr=False)

    @property
    def csls_penalty(self) -> Array:
        """What CSLS takes off the cosine with each row, (n,)."""
        return self.near.means / 2

    @cached_property
    def csls(self) -> Index:
        """Its rows, to be searched by CSLS."""
        return self.search.index(self.index.base, self.csls_penalty)

    def softmax_penalty(self, others: Array, temperature: float, on_step: OnStep) -> Array:
        """Return what the inverted softmax over the rows of the other side takes off, (n,)."""
        if not temperature > 0:
            raise ValueError(f"the temperature must be above 0, got {temperature}")
        if temperature not in self._penalties:
            top = self.near.scores[:, 0]
            sums = log_partition(others, self.index.base, top, temperature, on_step=on_step)
            self._penalties[temperature] = temperature * sums
        return self._penalties[temperature]

    def softmax(self, others: Array, temperature: float, on_step: OnStep) -> Index:
        """Its rows, to be searched by the inverted softmax over the rows of the other side."""
        penalty = self.softmax_penalty(others, temperature, on_step)
        if temperature not in self._indexes:
            self._indexes[temperature] = self.search.index(self.index.base, penalty)
        return self._indexes[temperature]
