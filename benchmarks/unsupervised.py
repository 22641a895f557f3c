"""`align.unsupervised` on every pair with ten seeds; labels are for the last column only."""

from __future__ import annotations

import json
import os
import statistics
import sys
from pathlib import Path

import align
from benchmarks.data import muse, vectors
from benchmarks.verdict import OBVIOUS, SMALL, small
from dictionaries import Lexicon, load
from embeddings import Embeddings

LARGE = ("en-es", "en-de", "en-fr")
SEEDS = range(10)
KEPT = Path(os.environ.get("ALIGN_UNSUPERVISED", "benchmarks/results/unsupervised.jsonl"))
METHODS = tuple(os.environ.get("ALIGN_METHODS", "auto").split(","))
PAIRS = (*(f"small {pair}" for pair in SMALL), *LARGE)
ASKED = os.environ.get("ALIGN_PAIRS", ",".join(PAIRS)).split(",")


def main() -> None:
    """Run what is missing, then print the table."""
    done = {(row["pair"], row["method"], row["seed"]) for row in rows()}
    if not os.environ.get("ALIGN_TABLE"):
        for seed in SEEDS:
            for method in METHODS:
                for pair in ASKED:
                    if (pair, method, seed) not in done:
                        measure(pair, method, seed)
    table()


def given(pair: str) -> tuple[Embeddings, Embeddings, Lexicon]:
    """Return both languages and what to score on: gold, obvious pairs, or MUSE's test words."""
    if not pair.startswith("small "):
        source, target = (vectors(code) for code in pair.split("-"))
        return source, target, muse(pair, "test")
    pair = pair.removeprefix("small ")
    source, target = small(pair)
    return source, target, load(OBVIOUS / f"{pair}.txt") if pair != "es-en" else gold()


def gold() -> Lexicon:
    """Return the gold dictionary of Zhang et al. 2017."""
    from benchmarks.data import DATA

    return load(DATA / "zhang2017" / "es-en.gold.txt")


def measure(pair: str, method: str, seed: int) -> None:
    """Align once, and add the row to the file."""
    source, target, test = given(pair)
    solver = align.Auto() if method == "auto" else align.Auto.only(method)
    run = align.unsupervised(source, target, solver=solver, test=test, seed=seed)
    [repeat], record = run.record.repeats, run.record
    row = {"pair": pair, "method": method, "seed": seed, "outcome": repeat.outcome}
    row |= {"rise": repeat.rise, "hits": repeat.hits, "asked": repeat.asked}
    row |= {"chosen": record.chosen, "attempts": len(record.attempts), "seconds": record.seconds}
    print(row, file=sys.stderr, flush=True)
    with KEPT.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(row) + "\n")


def rows() -> list[dict]:
    """Return what was measured before."""
    return [json.loads(line) for line in KEPT.read_text().splitlines()] if KEPT.exists() else []


def table() -> None:
    """Print a line for each pair and method."""
    verdicts = "worked, doubtful, failed"
    print(f"\n| pair | method | seeds | {verdicts} | starts | mean | worst | words | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    found = rows()
    for pair, method in dict.fromkeys((row["pair"], row["method"]) for row in found):
        of = [row for row in found if (row["pair"], row["method"]) == (pair, method)]
        said = [row["outcome"] for row in of]
        counts = ", ".join(str(said.count(word)) for word in ("worked", "doubtful", "failed"))
        shares = [100 * row["hits"] / row["asked"] for row in of]
        starts = ", ".join(sorted({row["chosen"] for row in of}))
        print(
            f"| {pair} | {method} | {len(of)} | {counts} | {starts} | "
            f"{statistics.mean(shares):.1f} | {min(shares):.1f} | {of[0]['asked']:,} | "
            f"{statistics.median(row['seconds'] for row in of):.0f} |"
        )
    print(
        "\nCSLS P@1: small es-en on the gold dictionary, the other small pairs on 50 obvious "
        "pairs (`benchmarks/obvious`), the large ones on MUSE's test words; the median of seconds."
    )
