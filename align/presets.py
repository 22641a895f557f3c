"""Solvers and starts by name, and the candidates of `align.selection.Best`."""

from __future__ import annotations

from dataclasses import replace

from align.solvers import (
    MUSE_ADVERSARIAL,
    RCSLS,
    Adversarial,
    Alike,
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
    Solver,
    WassersteinProcrustes,
)
from align.solvers.generalised import Generalised, Grown

PRESETS: dict[str, Solver] = {
    "procrustes": Procrustes(),  # Xing et al. 2015
    "muse": Refinement(rounds=5, among=10_000, max_rank=0),  # Conneau et al. 2018
    "vecmap": Multistep(),  # Artetxe et al. 2018, AAAI
    "vecmap-semi": SelfLearning(),  # Artetxe et al. 2018, ACL
    "rcsls": RCSLS(),  # Joulin et al. 2018
    "c1": Contrastive(),  # Li et al. 2022, with 5,000 seeds
    "c1-1k": Contrastive(  # with 1,000
        rate=2,
        decay=1,
        steps=50,
        negatives=60,
        rounds=3,
        added=6000,
        max_rank=20_000,
        seeds_only=False,
    ),
    "proc-b": Refinement(  # Glavaš et al. 2019
        rounds=1, retrieval="nn", keep_seeds=True, limit=10_000, max_rank=0
    ),
    "geomm": GeoMM(),  # Jawanpuria et al. 2019
    "cca": Multistep(dewhiten=0, reweight=0),  # Faruqui and Dyer 2014
    "ridge": Ridge(),  # Mikolov et al. 2013, Dinu et al. 2015
}

WEIGHING = Multistep(dewhiten=0.5, reweight=1)

FEW = SelfLearning(  # from few seeds, or many that are not all right
    start=GeoMM(penalty=30), keep=1, patience=2, threshold=1e-3, max_rank=12_000, keep_seeds=True
)

UNSUPERVISED: dict[str, Solver] = {  # starts without a dictionary
    "identical": FEW,  # on words, and numbers, spelled alike
    "similarity": SimilarityStart(words=1000),
    "similarity-2000": SimilarityStart(words=2000),
    "similarity-4000": SimilarityStart(words=4000),  # Artetxe et al. 2018, ACL
    "icp": PcaICP(),  # after Hoshen and Wolf 2018
    "wasserstein": WassersteinProcrustes(),  # after Grave et al. 2019
    "adversarial": Adversarial(),  # after Mohiuddin and Joty 2019
    "numerals": FEW,  # on numbers alone
    "muse": MUSE_ADVERSARIAL,  # Conneau et al. 2018; hours without a GPU
}

FREQUENT = 50_000  # words of either side among which dictionaries grow and candidates are compared
SEEDED = 30_000  # among which they grow from seeds: half the time
PLENTY = 2_000  # source words of the seeds, from which VecMap's mapping is a good start


def candidates(words: int, *, alike: bool = False) -> tuple[tuple[str, Solver], ...]:
    """Return what `align.selection.Best` chooses from, first what to take where nothing is known.

    Of the strongest all steps start from each other: the dictionary grows by mutual CSLS
    neighbours; a last mapping weighs the axes by their correlations and undoes half of the
    whitening; a kernel ridge regression moves regions that a linear map misses. Where seeds are
    few, the dictionary first grows by self-learning, from a metric of both sides, which of few
    seeds is better than a rotation. The dictionary grows once more from a start on the words
    spelled alike as well, which are no seeds of what follows.

    Parameters
    ----------
    words : int
        The source words of the seeds.
    alike : bool
        Whether the problem tells of words spelled alike.
    """
    start = FEW if words < PLENTY else Multistep()
    starts = {"": start, "alike, ": Alike(solver=start)} if alike else {"": start}
    *others, (name, solver) = [
        (f"{name}grown, weighed", grown(start, keep_seeds=True, among=SEEDED))
        for name, start in starts.items()
    ]
    return (
        (name, solver),
        (f"{name}, kernel", KernelResidual(start=solver)),
        *others,
        ("vecmap", Multistep()),
        ("procrustes", Procrustes()),
    )


def grown(start: Solver, *, keep_seeds: bool, among: int = FREQUENT) -> Solver:
    """Return what follows a start: growing pairs of mutual neighbours, and the last mapping."""
    rule = Refinement(keep_seeds=keep_seeds, max_rank=20_000, among=among)
    growing = replace(rule, rounds=3, start=start, solver=Multistep())
    return replace(rule, rounds=1, start=growing, solver=WEIGHING)


def grown_jointly(*, hub: bool, k: int) -> Grown:
    """Return what `grown` is for two languages, for more: around a hub, or without one.

    On words held out of the seeds of four languages, the last mapping is better where it weighs
    axes by the root of their correlations than, as for two languages, by these.
    """
    rounds = 0 if hub else Generalised.rounds
    steps = (Multistep(), Multistep(dewhiten=0.5))
    solver, last = (Generalised(step=step, rounds=rounds) for step in steps)
    return Grown(solver=solver, last=last, k=k)
