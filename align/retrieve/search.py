"""`Search`: the one interface of every way to find neighbours, and the one in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from align.maps import Array
from align.retrieve.neighbours import Neighbours
from align.steps import OnStep, silent


class Index(Protocol):
    """A base made ready to be searched, once for many searches."""

    @property
    def base(self) -> Array:
        """The (m, d) rows that are searched."""

    def __call__(
        self, queries: Array, k: int, *, stage: str = "search", on_step: OnStep = silent
    ) -> Neighbours:
        """Find the k rows of the base that score highest with each of (q, d) queries.

        Raises
        ------
        ValueError
            If there are fewer than k rows.
        """


class Search(Protocol):
    """A way to find neighbours by inner product; exact ones all give the same ranking."""

    @property
    def name(self) -> str:
        """What to call it in a record."""

    def index(self, base: Array, penalty: Array | None = None) -> Index:
        """Make a base ready: row j scores ``query . base[j] - penalty[j]``.

        Parameters
        ----------
        base : (m, d) array of float32
        penalty : (m,) array, optional
            CSLS and inverted softmax are such penalties.
        """

    def both(
        self,
        x: Index,
        y: Index,
        k: int,
        *,
        like: tuple[Neighbours, Neighbours] | None = None,
        on_step: OnStep = silent,
    ) -> tuple[Neighbours, Neighbours]:
        """Find the k neighbours in ``y`` of every row of ``x``, and in ``x`` of every row of ``y``.

        Parameters
        ----------
        x, y : Index
            Of this search, without penalty.
        like : pair of Neighbours, optional
            Those of similar vectors, as of the round before: a guess that may save time.
        """


def in_turn(x: Index, y: Index, k: int, on_step: OnStep) -> tuple[Neighbours, Neighbours]:
    """Search in one direction, then in the other: `Search.both` where nothing is shared."""
    return (
        y(x.base, k, stage="source neighbourhoods", on_step=on_step),
        x(y.base, k, stage="target neighbourhoods", on_step=on_step),
    )


_in_use: ContextVar[Search] = ContextVar("search")


def current() -> Search:
    """Return the search in use: exact, and the fastest here, where `using` says nothing."""
    if (found := _in_use.get(None)) is None:
        from align.retrieve.choice import choose

        _in_use.set(found := choose())
    return found


@contextmanager
def using(search: Search) -> Iterator[None]:
    """Find neighbours in another way within a ``with`` block; solvers and spaces follow.

    Threads that start inside do not, as with any context variable.
    """
    token = _in_use.set(search)
    try:
        yield
    finally:
        _in_use.reset(token)
