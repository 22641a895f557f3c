"""Folders that are whole or absent: filled beside, then renamed; and never one that is foreign."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path


@dataclass(frozen=True)
class Kind:
    """What a folder holds.

    Parameters
    ----------
    noun : str
        What to call it, as ``run``.
    record : str
        The file without which it is none.
    parts : tuple of str
        Patterns of the names of all its files.
    """

    noun: str
    record: str
    parts: tuple[str, ...]

    def holds(self, path: Path) -> bool:
        """Whether this is a file of such a folder: it has its name, and a record lies beside it."""
        named = any(fnmatch(path.name, part) for part in self.parts)
        return named and path.is_file() and (path.parent / self.record).is_file()


def check_writable(folder: Path, kind: Kind, *, force: bool = False) -> None:
    """Raise now what `filling` would raise after hours of work.

    Raises
    ------
    FileExistsError
        If the folder is of this kind and ``force`` is not set, or holds anything else.
    OSError
        If it cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; give another folder with --out")
    inside = list(folder.iterdir()) if folder.is_dir() else []
    if foreign := sorted(path.name for path in inside if not kind.holds(path)):
        raise FileExistsError(
            f"{folder} holds {foreign[0]!r}, which is not part of a {kind.noun}, so it will not be "
            "replaced; give another folder with --out"
        )
    if inside and not force:
        raise FileExistsError(
            f"{folder} holds a {kind.noun} already; give another folder with --out, "
            "or replace it with --force"
        )
    if folder.resolve() in (Path.cwd(), *Path.cwd().parents):
        raise OSError(f"a {kind.noun} needs a folder of its own, not {folder}; give one with --out")
    there = next(path for path in folder.absolute().parents if path.exists())
    try:
        tempfile.TemporaryDirectory(dir=there).cleanup()
    except OSError as error:
        raise OSError(
            f"cannot write a {kind.noun} in {there} ({error.strerror}); give a folder with --out"
        ) from error


@contextmanager
def filling(folder: str | Path, kind: Kind, *, force: bool = False) -> Iterator[Path]:
    """Give an empty folder, and rename it to ``folder`` if all goes well.

    Parameters
    ----------
    folder : str or Path
    kind : Kind
    force : bool
        Replace one that is there.

    Raises
    ------
    FileExistsError
        If there is one and ``force`` is not set, or the folder is something else.
    """
    check_writable(Path(folder), kind, force=force)
    folder = Path(folder).resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        new = beside / "new"
        new.mkdir()
        yield new
        if folder.exists() and (force or not any(folder.iterdir())):
            os.replace(folder, beside / "old")
        _claim(new, folder)
    except BaseException:
        if (beside / "old").exists() and not folder.exists():
            os.replace(beside / "old", folder)
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _claim(new: Path, folder: Path) -> None:
    try:
        os.replace(new, folder)
    except OSError as error:
        if not folder.exists():
            raise
        raise FileExistsError(
            f"{folder} was written by another process meanwhile; give another folder with --out"
        ) from error
