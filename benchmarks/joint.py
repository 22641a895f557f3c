"""CSLS P@1 of four languages in one space, and of separate maps; words that come back in a ring.

ALIGN_WORDS cuts the vocabularies (default: all 50,000 words).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations

import align
import embeddings
from align.multilingual import JointRecord
from align.report.joint import joint_signature
from align.steps import Step
from benchmarks.data import muse, vectors

LANGUAGES = ("en", "es", "fr", "de")
PAIRS = tuple(permutations(LANGUAGES, 2))
WORDS = int(os.environ.get("ALIGN_WORDS", "0")) or None


def main() -> None:
    """Print a table of all directions, and one of the rings."""
    sides = {code: cut(vectors(code)) for code in LANGUAGES}
    train, test = (
        {pair: muse("-".join(pair), part) for pair in PAIRS} for part in ("train", "test")
    )
    hub = align.joint(sides, train, test=test, on_step=tell)
    free = align.joint(sides, train, test=test, hub="none", direct=False, on_step=tell)
    name = hub.record.hub
    print(
        f"{len(sides['en']):,} words x {sides['en'].dim} of each; MUSE's dictionaries of both "
        "directions are the seeds of a pair, without those of words that a test dictionary asks. "
        f"Through {name}: by its best word, and that one's best word. CSLS P@1\n"
    )
    print(f"| | words asked | separate maps | through {name} | one space, hub {name} | no hub |")
    print("|---|--:|--:|--:|--:|--:|")
    columns = []
    for one, other in zip(hub.record.directions, free.record.directions, strict=True):
        pivot = one.pivot or one.direct  # to and from the hub there is nothing to go through
        columns.append([m.value for m in (one.direct, pivot, one.shared, other.shared)])
        asked = f"{one.source} > {one.target} | {one.shared.scored:,}"
        print(f"| {asked} | {cells(columns[-1])} |", flush=True)
    print(f"| mean of {len(columns)} | | {cells(map(mean, zip(*columns, strict=True)))} |")
    rings(hub.record, free.record)
    for joint in (hub, free):
        record = joint.record
        print(f"\n`{joint_signature(record)}`: {record.seconds:.0f} s", end="")
        print(f"; loss on the seeds {losses(record.losses[0])}, at the end ", end="")
        print(losses(record.losses[-1]))
    agreed = (f"{'-'.join(a.pair)} {100 * a.share:.1f}" for a in hub.record.agreements)
    print(f"\nAgreement by which the hub is chosen: {', '.join(agreed)}.")


def rings(hub: JointRecord, free: JointRecord) -> None:
    """Print how many frequent words come back from each ring of three."""
    heads = f"{hub.cycles[0].asked:,} frequent words, those that come back", "separate maps", "hub"
    print(f"\n| {' | '.join((*heads, 'no hub', 'drift of three rotations'))} |")
    print("|---|--:|--:|--:|--:|")
    rows = []
    for one, other in zip(hub.cycles, free.cycles, strict=True):
        counts = one.direct, one.shared, other.shared
        rows.append((*(count / one.asked for count in counts), one.drift))
    groups = {}
    for one, row in zip(hub.cycles, rows, strict=True):
        groups.setdefault(" ".join(sorted(one.languages)), []).append(row)
    for name, of in {**groups, f"mean of {len(rows)}": rows}.items():
        *shares, drift = (mean(column) for column in zip(*of, strict=True))
        print(f"| {name} | {cells(shares)} | {drift:.2f} |")


def cut(side: embeddings.Embeddings) -> embeddings.Embeddings:
    """Keep the most frequent words."""
    return replace(side, words=side.words[:WORDS], vectors=side.vectors[:WORDS])


def cells(shares: Iterable[float]) -> str:
    """Return percentages, as cells."""
    return " | ".join(f"{100 * share:.1f}" for share in shares)


def losses(found: tuple[float, ...]) -> str:
    """Return the first loss, the last, and the number of rounds."""
    return f"{found[0]:.4f} to {found[-1]:.4f} in {len(found) - 1} rounds"


def mean(values: Iterable[float]) -> float:
    """Return the mean."""
    found = list(values)
    return sum(found) / len(found)


def tell(step: Step) -> None:
    """Tell on stderr what is done."""
    if step.stage in ("agreement", "growing dictionaries", "translating", "separate maps"):
        print(step.stage, step.done, step.total, file=sys.stderr, flush=True)
