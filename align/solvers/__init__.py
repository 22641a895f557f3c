"""Solvers: a frozen dataclass of hyperparameters that turns a `Problem` into a `Solution`."""

from align.solvers.adversarial import MUSE_ADVERSARIAL, Adversarial
from align.solvers.alike import Alike
from align.solvers.audited import Audited
from align.solvers.contrastive import Contrastive
from align.solvers.geomm import GeoMM
from align.solvers.icp import PcaICP
from align.solvers.identity import Identity
from align.solvers.multistep import Multistep
from align.solvers.procrustes import Procrustes
from align.solvers.random_start import RandomStart
from align.solvers.rcsls import RCSLS
from align.solvers.refinement import Refinement
from align.solvers.residual import KernelResidual
from align.solvers.ridge import Ridge
from align.solvers.self_learning import SelfLearning
from align.solvers.similarity import SimilarityStart
from align.solvers.solution import Solution, Solver
from align.solvers.wasserstein import WassersteinProcrustes

__all__ = [
    "MUSE_ADVERSARIAL",
    "RCSLS",
    "Adversarial",
    "Alike",
    "Audited",
    "Contrastive",
    "GeoMM",
    "Identity",
    "KernelResidual",
    "Multistep",
    "PcaICP",
    "Procrustes",
    "RandomStart",
    "Refinement",
    "Ridge",
    "SelfLearning",
    "SimilarityStart",
    "Solution",
    "Solver",
    "WassersteinProcrustes",
]
