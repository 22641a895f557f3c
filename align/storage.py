"""Runs on disk: a folder with the map, the neighbourhoods, the seeds and the record."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import dictionaries
import embeddings
from align.alignment import Alignment
from align.maps import Array
from align.record import Record, VectorsRecord
from align.report import as_dict
from align.report.machine import FORMAT
from align.retrieve import Space
from align.run import Run
from dictionaries import Lexicon
from embeddings import Embeddings
from embeddings.arrays import write_tensors
from embeddings.text import OnRead

MAP, SPACE, SEEDS, RECORD = "map.safetensors", "space.safetensors", "seeds.tsv", "run.json"
PARTS = {MAP, SPACE, SEEDS, RECORD}


def check_writable(folder: str | Path, *, force: bool = False) -> None:
    """Raise now what `save` would raise after hours of work.

    Raises
    ------
    FileExistsError
        If the folder is a run and ``force`` is not set, or holds anything else.
    OSError
        If it cannot be made.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; give another folder with --out")
    inside = list(folder.iterdir()) if folder.is_dir() else []
    if foreign := sorted(path.name for path in inside if not _is_part(path)):
        raise FileExistsError(
            f"{folder} holds {foreign[0]!r}, which is not part of a run, so it will not be "
            "replaced; give another folder with --out"
        )
    if inside and not force:
        raise FileExistsError(
            f"{folder} holds a run already; give another folder with --out, "
            "or replace it with --force"
        )
    if folder.resolve() in (Path.cwd(), *Path.cwd().parents):
        raise OSError(f"a run needs a folder of its own, not {folder}; give one with --out")
    there = next(path for path in folder.absolute().parents if path.exists())
    try:
        tempfile.TemporaryDirectory(dir=there).cleanup()
    except OSError as error:
        raise OSError(
            f"cannot write a run in {there} ({error.strerror}); give a folder with --out"
        ) from error


def _is_part(path: Path) -> bool:
    """Whether this is a file of a run: it has the name of one, and a record lies beside it."""
    return path.is_file() and path.name in PARTS and (path.parent / RECORD).is_file()


def save(run: Run, folder: str | Path, *, force: bool = False) -> None:
    """Write a run to a folder: complete under its name, or not at all.

    Parameters
    ----------
    run : Run
    folder : str or Path
        Holds ``map.safetensors`` (the map with its normalisation), ``space.safetensors`` (the
        neighbourhood means), ``seeds.tsv`` (the seed pairs) and ``run.json`` (every setting,
        version, fingerprint and score).
    force : bool
        Replace a run that is there.

    Raises
    ------
    FileExistsError
        If there is a run and ``force`` is not set, or the folder is something else.
    """
    check_writable(folder, force=force)
    folder = Path(folder).resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        new = beside / "new"
        new.mkdir()
        run.alignment.save(new / MAP)
        write_tensors(new / SPACE, {"source": run.space.x_means, "target": run.space.y_means})
        dictionaries.save(run.seeds, new / SEEDS)
        text = json.dumps(as_dict(run.record), indent=1, ensure_ascii=False) + "\n"
        (new / RECORD).write_bytes(text.encode("utf-8", "surrogateescape"))  # odd file names
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
        data = json.loads(path.read_bytes().decode("utf-8", "surrogateescape"))
        if (made := data["format"]) != FORMAT:
            raise ValueError(f"format {made}, expected {FORMAT}: made by another version of align")
        return Record.from_dict(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a readable record of a run ({error!r})") from error


def load_alignment(folder: str | Path) -> Alignment:
    """Read a run's map with its normalisation, without its vectors."""
    return Alignment.load(Path(folder) / MAP)


def load(
    folder: str | Path,
    *,
    source: Embeddings | str | Path | None = None,
    target: Embeddings | str | Path | None = None,
    on_read: OnRead | None = None,
) -> Run:
    """Read a run, and the vectors it was made from.

    Parameters
    ----------
    folder : str or Path
    source, target : Embeddings, str or Path, optional
        The vectors, or where they are now, if not where they were.
    on_read : callable, optional
        Told the bytes read so far and in all.

    Raises
    ------
    FileNotFoundError
        If the folder is not a run, or the vectors have gone.
    ValueError
        If the vectors are not those of the run.
    """
    folder = Path(folder)
    record = load_record(folder)
    alignment = load_alignment(folder)
    seeds = _seeds(folder / SEEDS)
    means = _means(folder / SPACE)
    source = _vectors(record.source, source, on_read)
    target = _vectors(record.target, target, on_read)
    space = Space.of_means(
        alignment.map_source(source.vectors),
        alignment.map_target(target.vectors),
        means["source"],
        means["target"],
        record.k,
    )
    return Run(source, target, seeds, alignment, space, record)


def _seeds(path: Path) -> Lexicon:
    """Read the seeds exactly as they were written, which `dictionaries.load` does not promise."""
    rows = [line.split("\t") for line in path.read_bytes().decode().split("\n")[:-1]]
    if not rows or any(len(row) != 2 for row in rows):
        raise ValueError(f"{path} is not readable; make the run again")
    return Lexicon(tuple((source, target) for source, target in rows))


def _means(path: Path) -> dict[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        means = load_file(path)
        return {side: means[side] for side in ("source", "target")}
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"{path} is not readable ({error}); make the run again") from error


def _vectors(
    record: VectorsRecord, given: Embeddings | str | Path | None, on_read: OnRead | None
) -> Embeddings:
    if not isinstance(given, Embeddings):
        given = _read_again(record, given or record.origin, on_read)
    if given.fingerprint != record.fingerprint:
        raise ValueError(
            f"the vectors {given.origin or given.name} are not those of the run: {len(given):,} "
            f"words with fingerprint {given.fingerprint}, expected {record.rows:,} with "
            f"{record.fingerprint}; restore the file or make the run again"
        )
    return given


def _read_again(record: VectorsRecord, path: str | Path, on_read: OnRead | None) -> Embeddings:
    if not path:
        raise ValueError(
            f"the {record.name or 'source or target'} vectors of this run were made in memory; "
            "give them to align.load(..., source=, target=)"
        )
    try:
        return embeddings.load(
            path,
            max_vocab=record.max_vocab,
            lower=record.lower,
            name=record.name,
            on_read=on_read,
        )
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error}; if the vectors of {record.name} have moved, say where with "
            "--source-vectors or --target-vectors"
        ) from error
