"""Runs on disk: a folder with the map, the neighbourhoods and the record; whole or absent."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from align.alignment import Alignment
from align.maps import Array
from align.record import Record, VectorsRecord
from align.report import as_dict
from align.retrieve import Space
from align.run import Run
from embeddings import Embeddings
from embeddings import load as load_vectors
from embeddings.text import OnRead

MAP, SPACE, RECORD = "map.safetensors", "space.safetensors", "run.json"


def check_writable(folder: str | Path, *, force: bool = False) -> None:
    """Raise now what `save` would raise after hours of work.

    Raises
    ------
    FileExistsError
        If the folder is a run and ``force`` is not set, or is something else that is not empty.
    OSError
        If it cannot be made.
    """
    folder = Path(folder)
    is_run = (folder / RECORD).exists()
    if is_run and not force:
        raise FileExistsError(
            f"{folder} holds a run already; give another folder with --out, "
            "or replace it with --force"
        )
    if folder.exists() and not is_run and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"{folder} exists and is not a run, so it will not be replaced; "
            "give another folder with --out"
        )
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryDirectory(dir=parent).cleanup()
    except OSError as error:
        raise OSError(
            f"cannot write a run in {parent} ({error.strerror}); give a folder with --out"
        ) from error


def save(run: Run, folder: str | Path, *, force: bool = False) -> None:
    """Write a run to a folder: complete under its name, or not at all.

    Parameters
    ----------
    run : Run
    folder : str or Path
        Holds ``map.safetensors`` (the map with its normalisation), ``space.safetensors`` (the
        neighbourhood means) and ``run.json`` (every setting, version, fingerprint and score).
    force : bool
        Replace a run that is there.

    Raises
    ------
    FileExistsError
        If there is a run and ``force`` is not set, or the folder is something else.
    """
    from safetensors.numpy import save_file

    folder = Path(folder)
    check_writable(folder, force=force)
    beside = Path(tempfile.mkdtemp(dir=folder.absolute().parent, prefix=f".{folder.name}."))
    try:
        new = beside / "new"
        new.mkdir()
        run.alignment.save(new / MAP)
        save_file({"source": run.space.x_means, "target": run.space.y_means}, new / SPACE)
        text = json.dumps(as_dict(run.record), indent=1, ensure_ascii=False)
        (new / RECORD).write_text(text + "\n", encoding="utf-8")
        if force and folder.exists():
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


def load_record(folder: str | Path) -> Record:
    """Read how a run was made, without its vectors.

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder is not a run.
    """
    path = Path(folder) / RECORD
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} is not a run: there is no {path}; "
            "runs are made by `align supervised` and kept under runs/"
        )
    try:
        return Record.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a readable record of a run ({error!r})") from error


def load_alignment(folder: str | Path) -> Alignment:
    """Read a run's map with its normalisation, without its vectors."""
    load_record(folder)
    return Alignment.load(Path(folder) / MAP)


def load(
    folder: str | Path,
    *,
    source: Embeddings | None = None,
    target: Embeddings | None = None,
    on_read: OnRead | None = None,
) -> Run:
    """Read a run, and the vectors it was made from.

    Parameters
    ----------
    folder : str or Path
    source, target : Embeddings, optional
        The vectors, where they are not to be read again from where they were.
    on_read : callable, optional
        Told the bytes read so far and in all.

    Raises
    ------
    FileNotFoundError
        If the folder is not a run, or the vectors have gone.
    ValueError
        If the vectors are not those of the run.
    """
    record = load_record(folder)
    alignment = load_alignment(folder)
    source = _vectors(record.source, source, on_read)
    target = _vectors(record.target, target, on_read)
    means = _means(Path(folder) / SPACE)
    space = Space.of_means(
        alignment.map_source(source.vectors),
        alignment.map_target(target.vectors),
        means["source"],
        means["target"],
        record.k,
    )
    return Run(source, target, alignment, space, record)


def _means(path: Path) -> dict[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        means = load_file(path)
        return {side: means[side] for side in ("source", "target")}
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"{path} is not readable ({error}); make the run again") from error


def _vectors(record: VectorsRecord, given: Embeddings | None, on_read: OnRead | None) -> Embeddings:
    if given is None:
        if not record.origin:
            raise ValueError(
                f"the {record.name or 'source or target'} vectors of this run were made in "
                "memory; give them to load(..., source=, target=)"
            )
        given = load_vectors(
            record.origin,
            max_vocab=record.max_vocab,
            lower=record.lower,
            name=record.name,
            on_read=on_read,
        )
    if given.fingerprint != record.fingerprint:
        raise ValueError(
            f"the vectors {given.origin or given.name} are not those of the run: {len(given):,} "
            f"words with fingerprint {given.fingerprint}, expected {record.rows:,} with "
            f"{record.fingerprint}; restore the file or make the run again"
        )
    return given
