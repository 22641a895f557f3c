"""`Side`: one language of a space, ready to be searched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from align.maps import Array
from align.retrieve.neighbours import Neighbours
from align.retrieve.search import Index, Search


@dataclass(frozen=True, eq=False)
class Corrected:
    """The rows of a side, and what is taken off the cosine with each.

    Parameters
    ----------
    base : (n, d) array
    penalty : (n,) array
    search : Search
    """

    base: Array
    penalty: Array
    search: Search

    @cached_property
    def index(self) -> Index:
        """The rows, to be searched so."""
        return self.search.index(self.base, self.penalty)


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
    _corrected: dict[str, Corrected] = field(default_factory=dict, repr=False)

    def corrected(self, way: str, penalty: Callable[[], Array]) -> Corrected:
        """Return its rows as a way to score them sees them; what it takes off is found once."""
        if way not in self._corrected:
            self._corrected[way] = Corrected(self.index.base, penalty(), self.search)
        return self._corrected[way]
