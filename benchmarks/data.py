"""Where the real vectors and dictionaries are."""

import os
import sys
from pathlib import Path

import dictionaries
import embeddings

DATA = Path(os.environ.get("ALIGN_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))

if not DATA.is_dir():
    sys.exit(f"the real vectors are not at {DATA}; set ALIGN_TEST_DATA")


def vectors(language: str) -> embeddings.Embeddings:
    """Return the 50,000 Wikipedia vectors of a language."""
    return embeddings.load(DATA / "vectors" / f"{language}.npz")


def muse(pair: str, part: str) -> dictionaries.Lexicon:
    """Return MUSE's train or test dictionary of a pair, as en-es."""
    rows = {"train": "0-5000", "test": "5000-6500"}[part]
    return dictionaries.load(DATA / "dictionaries" / "muse" / f"{pair}.{rows}.txt")
