"""`JointRecord`: how a space of several languages was made and what it scored, in plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from align.evaluate import Measure
from align.record import LexiconRecord, VectorsRecord, measure_of

FORMAT = 1


@dataclass(frozen=True)
class PairSeeds:
    """The dictionary between two languages.

    Parameters
    ----------
    pair : (str, str)
    origins : tuple of str
        The files of either direction.
    fingerprint : str
        Of the pairs that were used.
    pairs : int
        Seeds that both vocabularies hold, without those left out.
    left_out : int
        Seeds of a word that a test dictionary asks.
    fitted : int
        Pairs that the last maps were fitted on; 0 where this pair of languages took no part.
    """

    pair: tuple[str, str]
    origins: tuple[str, ...]
    fingerprint: str
    pairs: int
    left_out: int
    fitted: int = 0


@dataclass(frozen=True)
class Agreement:
    """How well a quick map between two languages translates seeds that it has not seen.

    Parameters
    ----------
    pair : (str, str)
    hits, asked : int
        Words of both languages that CSLS translated rightly, out of those held out.
    """

    pair: tuple[str, str]
    hits: int
    asked: int

    @property
    def share(self) -> float:
        """P@1, in [0, 1]."""
        return self.hits / max(self.asked, 1)


@dataclass(frozen=True)
class Direction:
    """What one language scores against another.

    Parameters
    ----------
    source, target : str
    via : tuple of str
        The languages through which the two are connected; none where they have seeds of their own.
    test : LexiconRecord
    shared : Measure
        CSLS P@1 in the space of all.
    direct : Measure or None
        CSLS P@1 of a separate map between the two; none where they have no seeds, or none was made.
    pivot : Measure or None
        P@1 of the hub's word that is the best translation of the source word, translated in turn,
        both by separate maps; none where the hub is one of the two, or such a map was not made.
    """

    source: str
    target: str
    via: tuple[str, ...]
    test: LexiconRecord
    shared: Measure
    direct: Measure | None
    pivot: Measure | None = None


@dataclass(frozen=True)
class Cycle:
    """How many words come back when they are translated from language to language in a ring.

    Parameters
    ----------
    languages : (str, str, str)
        The first is the last as well.
    asked : int
        The most frequent words of the first.
    shared : int
        How many come back by CSLS in the space of all.
    direct : int or None
        How many come back by the separate maps.
    drift : float or None
        The mean of ``||x w_ab w_bc w_ca - x|| / ||x||`` over these words, by the orthogonal
        Procrustes map of each pair of languages: how far three dictionaries contradict each other,
        in [0, 2]. Of orthogonal maps into one space it is 0, however bad they are.
    """

    languages: tuple[str, str, str]
    asked: int
    shared: int
    direct: int | None = None
    drift: float | None = None


@dataclass(frozen=True)
class JointRecord:
    """Everything that made a space of several languages.

    Parameters
    ----------
    hub : str
        The language that the others joined, or ``none``.
    root : str
        The language that they joined at first, where there is no hub; else the hub.
    solver, direct_solver : mapping
        Name and hyperparameters, of the maps into one space and of the separate ones.
    normalize : str
    k : int
        The neighbourhood of CSLS.
    seed : int
    languages : tuple of VectorsRecord
    seeds : tuple of PairSeeds
    agreements : tuple of Agreement
        By which ``auto`` chooses; none where a pair has too few seeds for it.
    losses : tuple of tuple of float
        As `align.solvers.generalised.JointSolution` has them.
    converged : bool
    directions : tuple of Direction
    cycles : tuple of Cycle
    versions : mapping
    created : str
        UTC time.
    recall : float
        The share of the true neighbours that the search found: 1 where it was exact.
    seconds : float
    """

    hub: str
    root: str
    solver: Mapping[str, Any]
    direct_solver: Mapping[str, Any]
    normalize: str
    k: int
    seed: int
    languages: tuple[VectorsRecord, ...]
    seeds: tuple[PairSeeds, ...]
    agreements: tuple[Agreement, ...]
    losses: tuple[tuple[float, ...], ...]
    converged: bool
    directions: tuple[Direction, ...]
    cycles: tuple[Cycle, ...]
    versions: Mapping[str, str]
    created: str
    recall: float = 1.0
    seconds: float = 0.0

    @property
    def title(self) -> str:
        """A short name, as ``joint-en-fr-es``."""
        return "-".join(["joint", *(one.name for one in self.languages)])

    def as_dict(self) -> dict[str, Any]:
        """Return what ``joint.json`` and ``--json`` hold: the record, and each measure's value."""
        data = {"format": FORMAT, **asdict(self)}
        for one, plain in zip(self.directions, data["directions"], strict=True):
            for name in ("shared", "direct", "pivot"):
                if measure := getattr(one, name):
                    plain[name] |= {"value": measure.value, "coverage": measure.coverage}
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> JointRecord:
        """Build a record from the plain values of a JSON file.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is not one, or of another version of align.
        """
        if (made := data["format"]) != FORMAT:
            raise ValueError(f"format {made}, expected {FORMAT}: made by another version of align")
        values = {one.name: data[one.name] for one in fields(cls)}
        return cls(
            **{
                **values,
                "languages": tuple(map(VectorsRecord.from_dict, data["languages"])),
                "seeds": tuple(PairSeeds(**_tuples(one)) for one in data["seeds"]),
                "agreements": tuple(Agreement(**_tuples(one)) for one in data["agreements"]),
                "losses": tuple(map(tuple, data["losses"])),
                "directions": tuple(map(_direction, data["directions"])),
                "cycles": tuple(Cycle(**_tuples(one)) for one in data["cycles"]),
            }
        )


def mean_agreements(names: Iterable[str], agreements: Iterable[Agreement]) -> dict[str, float]:
    """Return every language's mean agreement with all others, in order of their names.

    Two languages without seeds agree in nothing.
    """
    found = list(agreements)
    total = {name: sum(one.share for one in found if name in one.pair) for name in sorted(names)}
    return {name: each / (len(total) - 1) for name, each in total.items()}


def _direction(data: Mapping[str, Any]) -> Direction:
    measures = {
        name: None if data[name] is None else measure_of(data[name])
        for name in ("shared", "direct", "pivot")
    }
    test = LexiconRecord.from_dict(data["test"])
    return Direction(**{**data, **measures, "via": tuple(data["via"]), "test": test})


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(value) if isinstance(value, list) else value for k, value in data.items()}
