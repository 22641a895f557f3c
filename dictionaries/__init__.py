"""Word pairs: reading, writing, splitting, and seeds that need no dictionary. Knows no vectors."""

from dictionaries.lexicon import Coverage, Lexicon, LexiconFormatError, LexiconReport
from dictionaries.reading import load, sample_names, save
from dictionaries.seeds import identical, numerals

__all__ = [
    "Coverage",
    "Lexicon",
    "LexiconFormatError",
    "LexiconReport",
    "identical",
    "load",
    "numerals",
    "sample_names",
    "save",
]
