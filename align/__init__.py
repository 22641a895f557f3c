"""Cross-lingual word-embedding alignment: learn a map that puts two languages in one space.

Rows are words and maps act from the right: ``x @ w ~ y``.
"""

from importlib.metadata import version as _version

from align.alignment import Alignment
from align.auto import Auto
from align.comparison import Comparison, compare
from align.diagnosis import Diagnosis, diagnose
from align.kernel_map import KernelMap
from align.maps import LinearMap
from align.normalize import Normalization
from align.pipeline import refine, supervised, unsupervised
from align.presets import PRESETS
from align.problem import Problem
from align.run import Doubt, Run, Translation
from align.selection import Best
from align.solvers import (
    RCSLS,
    Adversarial,
    Audited,
    Contrastive,
    GeoMM,
    KernelResidual,
    Multistep,
    PcaICP,
    Procrustes,
    Refinement,
    Ridge,
    SelfLearning,
    SimilarityStart,
    Solution,
    WassersteinProcrustes,
)
from align.storage import load, save
from align.tasks import analogies, sentences, similarity

__all__ = [
    "Adversarial",
    "Alignment",
    "Audited",
    "Auto",
    "Best",
    "Comparison",
    "Contrastive",
    "Diagnosis",
    "Doubt",
    "GeoMM",
    "KernelMap",
    "KernelResidual",
    "LinearMap",
    "Multistep",
    "Normalization",
    "PRESETS",
    "PcaICP",
    "RCSLS",
    "Problem",
    "Procrustes",
    "Refinement",
    "Ridge",
    "Run",
    "SelfLearning",
    "SimilarityStart",
    "Solution",
    "Translation",
    "WassersteinProcrustes",
    "analogies",
    "compare",
    "diagnose",
    "load",
    "refine",
    "save",
    "sentences",
    "similarity",
    "supervised",
    "unsupervised",
]


def __getattr__(name: str) -> str:
    """Give ``align.__version__`` on demand: looking it up takes longer than it is worth."""
    if name == "__version__":
        return _version("align-embeddings")
    raise AttributeError(f"module 'align' has no attribute {name!r}")
