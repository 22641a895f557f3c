"""Held-out seeds by the number of frequent words among which a dictionary grows."""

from __future__ import annotations

import align
from align.presets import FEW, PLENTY, grown
from align.solvers import Multistep
from benchmarks.agreement import right
from benchmarks.data import vectors
from benchmarks.methods import lexicon

PAIRS = ("en-es", "en-de", "en-fr", "fr-en")
SIZES = ("5000", "1000", "100")
AMONG = (20_000, 30_000, 50_000)


def main() -> None:
    """Print how many words of the seeds that were held out are right; no test word."""
    print("Words of MUSE's training dictionaries that were no seeds, right by CSLS.\n")
    print("| seeds | pair | words | " + " | ".join(f"{many:,}" for many in AMONG) + " |")
    print("|--:|---|--:|" + "--:|" * len(AMONG))
    total = [0] * len(AMONG)
    for size in SIZES:
        for pair in PAIRS:
            source, target = map(vectors, pair.split("-"))
            every = lexicon("5000", pair)
            cut = len(every.sources) * 4 // 5
            known = every.only(every.sources[: min(int(size), cut)])
            asked = every.only(every.sources[cut:])
            start = Multistep() if len(known.sources) >= PLENTY else FEW
            hits = []
            for many in AMONG:
                solver = grown(start, keep_seeds=True, among=many)
                hits.append(right(align.supervised(source, target, known, solver=solver), asked)[0])
            total = [a + b for a, b in zip(total, hits, strict=True)]
            cells = " | ".join(map(str, hits))
            print(f"| {size} | {pair} | {len(asked.sources)} | {cells} |", flush=True)
    print(f"| | all | | {' | '.join(map(str, total))} |")
