"""`Side`: one language of a space, ready to be searched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from align.maps import Array
from align.retrieve.neighbours import Neighbours
from align.retrieve.search import Index, Search


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
    _penalties: dict[str, Array] = field(default_factory=dict, repr=False)
    _indexes: dict[str, Index] = field(default_factory=dict, repr=False)

    def penalty(self, way: str, make: Callable[[], Array]) -> Array:
        """Return what a way to score takes off the cosine with each row, (n,), made once."""
        if way not in self._penalties:
            self._penalties[way] = make()
        return self._penalties[way]

    def penalised(self, way: str, make: Callable[[], Array]) -> Index:
        """Return its rows, to be searched in this way."""
        if way not in self._indexes:
            self._indexes[way] = self.search.index(self.index.base, self.penalty(way, make))
        return self._indexes[way]
