"""`Result`: how one run of a batch ended, and `Results`: all of them, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import Any

import numpy as np
import numpy.typing as npt

from align.record import Record


@dataclass(frozen=True)
class Cell:
    """One place of the grid of a batch: what is run.

    Parameters
    ----------
    pair : str
        Both languages, as ``en-es``.
    method : str
        Its name in the plan.
    train_size : int
        Source words of the training dictionary that are used; 0 for all.
    fold : int
        The part of the training dictionary that is held out and scored on, from 1; 0 where the
        test dictionary is.
    seed : int
    """

    pair: str
    method: str
    train_size: int
    fold: int
    seed: int

    def __str__(self) -> str:
        size = f", {self.train_size:,} words" if self.train_size else ""
        fold = f", fold {self.fold}" if self.fold else ""
        return f"{self.pair} {self.method}{size}{fold}, seed {self.seed}"


@dataclass(frozen=True, eq=False)
class Result:
    """How a run ended.

    Parameters
    ----------
    key : str
        Stands for its settings and data: equal keys, equal runs.
    record : Record or None
        How it was made and what it scored; None where it failed.
    error : str
        Why it failed, and nothing else.
    best : (q,) array of int
        The rank of the first right answer to each word that was asked, source to target by CSLS:
        the same words in the same order for all runs with the same pair, fold and vocabularies.
    seconds : float
        Of its worker, reading included.
    memory : int
        The most bytes that its worker held until then.
    threads : int
        Of its worker.
    worker : str
        Machine and process.
    ended : str
        UTC time.
    """

    key: str
    record: Record | None
    error: str
    best: npt.NDArray[np.int32]
    seconds: float
    memory: int
    threads: int
    worker: str
    ended: str

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Result:
        """Build a result from the plain values of a JSON file; KeyError or TypeError if not one."""
        values = {field.name: data[field.name] for field in fields(cls)}
        if values["record"] is not None:
            values["record"] = Record.from_dict(values["record"])
        return cls(**{**values, "best": np.array(values["best"], dtype=np.int32)})


def now() -> str:
    """Return the UTC time as results have it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def failed(error: str) -> Result:
    """Return the result of a run that was never begun."""
    return Result("", None, error, np.empty(0, dtype=np.int32), 0.0, 0, 0, "", "")


@dataclass(frozen=True, eq=False)
class Results:
    """The grid of a batch, with the result of each cell that was run.

    Parameters
    ----------
    cells : tuple of (Cell, Result or None)
        In the order of the plan.
    metrics : tuple of str
        The measures that the table holds.
    """

    cells: tuple[tuple[Cell, Result | None], ...]
    metrics: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many cells were not run."""
        return sum(result is None for _, result in self.cells)

    @property
    def failed(self) -> tuple[tuple[Cell, Result], ...]:
        """The runs that ended with an error."""
        return tuple((cell, result) for cell, result in self.cells if result and result.error)

    @property
    def finished(self) -> tuple[tuple[Cell, Result], ...]:
        """The runs that ended well."""
        return tuple((cell, result) for cell, result in self.cells if result and result.record)
