"""Solvers: a frozen dataclass of hyperparameters that turns a `Problem` into a `Solution`."""

from align.solvers.multistep import Multistep
from align.solvers.procrustes import Procrustes
from align.solvers.refinement import Refinement
from align.solvers.solution import Solution, Solver

__all__ = ["Multistep", "Procrustes", "Refinement", "Solution", "Solver"]
