"""Solvers by the name of what they reproduce, and the candidates of `align.selection.Best`."""

from __future__ import annotations

from align.solvers import (
    RCSLS,
    Contrastive,
    GeoMM,
    KernelResidual,
    Multistep,
    Procrustes,
    Refinement,
    Ridge,
    SelfLearning,
    Solver,
)

PRESETS: dict[str, Solver] = {
    "procrustes": Procrustes(),  # Xing et al. 2015
    "muse": Refinement(rounds=5),  # Conneau et al. 2018
    "vecmap": Multistep(),  # Artetxe et al. 2018, AAAI
    "vecmap-semi": SelfLearning(),  # Artetxe et al. 2018, ACL
    "rcsls": RCSLS(),  # Joulin et al. 2018
    "c1": Contrastive(),  # Li et al. 2022, with 5,000 seeds
    "proc-b": Refinement(  # Glavaš et al. 2019
        rounds=1, retrieval="nn", keep_seeds=True, limit=10_000, max_rank=0
    ),
    "geomm": GeoMM(),  # Jawanpuria et al. 2019
    "cca": Multistep(dewhiten=0, reweight=0),  # Faruqui and Dyer 2014
    "ridge": Ridge(),  # Mikolov et al. 2013, Dinu et al. 2015
}
