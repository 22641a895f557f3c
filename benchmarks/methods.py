"""CSLS P@1 of every preset and of `Best`, by the number of seeds: batches, resumed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from tempfile import mkdtemp
from typing import Any

import polars

import align
import dictionaries
from align import PRESETS, Best
from align.batch import load_results
from align.solvers.solution import draws
from benchmarks.data import DATA, muse, vectors
from dictionaries import Lexicon

Row = dict[str, Any]  # of a run, or of settings

PAIRS = ("en-es", "es-en", "en-de", "de-en", "en-fr", "fr-en", "es-fr", "de-es")
SPELLED = {"identical": dictionaries.identical, "numerals": dictionaries.numerals}
KNOWN = ("5000", "1000", "100", "identical")  # the seeds of every method
MORE = ("500", "25", "numerals")  # and of `best` alone
RATE = "rcsls, rate 25"  # that of fastText's example; the preset has its program's default
SLOW = (RATE, "rcsls", "c1-1k", "c1", "vecmap-semi")  # minutes each: last
AGREED = "best, agreement"  # the same maps, scored by another retrieval
ALONE = "best, seeds alone"  # words spelled alike are not tried
OTHER: dict[str, Row] = {  # what is no preset
    ALONE: {"preset": "best", "alike": False},
    RATE: {"preset": "rcsls", "rate": 25.0},
}
METHODS = ("best", ALONE, *(name for name in PRESETS if name not in SLOW), *SLOW)
SEEDS = (0, 1, 2)  # of a method that draws; the others are run once
WORK = Path(os.environ.get("ALIGN_BATCH") or mkdtemp(prefix="align-methods-"))  # a batch's folder
KEPT = Path("benchmarks/results/methods.csv")


def main() -> None:
    """Run what is missing, quick methods first, keep the scores and print the tables.

    With ALIGN_TABLE set, print the tables of the scores that were kept.
    """
    if not os.environ.get("ALIGN_TABLE"):
        for seed, method, seeds in product(SEEDS, METHODS, (*KNOWN, *MORE)):
            done = {(r["seed"], r["method"], r["seeds"], r["pair"]) for r in kept()}
            left = [pair for pair in PAIRS if (seed, method, seeds, pair) not in done]
            asked = seeds != "identical" if method == ALONE else method == "best" or seeds in KNOWN
            if left and asked and (seed == 0 or draws(PRESETS.get(method, Best()))):
                align.run_batch(plan(seed, method, seeds, left), WORK)
                found = [*kept(), *rows(seeds)]
                polars.DataFrame(found, infer_schema_length=None).write_csv(KEPT)
    table(kept())


def plan(seed: int, method: str, seeds: str, pairs: list[str]) -> Mapping[str, Any]:
    """Return the plan of one row of the tables."""
    train = f"{WORK}/{seeds}-{{pair}}.txt"
    WORK.mkdir(parents=True, exist_ok=True)
    for pair in pairs:
        dictionaries.save(lexicon(seeds, pair), train.format(pair=pair))
    return {
        "data": {
            "vectors": f"{DATA}/vectors/{{lang}}.npz",
            "train": train,
            "test": f"{DATA}/dictionaries/muse/{{pair}}.5000-6500.txt",
        },
        "grid": {"pairs": pairs, "seeds": [seed]},
        "methods": {method: OTHER.get(method, {})},
        "run": {"device": "cpu"},
        "score": {
            "metrics": ["P@1"],
            "retrievals": ["csls", "agreement"] if method == "best" else ["csls"],
        },
    }


def lexicon(seeds: str, pair: str) -> Lexicon:
    """Return the first so many words of a training dictionary that are covered, or words alike."""
    source, target = map(vectors, pair.split("-"))
    if seeds in SPELLED:
        return SPELLED[seeds](source.words, target.index)
    return muse(pair, "train").within(source, target).first(int(seeds))


def kept() -> list[Row]:
    """Return what was measured before."""
    return (
        polars.read_csv(KEPT, schema_overrides={"seeds": str}).to_dicts() if KEPT.exists() else []
    )


def rows(seeds: str) -> Iterator[Row]:
    """Yield P@1 of the runs of a batch, from source to target, and what `Best` chose."""
    for cell, result in load_results(WORK).cells:
        if result is None:
            continue
        row = {"seeds": seeds, "pair": cell.pair, "method": cell.method, "seed": cell.seed}
        row |= {"hits": None, "asked": None, "low": None, "high": None}
        row |= {"chosen": None, "held_out": None, "error": result.error or None}
        if (record := result.record) is None:
            yield row
            continue
        assert record.evaluation is not None
        row["chosen"] = record.chosen or None
        row["held_out"] = "; ".join(f"{t.name} {t.hits}/{t.asked}" for t in record.trials)
        for score in record.evaluation.scores:
            if score.direction == "forward":
                found = score.at(1)
                low, high = found.interval
                agreed = score.retrieval.startswith("agreement")
                row["method"] = AGREED if agreed else cell.method
                yield row | {"hits": found.hits, "asked": found.scored, "low": low, "high": high}


def table(found: list[Row]) -> None:
    """Print one table for each number of seeds, and what was chosen."""
    for seeds in (*KNOWN, *MORE):
        made = {
            (method, pair): [
                row
                for row in found
                if (row["seeds"], row["method"], row["pair"]) == (seeds, method, pair)
            ]
            for method in (*METHODS, AGREED)
            for pair in PAIRS
        }
        if not any(made.values()):
            continue
        print(f"\n{seeds} seeds; P@1 by CSLS\n\n| method | {' | '.join(PAIRS)} | mean |")
        print("|---|" + "---|" * (len(PAIRS) + 1))
        for method in (AGREED, *METHODS):
            if not any(of := [made[method, pair] for pair in PAIRS]):
                continue
            values = [mean(percents(some)) for some in of if percents(some)]
            average = f"{mean(values):.1f}" if len(values) == len(PAIRS) else ""
            print(f"| {method} | {' | '.join(map(cell, of))} | {average} |")
        if seeds in KNOWN:
            print(f"| `best` less the best preset | {' | '.join(lead(made, p) for p in PAIRS)} | |")
    print("\nWhat `best` chose:\n")
    for seeds in (*KNOWN, *MORE):
        chosen = {
            r["pair"]: r["chosen"] for r in found if (r["seeds"], r["method"]) == (seeds, "best")
        }
        if chosen:
            print(f"- {seeds}: {'; '.join(f'{pair} {name}' for pair, name in chosen.items())}")


def percents(some: list[Row]) -> list[float]:
    """Return P@1 of every run that ended well."""
    return [100 * row["hits"] / row["asked"] for row in some if row["asked"]]


def cell(some: list[Row]) -> str:
    """Return the mean over seeds with the standard deviation; a dash where nothing could solve."""
    values = percents(some)
    if not values:
        return "-" if some else ""
    spread = f" ± {stdev(values):.1f}" if len(values) > 1 else ""
    return f"{mean(values):.1f}{spread}"


def lead(made: Mapping[tuple[str, str], list[Row]], pair: str) -> str:
    """Return the points by which `best` is above the best preset that was run."""
    values = {m: mean(found) for m in METHODS if (found := percents(made[m, pair]))}
    best, _ = (values.pop(method, None) for method in ("best", ALONE))
    return f"{best - max(values.values()):+.1f}" if best is not None and values else ""
