"""The table of `align joint`: the hub and why, the seeds, all directions, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from align.evaluate import Measure
from align.multilingual import Cycle, JointRecord, PairSeeds
from align.multilingual.record import mean_agreements
from align.report.table import cell

NOTHING = "-"
MOST = 10  # rings of three languages that are listed


def joint_table(record: JointRecord) -> str:
    """Return what was brought together and how, what it scores, and the signature."""
    sizes = ", ".join(f"{one.name} {one.rows:,}" for one in record.languages)
    lines = [f"{sizes} words in one space"]
    lines += ["", *_agreement(record), "", *_seeds(record), "", *_losses(record)]
    lines += ["", *_directions(record)] if record.directions else []
    lines += ["", *_cycles(record)]
    return "\n".join([*lines, "", f"signature {joint_signature(record)}"])


def joint_signature(record: JointRecord) -> str:
    """Return one line: how the space was made, from what data, how it was scored."""
    solver = record.solver
    parts = [
        "joint",
        f"hub:{record.hub}",
        *(f"{name}:{value}" for name, value in solver.items() if not isinstance(value, dict)),
        f"norm:{record.normalize}",
        "vocab:" + ",".join(f"{one.name}={one.rows}" for one in record.languages),
        "seeds:" + ",".join(f"{'-'.join(s.pair)}#{s.fingerprint[:6]}" for s in record.seeds),
        "test:"
        + ",".join(
            f"{one.source}-{one.target}#{one.test.fingerprint[:6]}" for one in record.directions
        ),
        f"retrieval:csls{record.k}",
        *([f"search:fast~{record.recall:.4f}"] if record.recall < 1 else []),
        "oov:skip",
        f"v:{record.versions.get('align-embeddings', 'unknown')}",
        f"seed:{record.seed}",
    ]
    return "|".join(parts)


def _agreement(record: JointRecord) -> Iterator[str]:
    """Yield the hub, and the table by which it is chosen."""
    names = [one.name for one in record.languages]
    yield (
        f"hub       {record.hub}"
        if record.hub == record.root
        else f"hub       none; started from {record.root}"
    )
    yield "agreement: CSLS P@1 of quick maps on seeds held out, percent"
    shares = {frozenset(one.pair): one.share for one in record.agreements}
    means = mean_agreements(names, record.agreements)
    rows = [
        [a, *(_percent(shares.get(frozenset((a, b)))) for b in names), _percent(means[a])]
        for a in names
    ]
    yield from _columns([["", *names, "mean"], *rows])


def _seeds(record: JointRecord) -> Iterator[str]:
    yield from _columns([["seeds", "pairs", "left out", "fitted on"], *map(_row, record.seeds)])
    if any(one.left_out for one in record.seeds):
        yield "left out: seeds of words that a test dictionary asks"


def _row(seeds: PairSeeds) -> list[str]:
    numbers = (seeds.pairs, seeds.left_out, seeds.fitted)
    return ["-".join(seeds.pair), *(f"{number:,}" for number in numbers)]


def _losses(record: JointRecord) -> Iterator[str]:
    """Yield what became of the loss, of the maps on the seeds and of the last ones."""
    ways = [("on the seeds", record.losses[0]), ("at the end", record.losses[-1])]
    for name, losses in ways:
        way = " ".join(f"{loss:.4f}" for loss in _thinned(losses))
        yield f"loss {name:<13}{way} ({len(losses) - 1} rounds)"
    if not record.converged:
        yield "the last maps had not come to rest: all rounds were used"


def _thinned(losses: Sequence[float]) -> list[float]:
    """Keep the first few, and the last."""
    return list(losses if len(losses) <= 5 else [*losses[:4], losses[-1]])


def _directions(record: JointRecord) -> Iterator[str]:
    yield "CSLS P@1, percent [95 % bootstrap interval] hits/words asked"
    ways = {"separate maps": "direct", f"through {record.root}": "pivot", "one space": "shared"}
    columns = [[getattr(one, name) for one in record.directions] for name in ways.values()]
    names = [_name(one.source, one.via, one.target) for one in record.directions]
    rows = [[name, *map(_cell, of)] for name, *of in zip(names, *columns, strict=True)]
    means = [_mean(measure and measure.value for measure in column) for column in columns]
    yield from _columns([["", *ways], *rows, [f"mean of {len(names)}", *means]])
    yield f"through {record.root}: by its best word, and that one's best word; separate maps"


def _cycles(record: JointRecord) -> Iterator[str]:
    asked = max(one.asked for one in record.cycles)
    yield f"of the {asked:,} most frequent words come back by CSLS, percent"
    threes: dict[str, list[Cycle]] = {}
    for one in record.cycles:
        threes.setdefault(", ".join(sorted(one.languages)), []).append(one)
    shown = threes if len(threes) <= MOST else {}
    groups = {**shown, f"mean of {len(record.cycles)} rings": record.cycles}
    rows = [[name, *_averages(of)] for name, of in groups.items()]
    yield from _columns([["", "separate maps", "one space", "drift"], *rows])
    yield "three languages make six rings, as de > en > es > de; the means of these. drift: how far"
    yield "three rotations, one from each dictionary, take a word from where it was, in its own"
    yield "lengths; of rotations into one space it is 0, whatever they are"


def _averages(cycles: Sequence[Cycle]) -> Iterator[str]:
    yield _mean(None if one.direct is None else one.direct / one.asked for one in cycles)
    yield _mean(one.shared / one.asked for one in cycles)
    drift = _average(one.drift for one in cycles)
    yield NOTHING if drift is None else f"{drift:.3f}"


def _name(source: str, via: Iterable[str], target: str) -> str:
    middle = ", ".join(via)
    return f"{source} > {target}" + (f" via {middle}" if middle else "")


def _cell(measure: Measure | None) -> str:
    return NOTHING if measure is None else cell(measure).rstrip()


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.1f}"


def _mean(shares: Iterable[float | None]) -> str:
    return _percent(_average(shares)).rjust(5)


def _average(values: Iterable[float | None]) -> float | None:
    """Return the mean; None where a value is missing."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if len(known) == len(found) else None


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their columns under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        yield re.sub(" +$", "", "  ".join(cells))
