"""The verdict on an unsupervised run, in words before numbers."""

from __future__ import annotations

import statistics

from align.record import Record, Repeat
from align.solvers.attempt import Attempt, Verdict


def verdict_lines(record: Record) -> list[str]:
    """Return the verdict with its evidence, every attempt, and how each seed ended, in lines."""
    lines = []
    for label, told in verdict_facts(record).items():
        first, *more = told
        lines += [f"{label:<10}{first}", *(f"{'':<10}{line}" for line in more)]
    return lines


def verdict_facts(record: Record) -> dict[str, list[str]]:
    """Return the same under the labels verdict, tried and seeds; nothing of a supervised run."""
    if record.verdict is None:
        return {}
    found = {
        "verdict": [f"{record.verdict.outcome}: {_evidence(record.verdict)[0]}"],
        "tried": [_attempt(attempt) for attempt in record.attempts],
    }
    found["verdict"] += _evidence(record.verdict)[1:]
    if len(record.repeats) > 1:
        found["seeds"] = _repeats(record.repeats)
    return found


def _evidence(verdict: Verdict) -> list[str]:
    alike = (
        f"{verdict.alike_found} of {verdict.alike} held-out words spelled alike are found"
        if verdict.alike
        else "no words spelled alike to ask"
    )
    return [
        f"the objective is {verdict.objective:.3f}, by chance {verdict.null_objective:.3f}",
        f"chance finds {verdict.agreement:.0%} of its pairs as well",
        alike,
        f"mutual neighbours {verdict.mutual:.0%}, by chance {verdict.null_mutual:.0%}; "
        f"hubness {verdict.hubness:.1f}, by chance {verdict.null_hubness:.1f}",
    ]


def _attempt(attempt: Attempt) -> str:
    name = f"{attempt.start}, seed {attempt.seed}:"
    if attempt.verdict is None:
        return f"{name} {attempt.failure}"
    return f"{name} {attempt.verdict.outcome}, rise {attempt.verdict.rise:.2f}"


def _repeats(repeats: tuple[Repeat, ...]) -> list[str]:
    worked = sum(repeat.outcome == "worked" for repeat in repeats)
    rises = [repeat.rise for repeat in repeats]
    agreed = [repeat.agreement for repeat in repeats]
    lines = [
        f"{worked} of {len(repeats)} worked; "
        f"rise {statistics.mean(rises):.2f} on average, {min(rises):.2f} at worst",
        "the frequent words are translated as by the best seed: "
        f"{statistics.mean(agreed):.0%} on average, {min(agreed):.0%} at worst",
        *(f"seed {each.seed}: {each.failure}" for each in repeats if each.failure),
    ]
    shares = [100 * repeat.hits / repeat.asked for repeat in repeats if repeat.asked]
    if shares:
        lines.append(
            f"CSLS P@1 {statistics.mean(shares):.1f} on average, "
            f"{min(shares):.1f} at worst, {max(shares):.1f} at best"
        )
    return lines
