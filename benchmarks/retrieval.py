"""Neighbourhood means of both sides and CSLS retrieval, against the ways of MUSE and VecMap."""

import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import torch

import align
from align import Procrustes
from align.maps import Array
from align.normalize import unit
from align.retrieve import Flat, Space, choose, fast, using
from align.retrieve.fast import Fast
from benchmarks.data import muse, vectors

SIZES = (25_000, 50_000, 100_000, 200_000)
LARGEST = 50_000  # rows up to which the ways that take longest are run
K = 10
BLOCK = 1024
NOISE = 0.005  # standard deviation of what is added to each number of a repeated vector
PLOT = Path(__file__).parent / "results" / "retrieval.svg"


def muse_means(x: Array, y: Array) -> None:
    """Find both means as MUSE does: two flat searches with FAISS."""
    for queries, base in ((x, y), (y, x)):
        index = faiss.IndexFlatIP(base.shape[1])
        index.add(base)
        index.search(queries, K)[0].mean(axis=1)


def muse_csls(x: Array, y: Array, x_means: Array, y_means: Array) -> None:
    """Translate as MUSE does: dense blocks with torch top-k."""
    x_, y_, r_x, r_y = (torch.from_numpy(v) for v in (x, y, x_means, y_means))
    for start in range(0, len(x), BLOCK):
        scores = 2 * (x_[start : start + BLOCK] @ y_.T)
        scores -= r_x[start : start + BLOCK, None] + r_y[None]
        scores.topk(K, 1)


def vecmap_means(x: Array, y: Array) -> None:
    """Find both means as VecMap does: NumPy blocks and a partition."""
    for queries, base in ((x, y), (y, x)):
        for start in range(0, len(queries), BLOCK):
            scores = queries[start : start + BLOCK] @ base.T
            np.partition(scores, -K, axis=1)[:, -K:].mean(axis=1)


def product(x: Array, y: Array) -> None:
    """Multiply in float32, and do nothing with it: the limit of all the others."""
    block = np.empty((BLOCK, len(y)), dtype=np.float32)
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        np.matmul(part, y.T, out=block[: len(part)])


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the shortest time of a few."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def tiled(rows: Array, n: int, seed: int) -> Array:
    """Repeat vectors, with a little noise on those that come again."""
    rng = np.random.default_rng(seed)
    parts = [rows[:n]]
    while sum(map(len, parts)) < n:
        parts.append(rows + NOISE * rng.standard_normal(rows.shape, dtype=np.float32))
    return unit(np.concatenate(parts)[:n].astype(np.float32))


def mapped() -> tuple[Array, Array]:
    """Return English and Spanish in one space, 50,000 rows each."""
    with using(Flat()):
        run = align.supervised(
            vectors("en"), vectors("es"), muse("en-es", "train"), solver=Procrustes()
        )
    return run.space.x, run.space.y


def main() -> None:
    """Print every table, and draw how the time grows."""
    x, y = mapped()
    best = choose("cpu")
    print(f"Exact search here: {best.reason}\n")
    print(
        "Both neighbourhood means, k = 10, n x n rows of 300 dimensions; shortest of the runs "
        "(3 at 25,000, else 1).\nRatios are to MUSE's two flat searches: higher is faster.\n"
    )
    ways = {
        "MUSE: two FAISS flat searches": muse_means,
        "VecMap: NumPy blocks, partition": vecmap_means,
        "float32 product alone": product,
        "ours, exact": Space.of,
        "ours, exact, FAISS only": Space.of,
        "ours, fast (product quantisation)": Space.of,
    }
    searches = {"ours, exact": best, "ours, exact, FAISS only": Flat()}
    taken: dict[str, dict[int, float]] = {name: {} for name in ways}
    recalls = {}
    for n in SIZES:
        a, b = tiled(x, n, 1), tiled(y, n, 2)
        for name, way in ways.items():
            if n > LARGEST and ("VecMap" in name or "only" in name):
                continue
            with using(searches.get(name, Fast(Flat()))):
                last: list[object] = []

                def run(way: Callable = way, last: list = last, pair: tuple = (a, b)) -> None:
                    last[:] = [way(*pair)]

                taken[name][n] = seconds(run, 3 if n == SIZES[0] else 1)
            if isinstance(last[0], Space) and "fast" in name:
                recalls[n] = last[0].recall
    table(taken)
    print(
        f"\nRecall of fast search, measured by it: "
        f"{', '.join(f'{recall:.4f}' for recall in recalls.values())}.\n"
    )
    plot(taken)
    translation(x, y)
    accuracy(tiled(x, SIZES[2], 1), tiled(y, SIZES[2], 2), best)
    fast_quality()


def table(taken: dict[str, dict[int, float]]) -> None:
    """Print seconds and ratios."""
    base = next(iter(taken.values()))
    print("| | " + " | ".join(f"{n:,}" for n in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    for name, times in taken.items():
        cells = [f"{t:.1f} s ({base[n] / t:.2f}x)" for n, t in times.items()]
        print(f"| {name} | " + " | ".join(cells + [""] * (len(SIZES) - len(cells))) + " |")


def plot(taken: dict[str, dict[int, float]]) -> None:
    """Draw time against rows, both logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "align"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for (name, times), marker in zip(taken.items(), "os^DvP", strict=True):
        axes.loglog(list(times), list(times.values()), marker=marker, label=name)
    axes.set_xticks(SIZES, [f"{n:,}" for n in SIZES])
    axes.minorticks_off()
    axes.set_xlabel("rows of each side")
    axes.set_ylabel("seconds")
    axes.set_title("Both neighbourhood means, k = 10, 300 dimensions")
    axes.legend(fontsize="small")
    figure.savefig(PLOT, metadata={"Date": None})
    print(f"![time against rows]({PLOT.name})\n")


def translation(x: Array, y: Array) -> None:
    """Time the CSLS ranking of every source word after the means are known."""
    space = Space.of(x, y, K)
    means = space.source.near.means, space.target.near.means
    theirs = seconds(lambda: muse_csls(x, y, *means), 1)
    ours = seconds(lambda: space.nearest(np.arange(len(x)), K), 1)
    best = seconds(lambda: space.best(np.arange(len(x))), 1)
    print(
        "CSLS translation of all 50,000 words, means known, against MUSE's dense blocks: 10 best "
        f"{theirs / ours:.1f}x as fast; the best only, from the neighbours, {theirs / best:.1f}x.\n"
    )


def accuracy(a: Array, b: Array, search: object) -> None:
    """Compare with double precision on 1,000 rows of each side."""
    with using(search):
        space = Space.of(a, b, K)
    rows = np.random.default_rng(0).choice(len(a), 1000, replace=False)
    worst, different, ties = 0.0, 0, 0
    for one, other, near in ((a, b, space.source.near), (b, a, space.target.near)):
        exact = one[rows].astype(np.float64) @ other.T.astype(np.float64)
        order = np.argsort(-exact, axis=1, kind="stable")[:, :K]
        scores = np.take_along_axis(exact, order, axis=1)
        worst = max(worst, float(np.abs(near.scores[rows] - scores).max()))
        unlike = near.rows[rows] != order
        different += int(unlike.sum())
        found = np.take_along_axis(exact, near.rows[rows], axis=1)
        ties += int((unlike & (np.abs(found - scores) < 1e-7)).sum())
    print(
        f"{len(a):,} rows, against float64 on 1,000 rows of each side: largest difference of a "
        f"score {worst:.1e}; {different} of 20,000 neighbours differ, {ties} of them ties "
        "within 1e-7.\n"
    )


def fast_quality() -> None:
    """Compare the P@1 of exact and fast search on en-es."""
    source, target = vectors("en"), vectors("es")
    train, test = muse("en-es", "train"), muse("en-es", "test")
    values = {}
    fast.SMALL = 0  # so that the test words are ranked by it as well
    for search in (choose("cpu"), Fast(Flat())):
        with using(search):
            run = align.supervised(source, target, train, test=test, solver=Procrustes())
        values[search.name] = 100 * run.record.evaluation.scores[1].at(1).value
    print(f"en-es, CSLS P@1: exact {values['exact']:.2f}, fast {values['fast']:.2f}.\n")
