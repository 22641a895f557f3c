"""Word vectors of one language: values, readers and writers. Knows nothing of alignment."""

from embeddings.convert import from_keyed_vectors, from_mapping, to_keyed_vectors
from embeddings.encoders import open_encoder
from embeddings.encoding import from_encoder
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
    "from_encoder",
    "from_keyed_vectors",
    "from_mapping",
    "load",
    "open_encoder",
    "sample_names",
    "save",
    "to_keyed_vectors",
]
