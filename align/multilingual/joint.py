"""The stages in order: seeds, agreement, hub, maps into one space, scores."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone

from align.alignment import Placement
from align.multilingual.checks import require_names, require_values
from align.multilingual.record import JointRecord, PairSeeds, mean_agreements
from align.multilingual.seeds import Pair, Seeds
from align.multilingual.value import Joint, placed
from align.multilingual.views import agreements, apart, cycles, directions, together
from align.multilingual.world import World
from align.normalize import unit
from align.presets import grown, grown_jointly
from align.record import VectorsRecord, versions
from align.retrieve import ahead, require_faiss
from align.retrieve.neighbours import Rows
from align.solvers import Multistep
from align.solvers.solution import describe
from align.steps import OnStep, silent
from dictionaries import Lexicon
from embeddings import Embeddings

DIRECT = grown(Multistep(), keep_seeds=True)


def joint(
    languages: Mapping[str, Embeddings],
    lexicons: Mapping[Pair, Lexicon],
    *,
    hub: str = "auto",
    test: Mapping[Pair, Lexicon] | None = None,
    normalize: str = "unit,center,unit",
    k: int = 10,
    seed: int = 0,
    direct: bool = True,
    on_step: OnStep = silent,
) -> Joint:
    """Bring several languages into one space.

    Parameters
    ----------
    languages : mapping of str to Embeddings
        At least three, of as many dimensions each.
    lexicons : mapping of (str, str) to Lexicon
        Seeds, by source and target language. Not all pairs need any, as long as one leads to
        another. Seeds of words that ``test`` asks are left out.
    hub : str
        The language that the others join one after another, each mapped to all that are there;
        ``auto`` for the one whose quick maps translate held-out seeds of the others best; ``none``
        to go on from there, by generalised Procrustes over all pairs, until nothing improves.
    test : mapping of (str, str) to Lexicon, optional
        Score the space. Where there is one direction only, it is turned round for the other.
    normalize : str
        As `align.supervised` takes it.
    k : int
        The neighbourhood of CSLS.
    seed : int
        Of the held-out seeds, and of the bootstrap.
    direct : bool
        Make a separate map of every pair that has seeds as well, to compare with: about as much
        work again.
    on_step : callable
        Told what is done.

    Returns
    -------
    Joint

    Raises
    ------
    ValueError
        If the languages are fewer than three or not connected, or the vectors and the dictionaries
        do not fit each other.
    TypeError
        If an argument is not the value it should be.
    ImportError
        If FAISS is not installed.
    """
    started = time.perf_counter()
    require_faiss()
    require_names(list(languages), hub)
    require_values(languages, lexicons, test := test or {})
    largest = max(languages.values(), key=len)
    ahead(len(largest) * largest.vectors.size)
    world = World.of(languages, lexicons, test, normalize, k)
    agreed = agreements(world, seed, on_step)
    means = mean_agreements(world.languages, agreed)
    root = hub if hub in languages else max(means, key=means.__getitem__)
    solver = grown_jointly(hub=hub != "none", k=k)
    solution = solver(world.joined(root), on_step=on_step)
    maps = dict(zip(world.languages, solution.maps, strict=True))
    sides = {name: unit(map_(world.x[name])) for name, map_ in maps.items()}
    one, spaces = together(world, sides, world.named(solution.spaces), on_step)
    separate = apart(world, DIRECT, on_step) if direct else {}
    record = JointRecord(
        hub="none" if hub == "none" else root,
        root=root,
        solver=describe(solver),
        direct_solver=describe(DIRECT) if direct else {},
        normalize=world.normalizations[root].recipe,
        k=k,
        seed=seed,
        languages=tuple(replace(VectorsRecord.of(x), name=name) for name, x in languages.items()),
        seeds=tuple(_told(world, world.named(solution.pairs))),
        agreements=tuple(agreed),
        losses=solution.losses,
        converged=solution.converged,
        directions=directions(world, one, separate, agreed, root, seed),
        cycles=cycles(world, one, separate),
        versions=versions(),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        recall=min(space.recall for space in spaces.values()),
        seconds=round(time.perf_counter() - started, 3),
    )
    return Joint(
        {name: placed(x, name, sides[name]) for name, x in languages.items()},
        {name: Placement(world.normalizations[name], map_) for name, map_ in maps.items()},
        record,
        spaces,
    )


def _told(world: World, fitted: Mapping[Pair, Rows]) -> Iterator[PairSeeds]:
    """Yield what there is between every two languages that have seeds or found pairs."""
    for pair in sorted({*world.seeds, *fitted}):
        seeds = world.seeds.get(pair, Seeds(Lexicon(()), (), 0))
        known, pairs = seeds.lexicon, len(fitted.get(pair, ()))
        yield PairSeeds(pair, seeds.origins, known.fingerprint, len(known), seeds.left_out, pairs)
