"""Similarity, analogies and sentences as tables for people and plain values for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Literal

from align.evaluate import Correlation, Measure
from align.evaluate.similarity import MIDDLE
from align.record import Record
from align.report.signature import task_signature
from align.tasks import Analogies, SentenceScores, Similarity, TaskRecord
from align.tasks.sentences import MARGIN_K

LOOKUP = "lookup:written,lower"
VECTORS = {"before": "normalised", "after": "mapped"}
When = Literal["before", "after"]
TITLES = {"3cosadd": "3CosAdd", "3cosmul": "3CosMul"}


def similarity_signature(
    record: Record, tasks: Iterable[TaskRecord], vectors: Iterable[When]
) -> str:
    """Return the signature of lists of word pairs."""
    how = (LOOKUP, _vectors(vectors), "cosine", f"oov:skip,middle{MIDDLE}")
    return task_signature(record, tasks, *how)


def analogies_signature(record: Record, task: TaskRecord, vectors: Iterable[When]) -> str:
    """Return the signature of analogies."""
    how = (LOOKUP, _vectors(vectors), "3cosadd,3cosmul", "oov:skip")
    return task_signature(record, [task], *how)


def sentences_signature(record: Record, found: SentenceScores) -> str:
    """Return the signature of sentences."""
    asked = ",".join(dict.fromkeys(one.retrieval for one in found.retrieved))
    how = [r"tokens:\w+", LOOKUP, "weights:idf", f"retrieval:{asked}", f"margin:ratio{MARGIN_K}"]
    if (recall := min(one.recall for one in found.retrieved)) < 1:
        how.append(f"search:fast~{recall:.4f}")
    return task_signature(record, found.tasks, *how, "oov:wrong")


def similarity_table(record: Record, found: Sequence[Mapping[When, Similarity]]) -> str:
    """Return correlations, by each rule for pairs that are missing.

    Parameters
    ----------
    record : Record
    found : sequence of {'before' or 'after': Similarity}
        One for each list of word pairs.
    """
    tasks = [one["after"].task for one in found]
    vectors = list(dict.fromkeys(when for one in found for when in one))
    width = max(len(task.name) for task in tasks)
    lines = [
        f"{'':<{width}}  {'':<14} {'pairs':<12} {'oov':<7} {'Spearman':<20} {'Pearson':<20} "
        "harmonic mean"
    ]
    for one in found:
        name = one["after"].task.name
        languages = "-".join(dict.fromkeys(one["after"].languages))
        for scores in zip(*(each.scores for each in one.values()), strict=True):
            for when, score in zip(one, scores, strict=True):
                start = f"{name:<{width}}  {languages:<6} {when:<7} "
                lines.append(start + _correlation(score))
                name = languages = ""
    return "\n".join(
        [
            *lines,
            "",
            "          100 x correlation [95 % bootstrap interval over pairs]; pairs scored/all",
            *_legend(vectors),
            f"          oov: pairs that are not covered are left out (skip) or given {MIDDLE} "
            "(middle)",
            f"signature {similarity_signature(record, tasks, vectors)}",
        ]
    )


def analogies_table(record: Record, found: Mapping[When, Analogies]) -> str:
    """Return accuracies by category, before and after mapping."""
    first = next(iter(found.values()))
    width = max(len(category.name) for category in first.categories)
    titles = [
        f"{TITLES[measure.name]} {when}"
        for when, one in found.items()
        for measure in one.categories[-1].measures
    ]
    lines = [
        f"{first.language}   {first.task.name}",
        "",
        f"{'':<{width}}  {'asked':<15}" + "".join(f"{title:<20}" for title in titles).rstrip(),
    ]
    for categories in zip(*(one.categories for one in found.values()), strict=True):
        measures = [measure for category in categories for measure in category.measures]
        asked = f"{measures[0].scored if measures else 0:,}/{categories[0].questions:,}"
        cells = "".join(f"{_measure(measure):<20}" for measure in measures).rstrip()
        lines.append(f"{categories[0].name:<{width}}  {asked:<15}{cells}")
    return "\n".join(
        [
            *lines,
            "",
            "          percent right [95 % bootstrap interval] of the questions asked: those whose "
            "four words are known",
            *_legend(found),
            f"signature {analogies_signature(record, first.task, found)}",
        ]
    )


def sentences_table(record: Record, found: SentenceScores) -> str:
    """Return retrieval in both directions, and mining."""
    lines = [f"sentences {found.sentences:,} of each language"]
    languages = found.retrieved[0].languages
    for language, known, tokens in zip(languages, found.known, found.tokens, strict=True):
        lines.append(f"words     {known:,} of {tokens:,} of {language} are known")
    ks = [measure.name for measure in found.retrieved[0].measures]
    lines += ["", f"{'retrieval':<18}{'unknown':<9}" + "".join(f"{k:<20}" for k in ks).rstrip()]
    for one in found.retrieved:
        name = f"{' -> '.join(one.languages)} {one.retrieval.upper()}"
        cells = "".join(f"{_measure(measure):<20}" for measure in one.measures).rstrip()
        lines.append(f"{name:<18}{one.measures[0].missing:<9,}{cells}")
    lines += ["", f"{'mining':<10}{'threshold':<13}{'F1':<20}precision  recall  right/mined"]
    for way in found.mined:
        start = f"{way.candidates:<10}{way.threshold:<13}{_cell(way.f1, way.interval):<20}"
        shares = f"{100 * way.precision:<11.1f}{100 * way.recall:<8.1f}"
        lines.append(f"{start}{shares}{way.hits:,}/{way.mined:,}")
    return "\n".join(
        [
            *lines,
            "",
            "          percent [95 % bootstrap interval]; a sentence without any known word "
            "(unknown) counts as wrong",
            "          threshold: chosen for the best F1 on the same pairs, as published scores "
            "are, or on the other half",
            f"signature {sentences_signature(record, found)}",
        ]
    )


def plain(value: Any) -> Any:  # noqa: ANN401  # whatever a result holds
    """Return a result as what JSON holds, with its shares, which are properties."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if not is_dataclass(value):
        return value
    shares = [name for name, member in vars(type(value)).items() if isinstance(member, property)]
    names = [*(field.name for field in fields(value)), *shares]
    return {name: plain(getattr(value, name)) for name in names}


def _vectors(vectors: Iterable[When]) -> str:
    return f"vectors:{','.join(VECTORS[when] for when in vectors)}"


def _legend(vectors: Iterable[When]) -> list[str]:
    line = "          before: normalised as for the run, but not mapped; after: mapped"
    return [line] if "before" in vectors else []


def _correlation(score: Correlation) -> str:
    figures = (score.spearman, score.pearson, score.harmonic)
    cells = " ".join(f"{_cell(one.value, one.interval):<20}" for one in figures).rstrip()
    return f"{f'{score.scored:,}/{score.pairs:,}':<12} {score.missing:<7} {cells}"


def _measure(measure: Measure) -> str:
    return _cell(measure.value, measure.interval)


def _cell(value: float, interval: tuple[float, float]) -> str:
    low, high = (100 * end for end in interval)
    return f"{100 * value:5.1f} [{low:4.1f}, {high:4.1f}]"
