"""Nearest neighbours and CSLS; the only package that knows FAISS. Arrays in, arrays out."""

from align.retrieve.csls import csls_search, neighbourhood_means
from align.retrieve.search import Neighbours, Search, exact_search
from align.retrieve.space import Retrieval, Space

__all__ = [
    "Neighbours",
    "Retrieval",
    "Search",
    "Space",
    "csls_search",
    "exact_search",
    "neighbourhood_means",
]
