"""What `align diagnose` measures of a pair, beside the CSLS P@1 that the pair then earns."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

import align
import dictionaries
import embeddings
from align import Procrustes
from align.diagnosis.evidence import WORDS
from align.diagnosis.joint import WORDS as JOINT
from align.diagnosis.trial import quick
from align.gold import rows_of
from align.normalize import Normalization
from align.retrieve import Space
from align.solvers.procrustes import procrustes
from benchmarks import methods
from benchmarks.data import DATA, muse, vectors
from dictionaries import Lexicon
from embeddings import Embeddings

KEPT = Path(os.environ.get("ALIGN_DIAGNOSE", "benchmarks/results/diagnose.jsonl"))
RECIPE = "unit,center,unit"
FEW = ("en-es", "en-de", "en-fr")
PLAIN = [(pair, "5000") for pair in methods.PAIRS] + [("zhang2017", "half"), ("sample", "1000")]
FEWER = [(pair, seeds) for seeds in ("1000", "100", "identical") for pair in FEW]
CONTROLS = [("en-es", control) for control in ("half wrong", "shuffled", "random vectors")]
EARNED = ("procrustes", "grown", "best")


def evidence(*path: str | int) -> Callable[[dict], float]:
    """Return what reads a value of the evidence."""
    return lambda row: float(reduce(lambda found, name: found[name], path, row["evidence"]))


MEASURES: dict[str, Callable[[dict], float]] = {
    "held out": lambda row: percent(row["outlook"]["trial"]),
    "relations": evidence("shape", "relational_similarity"),
    "agreement": lambda row: (
        row["evidence"]["joint"]["agreed"] / row["evidence"]["joint"]["compared"]
    ),
    "eigenvectors": evidence("shape", "eigenvector_similarity"),
    "Gromov-Hausdorff": evidence("shape", "gromov_hausdorff"),
    "SVG": evidence("shape", "spectral_gap"),
    "COND-HM": evidence("shape", "condition"),
    "ECOND-HM": evidence("shape", "effective_condition"),
    "hubness, NN": evidence("joint", "hubness", 0, "skewness"),
    "told apart": lambda row: percent(
        row["evidence"]["joint"]["separation"]["plain"], "right", "held_out"
    ),
    "seed words": lambda row: row["words"],
    "mutual": lambda row: row["mutual"],
    "mutual by chance": lambda row: row["chance"],
}


def main() -> None:
    """Measure what is missing, then print the table; with ALIGN_TABLE set, print only."""
    done = {(row["pair"], row["seeds"]) for row in rows()}
    for problem in [*PLAIN, *FEWER, *CONTROLS]:
        if problem not in done and not os.environ.get("ALIGN_TABLE"):
            measure(*problem)
    table()


def measure(pair: str, seeds: str) -> None:
    """Diagnose a pair, align it, and add the row to the file."""
    source, target, train, test = problem(pair, seeds)
    found = align.diagnose(source, target, None if seeds == "identical" else train).as_dict()
    source, target = (
        replace(side, words=side.words[:WORDS], vectors=side.vectors[:WORDS])
        for side in (source, target)
    )
    if (advised := found["outlook"]["seeds"]) == "identical":
        train = dictionaries.identical(source.words, target.index)
    found |= mutual(source, target, train)
    row = {"pair": pair, "seeds": seeds, "advised": advised}
    row["verdict"] = found["outlook"]["verdict"]
    row["measures"] = {name: value(found) for name, value in MEASURES.items()}
    solvers = {"procrustes": Procrustes(), "grown": quick(found["words"])["grown"]}
    for name, solver in solvers.items():
        run = align.supervised(source, target, train, solver=solver, test=test)
        p = run.record.evaluation.scores[1].at(1)
        row[name] = {"hits": p.hits, "asked": p.scored, "interval": p.interval}
    print(
        pair, seeds, *(methods.cell([row[name]]) for name in solvers), file=sys.stderr, flush=True
    )
    with KEPT.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(row, ensure_ascii=False) + "\n")


def problem(pair: str, seeds: str) -> tuple[Embeddings, Embeddings, Lexicon, Lexicon]:
    """Return vectors, seeds and a test dictionary."""
    if pair == "zhang2017":
        gold = dictionaries.load(DATA / pair / "es-en.gold.txt")
        sides = (embeddings.load(DATA / pair / f"es-en.{code}.vec") for code in ("es", "en"))
        return (*sides, *gold.split(0.5))
    if pair == "sample":
        sides = (embeddings.load(f"sample:{code}") for code in ("en", "fr"))
        return (*sides, *(dictionaries.load(f"sample:en-fr.{part}") for part in ("train", "test")))
    source, target = (vectors(language) for language in pair.split("-"))
    train, test = muse(pair, "train"), muse(pair, "test")
    rng = np.random.default_rng(0)
    if seeds == "random vectors":
        target = replace(target, vectors=rng.standard_normal(target.vectors.shape))
    elif seeds == "half wrong":
        train = mixed(train, 0.5, rng)
    elif seeds == "shuffled":
        train = mixed(train, 1.0, rng)
    elif seeds.isdecimal():
        train = train.first(int(seeds))
    return source, target, train, test


def mixed(lexicon: Lexicon, share: float, rng: np.random.Generator) -> Lexicon:
    """Exchange the target words of a share of the pairs."""
    sources, targets = np.array(lexicon.pairs).T
    moved = rng.choice(len(targets), int(share * len(targets)), replace=False)
    targets[moved] = np.roll(targets[moved], 1)
    return Lexicon(tuple(zip(sources.tolist(), targets.tolist(), strict=True)))


def mutual(source: Embeddings, target: Embeddings, train: Lexicon) -> dict:
    """Count mutual CSLS neighbours, under Procrustes and under a random rotation."""
    x, y = (Normalization.fitted(side.vectors, RECIPE)[1] for side in (source, target))
    seeds = train.within(source, target)
    pairs = rows_of(seeds.pairs, source, target)
    by_chance = np.random.default_rng(0).standard_normal((x.shape[1], y.shape[1]))
    maps = {
        "mutual": procrustes(x[pairs[:, 0]], y[pairs[:, 1]]),
        "chance": procrustes(np.eye(x.shape[1]), by_chance),
    }
    found = {
        name: len(Space.of(map_(x[:JOINT]), y[:JOINT]).induce()[0]) for name, map_ in maps.items()
    }
    return {**found, "words": len(seeds.sources)}


def rows() -> list[dict]:
    """Return what was measured before."""
    return [json.loads(line) for line in KEPT.read_text().splitlines()] if KEPT.exists() else []


def table() -> None:
    """Print every measure beside what the pair earned, and which of them go together."""
    found = {(row["pair"], row["seeds"]): row for row in rows()}
    best = {(row["pair"], row["seeds"]): row for row in methods.kept() if row["method"] == "best"}
    print(
        f"CSLS P@1 on the test dictionary among {WORDS:,} words; `best` among 50,000, where known."
    )
    print(f"\n| pair | seeds | advised | {' | '.join(EARNED)} | verdict | {' | '.join(MEASURES)} |")
    print("|---|---|---" + "|---" * (len(EARNED) + 1 + len(MEASURES)) + "|")
    for key in (key for key in [*PLAIN, *FEWER, *CONTROLS] if key in found):
        row = {**found[key], "best": best.get(key)}
        earned = [methods.cell([row[name]] if row[name] else []) for name in EARNED]
        measured = [f"{row['measures'][name]:.4g}" for name in MEASURES]
        print(f"| {' | '.join([*key, row['advised'], *earned, row['verdict'], *measured])} |")
    print("\nSpearman correlation with the P@1 of `grown`:\n")
    print(f"| problems | {' | '.join(MEASURES)} |")
    print("|---" + "|---" * len(MEASURES) + "|")
    groups = {"all seeds": PLAIN, "all seeds and fewer": [*PLAIN, *FEWER]}
    for name, keys in groups.items():
        group = [found[key] for key in keys if key in found]
        earned = [percent(row["grown"]) for row in group]
        cells = [f"{together(name, group, earned):.2f}" for name in MEASURES]
        print(f"| {name} ({len(group)}) | {' | '.join(cells)} |")


def together(name: str, group: list[dict], earned: list[float]) -> float:
    """Return the rank correlation of a measure with what was earned."""
    return float(spearmanr([row["measures"][name] for row in group], earned).statistic)


def percent(score: dict, hits: str = "hits", asked: str = "asked") -> float:
    """Return the percentage of hits."""
    return 100 * score[hits] / score[asked]
