"""The signature says how a score was made, so that another can make it again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from align.evaluate import Rule, Score
from align.record import Evaluation, LexiconRecord, Record
from align.tasks import TaskRecord


def signature(
    record: Record,
    scores: Iterable[Score] = (),
    evaluation: Evaluation | None = None,
    *,
    oov: Iterable[Rule] = ("skip",),
) -> str:
    """Return one line: solver, normalisation, data, retrieval, OOV rule, version, seed.

    Parameters
    ----------
    record : Record
    scores : iterable of Score
        Whose retrieval and direction to name; by default all from source to target.
    evaluation : Evaluation, optional
        Whose test dictionary to name; by default that of the record.
    oov : iterable of {'skip', 'wrong', 'xling'}
        The rules for words out of the vocabularies.
    """
    evaluation = evaluation or record.evaluation
    scores = tuple(scores) or (evaluation.forward if evaluation else ())
    asked = dict.fromkeys(score.retrieval for score in scores) or ("nn", f"csls{record.k}")
    directions = tuple(dict.fromkeys(score.direction for score in scores)) or ("forward",)
    recall = min([record.recall, *(score.recall for score in scores)])
    how = [
        f"retrieval:{','.join(asked)}",
        *([] if directions == ("forward",) else [f"direction:{','.join(directions)}"]),
        *([f"search:fast~{recall:.4f}"] if recall < 1 else []),
        f"oov:{','.join(oov)}",
    ]
    return task_signature(record, [evaluation.test] if evaluation else [], *how)


def task_signature(record: Record, tests: Iterable[LexiconRecord | TaskRecord], *how: str) -> str:
    """Return one line: solver, normalisation, data, how the score was made, version, seed.

    Parameters
    ----------
    record : Record
    tests : iterable of LexiconRecord or TaskRecord
        What was asked.
    *how : str
        As ``oov:skip``.
    """
    return "|".join(
        [
            _solver(record.solver, record.chosen),
            f"norm:{record.normalize}",
            f"vocab:{record.source.rows}x{record.target.rows}",
            f"case:{'lower' if record.source.lower else 'kept'}",
            f"seeds:{_name(record.train)}",
            *(f"test:{_name(test)}" for test in tests),
            *how,
            f"v:{record.versions.get('align-embeddings', 'unknown')}",
            f"seed:{record.seed}",
        ]
    )


def common_signature(signatures: Iterable[str]) -> str:
    """Return what signatures have in common, with ``*`` where they differ, and all seeds."""
    several = [each.split("|") for each in signatures]
    found: dict[tuple[str, int], list[str]] = {}
    for parts in several:
        names = [part.partition(":")[0] for part in parts]
        for i, (name, part) in enumerate(zip(names, parts, strict=True)):
            found.setdefault((name, names[:i].count(name)), []).append(part)
    return "|".join(_common(name, each, len(several)) for (name, _), each in found.items())


def _common(name: str, parts: Sequence[str], several: int) -> str:
    different = dict.fromkeys(part.partition(":")[2] for part in parts)
    if len(parts) == several and len(different) == 1:
        return parts[0]
    return f"{name}:{','.join(different) if name == 'seed' else '*'}"


def _name(test: LexiconRecord | TaskRecord) -> str:
    """Return a file's name and the start of its fingerprint."""
    name = re.split(r"[/\\]", test.origin)[-1].removeprefix("sample:") or "memory"
    return f"{name}#{test.fingerprint[:6]}"


def _solver(solver: Mapping[str, Any], chosen: str) -> str:
    """Return a solver's settings; of what it chose from, only the name of the chosen one, and of
    the solvers it is made of their names and the starts of their fingerprints.
    """  # noqa: D205  # one sentence
    parts = [solver["name"], *([f"chosen:{chosen}"] if chosen else [])]
    for name, value in solver.items():
        if name != "name" and not isinstance(value, (list, tuple)):
            parts.append(f"{name}:{_part(value) if isinstance(value, Mapping) else value}")
    return "|".join(parts)


def _part(solver: Mapping[str, Any]) -> str:
    settings = json.dumps(dict(solver), sort_keys=True).encode()
    known = f"#{hashlib.sha256(settings).hexdigest()[:6]}" if len(solver) > 1 else ""
    return f"{solver['name']}{known}"
