"""CSLS P@1 of every preset and of `Best`, by the number of seeds; resumed where it was stopped."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import align
import dictionaries
from align import PRESETS, Best
from align.solvers.solution import describe
from benchmarks.data import muse, vectors

PAIRS = ("en-es", "es-en", "en-de", "de-en", "en-fr", "fr-en", "es-fr", "de-es")
SEEDS = ("5000", "1000", "100", "identical")
SLOW = ("c1", "vecmap-semi")  # minutes each: last
METHODS = ("best", *(name for name in PRESETS if name not in SLOW), *SLOW)
KEPT = Path(os.environ.get("ALIGN_METHODS", "benchmarks/results/methods.jsonl"))


def main() -> None:
    """Measure what is missing, `best` first, then print the table of what there is.

    With ALIGN_TABLE set, print only.
    """
    done = {key(row) for row in rows()}
    if not os.environ.get("ALIGN_TABLE"):
        tasks = [(method, seeds, pair) for seeds in SEEDS for method in METHODS for pair in PAIRS]
        for task in sorted(tasks, key=lambda task: (task[0] in SLOW, task[0] != "best")):
            if task not in done:
                measure(*task)
    table()


def measure(method: str, seeds: str, pair: str) -> None:
    """Align one pair, score it on the test dictionary, and add the row to the file."""
    source, target = (vectors(language) for language in pair.split("-"))
    solver = Best() if method == "best" else PRESETS[method]
    if seeds == "identical":
        train = dictionaries.identical(source.words, target.index)
    else:
        train = first(muse(pair, "train"), int(seeds))
    row = {"method": method, "seeds": seeds, "pair": pair, "solver": describe(solver)}
    try:
        run = align.supervised(source, target, train, solver=solver, test=muse(pair, "test"))
    except ValueError as error:
        row["failure"] = str(error)
    else:
        found = run.record.evaluation.scores[1].at(1)
        row |= {"hits": found.hits, "asked": found.scored, "interval": found.interval}
        row |= {"chosen": run.record.chosen, "stopped": run.record.stopped}
        row["trials"] = [[t.name, t.hits, t.asked] for t in run.record.trials]
    print(method, seeds, pair, cell(row), file=sys.stderr, flush=True)
    with KEPT.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(row) + "\n")


def first(lexicon: dictionaries.Lexicon, words: int) -> dictionaries.Lexicon:
    """Keep the pairs of the first so many source words of the file."""
    kept = set(list(dict.fromkeys(source for source, _ in lexicon.pairs))[:words])
    return dictionaries.Lexicon(tuple(pair for pair in lexicon.pairs if pair[0] in kept))


def rows() -> list[dict]:
    """Return what was measured before."""
    return [json.loads(line) for line in KEPT.read_text().splitlines()] if KEPT.exists() else []


def key(row: dict) -> tuple[str, str, str]:
    """Return what is measured once."""
    return row["method"], row["seeds"], row["pair"]


def cell(row: dict | None) -> str:
    """Return percent; a dash where the method could not solve, nothing where it was not run."""
    if row is None:
        return ""
    return f"{100 * row['hits'] / row['asked']:.1f}" if "hits" in row else "-"


def table() -> None:
    """Print one table for each number of seeds."""
    found = {key(row): row for row in rows()}
    for seeds in SEEDS:
        if not any(seeds == row[1] for row in found):
            continue
        print(f"\n{seeds} seeds; CSLS P@1\n\n| method | {' | '.join(PAIRS)} | mean |")
        print("|---|" + "---|" * (len(PAIRS) + 1))
        for method in METHODS:
            if not any((method, seeds, pair) in found for pair in PAIRS):
                continue
            of = [found.get((method, seeds, pair)) for pair in PAIRS]
            scores = [100 * row["hits"] / row["asked"] for row in of if row and "hits" in row]
            mean = f"{sum(scores) / len(scores):.1f}" if len(scores) == len(PAIRS) else ""
            print(f"| {method} | {' | '.join(map(cell, of))} | {mean} |")
    print("\nWhat `best` chose:\n")
    for seeds in SEEDS:
        chosen = {pair: found.get(("best", seeds, pair), {}).get("chosen", "") for pair in PAIRS}
        if any(chosen.values()):
            print(
                f"- {seeds}: {'; '.join(f'{pair} {name}' for pair, name in chosen.items() if name)}"
            )
