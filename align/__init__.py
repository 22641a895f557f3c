"""Cross-lingual word-embedding alignment: learn a map that puts two languages in one space.

Rows are words and maps act from the right: ``x @ w ~ y``.
"""

from importlib.metadata import version as _version

from align.alignment import Alignment
from align.maps import LinearMap
from align.normalize import Normalization
from align.pipeline import supervised
from align.problem import Problem
from align.run import Doubt, Run, Translation
from align.solvers import (
    RCSLS,
    Audited,
    GeoMM,
    Multistep,
    Procrustes,
    Refinement,
    Ridge,
    SelfLearning,
    Solution,
)
from align.storage import load, save

__all__ = [
    "Alignment",
    "Audited",
    "Doubt",
    "GeoMM",
    "LinearMap",
    "Multistep",
    "Normalization",
    "RCSLS",
    "Problem",
    "Procrustes",
    "Refinement",
    "Ridge",
    "Run",
    "SelfLearning",
    "Solution",
    "Translation",
    "load",
    "save",
    "supervised",
]


def __getattr__(name: str) -> str:
    """Give ``align.__version__`` on demand: looking it up takes longer than it is worth."""
    if name == "__version__":
        return _version("align-embeddings")
    raise AttributeError(f"module 'align' has no attribute {name!r}")
