"""A run, or a comparison of runs, in words."""

from __future__ import annotations

from align.comparison import Comparison
from align.evaluate import Score
from align.record import Evaluation, LexiconRecord, Record, VectorsRecord
from align.report.figures import LEVEL, percent
from align.report.grid import signed
from align.report.scores import way
from align.report.verdict import verdict_facts


def headline(record: Record) -> str:
    """Return the main result in a sentence."""
    if record.evaluation is None:
        return "The run was not scored: there was no test dictionary."
    score = _main(record.evaluation)
    first = score.at(1)
    low, high = first.interval
    return (
        f"For {first.hits:,} of the {first.scored:,} words asked, the first translation from "
        f"{way(record, score)} is right: P@1 by {score.retrieval.upper()} is "
        f"{percent(first.value)}, and lies with {LEVEL} confidence between {percent(low)} and "
        f"{percent(high)}."
    )


def facts(record: Record) -> tuple[tuple[str, str], ...]:
    """Return what was aligned with what, from which seeds, and how."""
    told = {
        "aligned": f"{_vectors(record.source)} with {_vectors(record.target)}",
        "alike" if record.verdict else "seeds": _lexicon(record.train),
        "test": _lexicon(record.evaluation.test) if record.evaluation else "",
        "seen in training": _shared(record.evaluation) if record.evaluation else "",
        "method": _method(record),
        "normalisation": record.normalize,
        "fitted": f"on {record.fitted_pairs:,} pairs",
        "stopped": record.stopped,
        "search": "" if record.recall == 1 else f"fast, recall {record.recall:.4f}",
        **{label: "; ".join(lines) for label, lines in verdict_facts(record).items()},
        "made": f"{record.created}, with {_versions(record)}",
    }
    return tuple((label, text) for label, text in told.items() if text)


def _vectors(vectors: VectorsRecord) -> str:
    origin = f", {vectors.origin}" if vectors.origin else ""
    return f"{vectors.rows:,} words of {vectors.name} ({vectors.dim} dimensions{origin})"


def _lexicon(lexicon: LexiconRecord) -> str:
    return f"{lexicon.coverage}" + (f" of {lexicon.origin}" if lexicon.origin else "")


def _shared(evaluation: Evaluation) -> str:
    found = evaluation.shared_with_seeds
    if not found.sources:
        return "none of the words asked is a seed"
    return f"{found.sources:,} of the words asked are seeds too, so the scores may be too high"


def _method(record: Record) -> str:
    settings = ", ".join(
        f"{name} {value}" for name, value in record.solver.items() if _is_setting(name, value)
    )
    chosen = f", which chose {record.chosen}" if record.chosen else ""
    return f"{record.solver['name']}{chosen}" + (f" ({settings})" if settings else "")


def _is_setting(name: str, value: object) -> bool:
    return name != "name" and isinstance(value, (str, int, float))


def _versions(record: Record) -> str:
    return ", ".join(f"{name} {version}" for name, version in record.versions.items())


def best_of(found: Comparison) -> str:
    """Say which run is right most often, and how sure that is."""
    best = max(found.runs, key=lambda one: one.score.at(1).value)
    said = (
        f"On the words that all can answer, {best.name} is right most often: P@1 is "
        f"{percent(best.score.at(1).value)}"
    )
    for apart in best.differences[:1]:  # the first run has none
        low, high = (signed(100 * end) for end in apart.interval)
        said += (
            f", {100 * apart.value:.1f} points more than {found.runs[0].name} ({LEVEL} interval "
            f"{low} to {high}, p {apart.p:.4f})"
        )
    return f"{said}."


def _main(evaluation: Evaluation) -> Score:
    """Return the score by CSLS, or else the last one."""
    scores = evaluation.forward
    return next((score for score in scores if score.retrieval.startswith("csls")), scores[-1])
