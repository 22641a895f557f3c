"""Word vectors of one language: values, readers and writers. Knows nothing of alignment."""

from embeddings.reading import Stream, load, sample_names
from embeddings.subwords import Subwords
from embeddings.values import Defect, Embeddings, ReadReport, VectorFormatError
from embeddings.writing import save

__all__ = [
    "Defect",
    "Embeddings",
    "ReadReport",
    "Stream",
    "Subwords",
    "VectorFormatError",
    "load",
    "sample_names",
    "save",
]
