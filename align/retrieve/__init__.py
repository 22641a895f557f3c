"""Nearest neighbours and CSLS; the only package that knows FAISS. Arrays in, arrays out."""

from align.retrieve.csls import csls_search, neighbourhood_means
from align.retrieve.search import Neighbours, exact_search, require_faiss
from align.retrieve.space import Retrieval, Space

__all__ = [
    "Neighbours",
    "Retrieval",
    "Space",
    "csls_search",
    "exact_search",
    "neighbourhood_means",
    "require_faiss",
]
