"""The table of `align joint`: the hub and why, the seeds, all directions, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from align.evaluate import Measure
from align.multilingual import JointRecord, PairSeeds
from align.multilingual.record import mean_agreements
from align.report.table import cell

NOTHING = "-"


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
    rows = [
        [_name(one.source, one.via, one.target), _cell(one.direct), _cell(one.shared)]
        for one in record.directions
    ]
    direct = [one.direct for one in record.directions if one.direct]
    full = len(direct) == len(record.directions)
    shared = [one.shared for one in record.directions]
    rows.append(
        [
            f"mean of {len(shared)}",
            _mean(one.value for one in direct) if full else NOTHING,
            _mean(one.value for one in shared),
        ]
    )
    yield from _columns([["", "separate maps", "one space"], *rows])


def _cycles(record: JointRecord) -> Iterator[str]:
    asked = max(one.asked for one in record.cycles)
    yield f"of the {asked:,} most frequent words come back by CSLS, percent"
    rows = []
    for one in record.cycles:
        direct = None if one.direct is None else one.direct / one.asked
        drift = NOTHING if one.drift is None else f"{one.drift:.3f}"
        way = " > ".join((*one.languages, one.languages[0]))
        rows.append([way, _percent(direct), _percent(one.shared / one.asked), drift])
    whole = [one for one in record.cycles if one.direct is not None and one.drift is not None]
    full = len(whole) == len(record.cycles)
    rows.append(
        [
            f"mean of {len(record.cycles)}",
            _mean((one.direct or 0) / one.asked for one in whole) if full else NOTHING,
            _mean(one.shared / one.asked for one in record.cycles),
            f"{sum(one.drift or 0 for one in whole) / len(whole):.3f}" if full else NOTHING,
        ]
    )
    yield from _columns([["", "separate maps", "one space", "drift of separate maps"], *rows])
    yield "drift: how far three maps in turn take a word from where it was, in its own lengths;"
    yield "in one space it is 0, whatever the maps are"


def _name(source: str, via: Iterable[str], target: str) -> str:
    middle = ", ".join(via)
    return f"{source} > {target}" + (f" via {middle}" if middle else "")


def _cell(measure: Measure | None) -> str:
    return NOTHING if measure is None else cell(measure).rstrip()


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.1f}"


def _mean(shares: Iterable[float]) -> str:
    found = list(shares)
    return f"{100 * sum(found) / len(found):5.1f}"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their columns under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        yield re.sub(" +$", "", "  ".join(cells))
