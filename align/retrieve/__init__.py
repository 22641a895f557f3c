"""Nearest neighbours and CSLS; the only package that knows FAISS. Arrays in, arrays out."""

from align.retrieve.choice import ahead, choose
from align.retrieve.flat import Flat, require_faiss
from align.retrieve.neighbours import Neighbours
from align.retrieve.search import Index, Search, current, using
from align.retrieve.space import (
    RANKED,
    Direction,
    Retrieval,
    Space,
    ready,
    require_neighbourhood,
    require_retrieval,
)

__all__ = [
    "RANKED",
    "Direction",
    "Flat",
    "Index",
    "Neighbours",
    "Retrieval",
    "Search",
    "Space",
    "ahead",
    "choose",
    "current",
    "ready",
    "require_faiss",
    "require_neighbourhood",
    "require_retrieval",
    "using",
]
