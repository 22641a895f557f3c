"""What the commands share that score a run on tasks: its vocabularies, mapped and not mapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import embeddings
from align.cli.progress import Bars, note
from align.run import Run
from align.tasks.words import most_covered
from embeddings import Embeddings

Side = Literal["source", "target"]


def mapped(run: Run, side: Side) -> Embeddings:
    """Return the words of a side, with their vectors in the joint space."""
    return run.source if side == "source" else run.target


def unmapped(run: Run, side: Side, bars: Bars) -> Embeddings | None:
    """Read the vectors of a run again, normalised as for it; or say why that cannot be.

    To undo the map is no way: one that is not linear, or that cut dimensions, has no exact inverse.
    """
    record = run.record.source if side == "source" else run.record.target
    try:
        read = embeddings.load(
            record.origin,
            max_vocab=record.max_vocab,
            lower=record.lower,
            name=record.name,
            on_read=bars.reading(record.name),
        )
    except OSError:
        note(f"no scores before mapping: the vectors of {record.name} are not at {record.origin!r}")
        return None
    if read.fingerprint != record.fingerprint:
        note(f"no scores before mapping: {record.origin} was changed after the run was made")
        return None
    normalise = run.alignment.source if side == "source" else run.alignment.target
    return replace(read, vectors=normalise(read.vectors))


def sides_of(
    run: Run, lists: Sequence[Sequence[str]], choices: Sequence[tuple[Side, ...]]
) -> tuple[Side, ...]:
    """Return the languages of the columns of a task: those whose vocabularies hold most of it."""
    found = {sides: [mapped(run, side) for side in sides] for sides in choices}
    return most_covered(lists, found)
