"""Does the verdict without labels tell right alignments from wrong ones? At least 200 runs."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

import dictionaries
import embeddings
from align.auto import ALIKE, Auto, divided
from align.gold import gold_of, rows_of
from align.judge import ENOUGH_ALIKE, judged, outcome
from align.maps import Array
from align.normalize import Normalization
from align.presets import FEW, UNSUPERVISED
from align.problem import Problem
from align.retrieve import Space
from align.solvers import RandomStart, Solution
from align.solvers.attempt import Verdict
from align.solvers.kept import keeping
from align.solvers.solution import seeded
from benchmarks.data import DATA, muse, vectors
from dictionaries import Lexicon
from embeddings import Embeddings

WORDS = 5_000  # of either language
SMALL = ("es-en", "it-en", "zh-en", "ja-zh", "tr-en")  # Zhang et al. 2017
LARGE = ("en-es", "en-de", "en-fr", "de-es")  # Wikipedia vectors
RUNS = [(seed, f"small {pair}") for seed in (0, 1) for pair in SMALL]
RUNS += [(0, pair) for pair in LARGE]
OBVIOUS = Path(__file__).parent / "obvious"
KEPT = Path(os.environ.get("ALIGN_VERDICTS", "benchmarks/results/verdict.jsonl"))
NAMES = [name for name, _ in Auto().starts]
PLANNED = {
    "nothing": [*NAMES, "random"],
    **dict.fromkeys(
        ("noise .5", "noise 1", "noise 2", "words shuffled", "order shuffled"), NAMES[:2]
    ),
    "random vectors": NAMES[1:2],
    "itself": NAMES[:2],
}  # what is done to the target, and the starts


@dataclass(frozen=True, eq=False)
class World:
    """Two languages, what their words are, and the seeds and tests of a pair."""

    x: Array
    y: Array
    source: Embeddings
    target: Embeddings
    train: Lexicon
    test: Lexicon

    @property
    def alike(self) -> np.ndarray:
        """Rows of the words spelled alike."""
        shared = dictionaries.identical(self.source.words, self.target.index)
        return rows_of(shared.pairs, self.source, self.target)

    def score(self, solution: Solution) -> float:
        """Return CSLS P@1 on the test dictionary, in percent."""
        space = Space.of(*solution.mapped(Problem(self.x, self.y, self.alike[:0])))
        gold = gold_of(self.test, self.source, self.target)
        best, _ = space.best(gold.sources)
        right = {(int(i), int(j)) for i, j in gold.answers}
        return 100 * float(np.mean([(i, int(j)) in right for i, j in enumerate(best)]))


@cache
def world(pair: str) -> World:
    """Read the most frequent words of a pair.

    The small pairs but es-en are scored on the second half of 50 obvious pairs of words.
    """
    if pair.startswith("small "):
        pair = pair.removeprefix("small ")
        source, target = small(pair)
        if pair == "es-en":
            lexicon = dictionaries.load(DATA / "zhang2017" / "es-en.gold.txt")
            train, test = lexicon.split(0.5, seed=0)
        else:
            train, test = dictionaries.load(OBVIOUS / f"{pair}.txt").split(0.5, seed=0)
    else:
        source, target = (_first(vectors(code)) for code in pair.split("-"))
        train, test = muse(pair, "train"), muse(pair, "test")
    x, y = (Normalization.fitted(side.vectors, "unit,center,unit")[1] for side in (source, target))
    return World(x, y, source, target, train, test)


def small(pair: str) -> tuple[Embeddings, Embeddings]:
    """Read two languages of Zhang et al. 2017; of tr-en, the English one is that of it-en."""
    codes = pair.split("-")
    names = ("tr-en.tr", "it-en.en") if pair == "tr-en" else [f"{pair}.{code}" for code in codes]
    source, target = (embeddings.load(DATA / "zhang2017" / f"{name}.vec") for name in names)
    return source, target


def _first(side: Embeddings) -> Embeddings:
    return replace(side, words=side.words[:WORDS], vectors=side.vectors[:WORDS])


def spoiled(whole: World, how: str, seed: int) -> World:
    """Return a world in which something is wrong with the target, or which is one language."""
    rng = np.random.default_rng(seed)
    y, target = whole.y, whole.target
    if how.startswith("noise"):
        noise = rng.standard_normal(y.shape).astype(y.dtype) / np.sqrt(y.shape[1])
        y = y + float(how.split()[1]) * noise
    elif how == "random vectors":
        y = rng.standard_normal(y.shape).astype(y.dtype)
    elif how == "words shuffled":
        target = replace(target, words=tuple(rng.permutation(np.array(target.words)).tolist()))
    elif how == "order shuffled":
        order = rng.permutation(len(y))
        words = tuple(np.array(target.words)[order].tolist())
        y, target = y[order], replace(target, words=words, vectors=target.vectors[order])
    elif how == "itself":
        same = Lexicon(tuple((word, word) for word in whole.source.words))
        return replace(whole, y=whole.x, target=whole.source, train=same, test=same)
    y = Normalization.fitted(y, "unit,center,unit")[1]
    return replace(whole, y=y, target=target)


def main() -> None:
    """Run what is missing, then print how verdicts and scores go together."""
    done = {(row["pair"], row["how"], row["start"], row["seed"]) for row in rows()}
    if not os.environ.get("ALIGN_TABLE"):
        for seed, pair in RUNS:
            for how, starts in PLANNED.items():
                missing = [name for name in starts if (pair, how, name, seed) not in done]
                if missing:
                    measure(pair, how, missing, seed)
    table()


def measure(pair: str, how: str, starts: list[str], seed: int) -> None:
    """Run starts as `Auto` does, judge them, and score them beside a supervised map."""
    here = spoiled(world(pair), how, seed)
    alike = here.alike
    seeds = rows_of(here.train.within(here.source, here.target).pairs, here.source, here.target)
    problem = Problem(here.x, here.y, seeds)
    with keeping(problem):
        supervised = here.score(FEW(problem))
        for start in starts:
            known = UNSUPERVISED.get(start)
            solver = seeded(known, seed) if known else RandomStart(seed=seed + 100)
            learner = replace(Auto().learning, start=solver, seed=seed)
            learner = solver if start == ALIKE else learner
            used, held_out = divided(start, alike)
            fit = replace(problem, pairs=used)
            row = {"pair": pair, "how": how, "start": start, "seed": seed}
            try:
                solution = learner(fit)
            except ValueError as error:  # no words spelled alike
                print(pair, how, start, error, file=sys.stderr)
                continue
            verdict = judged(fit, solution, held_out, seed=seed)
            row |= {"supervised": supervised, "score": here.score(solution)}
            row["verdict"] = asdict(verdict)
            told = f"{verdict.outcome}, rise {verdict.rise:.3f}, agreement {verdict.agreement:.2f}"
            scores = f"{row['score']:.1f} of {supervised:.1f}"
            print(pair, how, start, seed, f"{told}: {scores}", file=sys.stderr, flush=True)
            with KEPT.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(row) + "\n")


def rows() -> list[dict]:
    """Return what was measured before."""
    return [json.loads(line) for line in KEPT.read_text().splitlines()] if KEPT.exists() else []


def table() -> None:
    """Print verdicts by how much of the supervised score the run has."""
    found = rows()
    bands = (
        ("under a quarter", 0, 0.25),
        ("to a half", 0.25, 0.5),
        ("to three quarters", 0.5, 0.75),
        ("above", 0.75, np.inf),
        ("unknown: the supervised map has under 1 %", None, None),
    )
    print(f"\n{len(found)} runs; CSLS P@1 as a share of that of a supervised map\n")
    print("| share | worked | doubtful | failed | rise | agreement | words alike found |")
    print("|---|---|---|---|---|---|---|")
    for name, low, high in bands:
        of = [row for row in found if _within(row, low, high)]
        verdicts = [Verdict(**row["verdict"]) for row in of]
        said = [outcome(verdict) for verdict in verdicts]
        counts = [said.count(word) for word in ("worked", "doubtful", "failed")]
        rises = _range([verdict.rise for verdict in verdicts])
        agreed = _range([verdict.agreement for verdict in verdicts])
        alike = _range([v.alike_found / v.alike for v in verdicts if v.alike >= ENOUGH_ALIKE])
        print(f"| {name} | {' | '.join(map(str, counts))} | {rises} | {agreed} | {alike} |")
    print("\nThe bounds of the verdict were chosen while looking at runs of the small pairs.\n")
    print(
        "| what was done to the target | runs | worked | doubtful | failed |\n|---|---|---|---|---|"
    )
    for how in dict.fromkeys(row["how"] for row in found):
        said = [outcome(Verdict(**row["verdict"])) for row in found if row["how"] == how]
        counts = [said.count(word) for word in ("worked", "doubtful", "failed")]
        print(f"| {how} | {len(said)} | {' | '.join(map(str, counts))} |")


def _within(row: dict, low: float | None, high: float | None) -> bool:
    if row["supervised"] < 1 or low is None:
        return row["supervised"] < 1 and low is None
    return low <= row["score"] / row["supervised"] < high


def _range(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}" if values else ""
