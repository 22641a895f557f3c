"""`Record`: how a run was made and what it scored, in plain values that fit in a JSON file."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from align.evaluate import Measure, Part, Score
from align.solvers.attempt import Attempt, Verdict
from align.solvers.solution import Trial
from dictionaries import Coverage, Lexicon
from embeddings import Embeddings

PACKAGES = ("align-embeddings", "numpy", "scipy", "torch", "numba", "polars", "safetensors")
FAISS = ("faiss-cpu", "faiss-gpu")
PLAIN: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "bool": bool,
    "float": (int, float),
    "Mapping[str, Any]": dict,
    "Mapping[str, str]": dict,
}


@dataclass(frozen=True)
class VectorsRecord:
    """Which vectors a run used, and how to read them again."""

    name: str
    origin: str
    rows: int
    dim: int
    max_vocab: int
    lower: bool
    fingerprint: str
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, embeddings: Embeddings) -> VectorsRecord:
        """Describe word vectors."""
        return cls(
            name=embeddings.name,
            origin=embeddings.origin,
            rows=len(embeddings),
            dim=embeddings.dim,
            max_vocab=embeddings.max_vocab,
            lower=embeddings.lower,
            fingerprint=embeddings.fingerprint,
            remarks=embeddings.report.remarks,
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> VectorsRecord:
        """Build a record from the plain values of a JSON file; TypeError if not one."""
        return cls(**_typed(cls, _tuples(data)))


@dataclass(frozen=True)
class LexiconRecord:
    """Which dictionary a run used, and how much of it the vocabularies hold."""

    origin: str
    fingerprint: str
    coverage: Coverage
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, lexicon: Lexicon, source: Embeddings, target: Embeddings) -> LexiconRecord:
        """Describe a dictionary against two vocabularies."""
        coverage = lexicon.coverage(source, target)
        return cls(lexicon.origin, lexicon.fingerprint, coverage, lexicon.report.remarks)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LexiconRecord:
        """Build a record from the plain values of a JSON file."""
        return cls(**{**_tuples(data), "coverage": Coverage(**data["coverage"])})


@dataclass(frozen=True)
class Shared:
    """What a test dictionary has in common with the seeds; all 0 in an honest evaluation.

    Parameters
    ----------
    sources, targets : int
        Source words and target words that are asked, one way and the other, and are in a seed.
    pairs : int
        Pairs that are seeds.
    """

    sources: int
    targets: int
    pairs: int

    @classmethod
    def of(cls, asked: Lexicon, seeds: Lexicon) -> Shared:
        """Count, over the pairs that are asked."""
        parts = ((lexicon.sources, lexicon.targets, lexicon.pairs) for lexicon in (asked, seeds))
        return cls(*(len({*one} & {*other}) for one, other in zip(*parts, strict=True)))


@dataclass(frozen=True)
class Evaluation:
    """What a run scores on one dictionary.

    Parameters
    ----------
    test : LexiconRecord
    shared_with_seeds : Shared
    scores : tuple of Score
        Of every retrieval from source to target, then of every one back.
    """

    test: LexiconRecord
    shared_with_seeds: Shared
    scores: tuple[Score, ...]

    @property
    def forward(self) -> tuple[Score, ...]:
        """The scores from source to target."""
        return tuple(score for score in self.scores if score.direction == "forward")

    @property
    def backward(self) -> tuple[Score, ...]:
        """The scores from target to source."""
        return tuple(score for score in self.scores if score.direction == "backward")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evaluation:
        """Build an evaluation from the plain values of a JSON file."""
        return cls(
            test=LexiconRecord.from_dict(data["test"]),
            shared_with_seeds=Shared(**data["shared_with_seeds"]),
            scores=tuple(
                Score(
                    **{
                        **_only(Score, score),
                        "measures": _measures(score["measures"]),
                        "parts": tuple(
                            Part(part["by"], part["name"], _measures(part["measures"]))
                            for part in score["parts"]
                        ),
                    }
                )
                for score in data["scores"]
            ),
        )


@dataclass(frozen=True)
class Repeat:
    """How an unsupervised alignment ended with one seed.

    Parameters
    ----------
    seed : int
    outcome : str
        The verdict.
    rise : float
        As `Verdict` has it.
    hits, asked : int
        CSLS P@1 on the test dictionary; 0 of 0 without one.
    agreement : float
        The share of the most frequent words that it translates as the best seed does, by CSLS.
    failure : str
        Why there is no map; empty where there is one.
    """

    seed: int
    outcome: str
    rise: float
    hits: int
    asked: int
    agreement: float
    failure: str = ""

    @classmethod
    def of(cls, record: Record, agreement: float) -> Repeat:
        """Take what is compared between seeds out of a record."""
        verdict, evaluation = record.verdict, record.evaluation
        assert verdict is not None  # every unsupervised run has one
        score = evaluation.forward[-1].at(1) if evaluation else None
        hits, asked = (score.hits, score.scored) if score else (0, 0)
        return cls(record.seed, verdict.outcome, verdict.rise, hits, asked, agreement)


@dataclass(frozen=True)
class Record:
    """Everything that made a run.

    Parameters
    ----------
    method : str
        As in the command, ``supervised``.
    solver : mapping
        The solver's name and hyperparameters.
    normalize : str
        The recipe.
    k : int
        The neighbourhood of CSLS.
    seed : int
        Of everything random.
    source, target : VectorsRecord
    train : LexiconRecord
    losses : tuple of float
        The solver's loss after each of its steps.
    converged : bool
    stopped : str
        Why an iterative solver made no further step.
    trials : tuple of Trial
        What was chosen from, where the solver chose among others on held-out seeds.
    attempts : tuple of Attempt
        The unsupervised starts that were tried, with the verdict on each.
    repeats : tuple of Repeat
        How each seed ended, where there were no seed pairs.
    chosen : str
        The name of the chosen one.
    fitted_pairs : int
        The pairs of words that the last step was fitted on.
    evaluation : Evaluation or None
    versions : mapping
        Of this package and those that its numbers depend on.
    created : str
        UTC time.
    recall : float
        The share of the true neighbours that the search found: 1 where it was exact.
    seconds : float
        From loaded vectors to scores.
    """

    method: str
    solver: Mapping[str, Any]
    normalize: str
    k: int
    seed: int
    source: VectorsRecord
    target: VectorsRecord
    train: LexiconRecord
    losses: tuple[float, ...]
    converged: bool
    stopped: str
    trials: tuple[Trial, ...]
    attempts: tuple[Attempt, ...]
    repeats: tuple[Repeat, ...]
    chosen: str
    fitted_pairs: int
    evaluation: Evaluation | None
    versions: Mapping[str, str]
    created: str
    recall: float
    seconds: float

    @property
    def title(self) -> str:
        """A short name, as ``en-fr-supervised``."""
        return f"{self.source.name}-{self.target.name}-{self.method}"

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on the chosen attempt; None of a run that was supervised."""
        found = [a.verdict for a in self.attempts if a.verdict]
        return max(found, key=lambda v: v.merit, default=None)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """Build a record from the plain values of a JSON file; KeyError or TypeError if not one."""
        values = {name: data[name] for name in cls.__dataclass_fields__}
        for side in ("source", "target"):
            values[side] = VectorsRecord.from_dict(data[side])
        values["train"] = LexiconRecord.from_dict(data["train"])
        if (found := data["evaluation"]) is not None:
            values["evaluation"] = Evaluation.from_dict(found)
        values["trials"] = tuple(Trial(**_typed(Trial, trial)) for trial in data["trials"])
        values["attempts"] = tuple(Attempt.from_dict(attempt) for attempt in data["attempts"])
        values["repeats"] = tuple(Repeat(**_typed(Repeat, repeat)) for repeat in data["repeats"])
        if "name" not in data["solver"]:
            raise KeyError("solver.name")
        return cls(**_typed(cls, _tuples(values)))


def versions() -> dict[str, str]:
    """Return the versions of Python, of this package and of those its numbers depend on."""
    from importlib.metadata import PackageNotFoundError, version  # `import align` is light

    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in (*PACKAGES, *FAISS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _measures(data: Iterable[Mapping[str, Any]]) -> tuple[Measure, ...]:
    return tuple(map(measure_of, data))


def measure_of(data: Mapping[str, Any]) -> Measure:
    """Build a measure from the plain values of a JSON file."""
    return Measure(**_only(Measure, data))


def _only(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the fields of a dataclass, without what was computed from them for readers."""
    return {field.name: _tuple(data[field.name]) for field in fields(kind)}


def _typed(kind: type, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data; TypeError where a plain field of the dataclass holds another type."""
    for field in fields(kind):
        expected = PLAIN.get(str(field.type))
        if expected and not isinstance(data[field.name], expected):
            raise TypeError(f"{field.name} should be {field.type}, is {data[field.name]!r}")
    return data


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tuple(value) for name, value in data.items()}


def _tuple(value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    return tuple(value) if isinstance(value, list) else value
