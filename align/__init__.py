"""Cross-lingual word-embedding alignment: learn a map that puts two languages in one space.

Rows are words and maps act from the right: ``x @ w ~ y``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from align.alignment import Alignment
from align.auto import Auto
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
    Alike,
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

__all__ = [
    "Adversarial",
    "Alignment",
    "Alike",
    "Audited",
    "Auto",
    "Best",
    "Comparison",
    "Contrastive",
    "Diagnosis",
    "Doubt",
    "GeoMM",
    "Joint",
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
    "joint",
    "load",
    "refine",
    "run_batch",
    "save",
    "sentences",
    "similarity",
    "supervised",
    "unsupervised",
]


if TYPE_CHECKING:
    from align.batch import run_batch
    from align.comparison import Comparison, compare
    from align.diagnosis import Diagnosis, diagnose
    from align.multilingual import Joint, joint
    from align.tasks import analogies, sentences, similarity

LATER = {  # what takes longer to find than most need, and where it is
    "run_batch": "align.batch",
    "Comparison": "align.comparison",
    "compare": "align.comparison",
    "Diagnosis": "align.diagnosis",
    "diagnose": "align.diagnosis",
    "Joint": "align.multilingual",
    "joint": "align.multilingual",
    "analogies": "align.tasks",
    "sentences": "align.tasks",
    "similarity": "align.tasks",
}
PARTS = ("comparison", "diagnosis", "report", "tasks")


def __getattr__(name: str) -> Any:  # noqa: ANN401  # of either kind
    if name == "__version__":
        from importlib.metadata import version

        return version("align-embeddings")
    if name in LATER:
        return getattr(import_module(LATER[name]), name)
    if name in PARTS:
        return import_module(f"align.{name}")
    raise AttributeError(f"module 'align' has no attribute {name!r}")
