"""The folder of a batch: a file per run, whole or absent, and who is making which."""

from __future__ import annotations

import errno
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from align.batch.packed import lacking
from align.report import as_dict
from align.results import Cell, Result, Results, failed, now
from embeddings.files import replacing

GRID, RUNS, CLAIMS, STEPS, VECTORS = "batch.json", "runs", ".claims", ".steps", "vectors"
JOURNAL = "journal.jsonl"
FORMAT = 1
PATIENCE = 600.0  # seconds that a finished run waits for room on a full disk
FULL = (errno.ENOSPC, errno.EDQUOT)


class FolderError(OSError):
    """The folder of a batch is not here, or cannot be written to."""


@dataclass(frozen=True)
class Store:
    """The folder of a batch.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    def require(self) -> None:
        """Raise an error where this machine does not see the folder."""
        if not (self.folder / GRID).is_file():
            raise FolderError(lacking(self.folder))

    def path(self, key: str) -> Path:
        """Return the file of a run."""
        return self.folder / RUNS / f"{key}.json"

    def read(self, key: str) -> Result | None:
        """Return how a run ended; None where it was not run, or its file is damaged."""
        try:
            return Result.from_dict(json.loads(self.path(key).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, result: Result, trace: str = "", patience: float = PATIENCE) -> None:
        """Keep how a run ended; where the disk is full, wait until there is room."""
        data = {field: getattr(result, field) for field in result.__dataclass_fields__}
        data["record"] = result.record and as_dict(result.record)
        text = json.dumps({**data, "best": result.best.tolist(), "trace": trace})
        path, until = self.path(result.key), time.monotonic() + patience
        while True:
            try:
                with replacing(path) as beside:
                    beside.write_text(text, encoding="ascii")
                break
            except OSError as error:
                if error.errno not in FULL or time.monotonic() > until:
                    raise FolderError(str(error)) from error
                time.sleep(1)
        shutil.rmtree(self.steps(result.key), ignore_errors=True)

    def steps(self, key: str) -> Path:
        """Return where the steps of a run under way are kept."""
        return self.folder / STEPS / key

    @contextmanager
    def claim(self, key: str) -> Iterator[bool]:
        """Say whether this process alone may make a run; the claim of a dead process is gone."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / CLAIMS / f"{key}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        except OSError as error:
            if error.errno not in FULL:
                raise FolderError(str(error)) from error
            yield False  # until there is room
            return
        try:
            yield True
        finally:
            lock.release()

    def note(self, event: str, key: str, **told: Any) -> None:  # noqa: ANN401  # plain values
        """Add a line to the journal, unless the disk is full."""
        line = json.dumps({"time": now(), "event": event, "key": key, **told}) + "\n"
        try:
            with (self.folder / JOURNAL).open("a", encoding="utf-8") as journal:
                journal.write(line)
        except OSError as error:
            if error.errno not in FULL:
                raise

    def begin(self, cells: Sequence[tuple[Cell, str, str]], metrics: Sequence[str]) -> None:
        """Keep the grid: every cell with the key of its run, or why it cannot be run."""
        for name in (RUNS, CLAIMS, STEPS):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        data = {
            "format": FORMAT,
            "metrics": list(metrics),
            "cells": [[asdict(cell), key, error] for cell, key, error in cells],
        }
        with replacing(self.folder / GRID) as beside:
            beside.write_text(json.dumps(data), encoding="utf-8")

    def results(self) -> Results:
        """Return the grid with what was run of it.

        Raises
        ------
        ValueError
            If the folder is not that of a batch.
        """
        try:
            data = json.loads((self.folder / GRID).read_text(encoding="utf-8"))
            cells = [(Cell(**cell), key, error) for cell, key, error in data["cells"]]
            metrics = tuple(data["metrics"])
        except FileNotFoundError as error:
            raise ValueError(f"{self.folder} is not the folder of a batch") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{self.folder / GRID} is damaged ({error}): run the plan") from error
        found = {key: self.read(key) for key in dict.fromkeys(key for _, key, _ in cells if key)}
        return Results(
            tuple((cell, failed(error) if error else found[key]) for cell, key, error in cells),
            metrics,
        )
