"""Where files are looked for when a command names a language code."""

from __future__ import annotations

import os
from pathlib import Path

VECTORS = ("wiki.{code}.vec", "cc.{code}.300.vec", "{code}.vec")
DICTIONARIES = {"train": "{pair}.0-5000.txt", "test": "{pair}.5000-6500.txt"}


def data_home(given: str | Path | None = None) -> Path:
    """Return the given folder, else ``$ALIGN_HOME``, else the platform's user data folder."""
    if chosen := given or os.environ.get("ALIGN_HOME"):
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("align", appauthor=False)


def vector_files(home: Path, code: str) -> list[Path]:
    """List the files that may hold a language's vectors, in the order they are looked for."""
    plain = [home / name.format(code=code) for name in VECTORS]
    return [file for path in plain for file in (path, path.with_name(path.name + ".gz"))]


def dictionary_file(home: Path, pair: str, part: str) -> Path:
    """Return the file that may hold a dictionary; ``part`` is train or test."""
    return home / DICTIONARIES[part].format(pair=pair)


def vectors_of(home: Path, code: str) -> Path | str | None:
    """Return a language's vectors: a file of the data home, else the package's sample, or None."""
    from embeddings import sample_names
    from embeddings.reading import SAMPLE

    there = (path for path in vector_files(home, code) if path.is_file())
    return next(there, SAMPLE + code if code in sample_names() else None)


def dictionary_of(home: Path, pair: str, part: str) -> Path | str | None:
    """Return a pair's dictionary: a file of the data home, else the package's sample, or None."""
    from dictionaries import sample_names
    from embeddings.reading import SAMPLE

    path = dictionary_file(home, pair, part)
    if path.is_file():
        return path
    return f"{SAMPLE}{pair}.{part}" if pair in sample_names() else None


def languages(home: Path) -> list[str]:
    """List the language codes that the data home has vectors of."""
    from embeddings.reading import label

    known = (path for path in home.glob("*.vec*") if path.is_file())
    codes = {label(path) for path in known}
    return sorted(code for code in codes if any(p.is_file() for p in vector_files(home, code)))
