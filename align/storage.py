"""Runs on disk: a folder with the map, both vocabularies in the joint space, seeds and record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

import dictionaries
import embeddings
from align import folders
from align.alignment import Alignment
from align.folders import Kind, filling
from align.maps import Array
from align.record import Record, VectorsRecord
from align.retrieve import Neighbours, Space
from align.run import Run
from dictionaries import Lexicon
from embeddings import Embeddings
from embeddings.arrays import read_safetensors, write_tensors
from embeddings.files import replacing
from embeddings.values import all_finite

MAP, SPACE, RECORD = "map.safetensors", "space.safetensors", "run.json"
SEEDS, UNMAPPED, TEST = "seeds.tsv", "seeds.safetensors", "test.tsv"
SIDES = {"source": "source.safetensors", "target": "target.safetensors"}
PARTS = (MAP, SPACE, SEEDS, UNMAPPED, TEST, RECORD, *SIDES.values())
RUN = Kind("run", RECORD, PARTS)


def check_writable(folder: str | Path, *, force: bool = False) -> None:
    """Raise now what `save` would raise after hours of work; as `align.folders.check_writable`."""
    folders.check_writable(Path(folder), RUN, force=force)


def save(run: Run, folder: str | Path, *, force: bool = False) -> None:
    """Write a run to a folder: complete under its name, or not at all.

    Parameters
    ----------
    run : Run
    folder : str or Path
        Holds ``map.safetensors`` (the map with its normalisation), ``source.safetensors`` and
        ``target.safetensors`` (the words and their vectors in the joint space),
        ``space.safetensors`` (the neighbours of each), ``seeds.tsv`` (the seed pairs),
        ``seeds.safetensors`` (the vectors of their words before they were mapped), ``test.tsv``
        (the dictionary that it was scored on, if there was one) and ``run.json`` (every setting,
        version, fingerprint and score).
    force : bool
        Replace a run that is there.

    Raises
    ------
    FileExistsError
        If there is a run and ``force`` is not set, or the folder is something else.
    """
    from align.report import as_dict  # its tables bring every kind of result

    with filling(folder, RUN, force=force) as new:
        run.alignment.save(new / MAP)
        for side, name in SIDES.items():
            embeddings.save(getattr(run, side), new / name)
        with replacing(new / SPACE) as part:
            write_tensors(part, _near(run.space))
        with replacing(new / UNMAPPED) as part:
            write_tensors(part, dict(zip(SIDES, run.unmapped, strict=True)))
        dictionaries.save(run.seeds, new / SEEDS)
        if run.test is not None:
            dictionaries.save(run.test, new / TEST)
        text = json.dumps(as_dict(run.record), indent=1, ensure_ascii=False) + "\n"
        (new / RECORD).write_bytes(text.encode("utf-8", "surrogateescape"))  # odd file names


def load_record(folder: str | Path) -> Record:
    """Read how a run was made, without its vectors.

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder is not a run.
    """
    from align.report.machine import FORMAT  # as above

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


def load(folder: str | Path) -> Run:
    """Read a run; its vectors are mapped, not copied.

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder is not a run, or is damaged.
    """
    folder = Path(folder)
    record = load_record(folder)
    source, target = (_side(folder, side, getattr(record, side)) for side in SIDES)
    near = _neighbours(folder / SPACE)
    for found, one, other in zip(near, (source, target), (target, source), strict=True):
        shape = (len(one), record.k)
        if not found.rows.shape == found.scores.shape == shape or one.dim != other.dim:
            raise ValueError(f"{folder / SPACE} is not of this run; make the run again")
        within = found.rows.min() >= 0 and found.rows.max() < len(other)
        if not within or not all_finite(found.scores):
            raise ValueError(f"{folder / SPACE} is damaged; make the run again")
    space = Space.known(source.vectors, target.vectors, *near)
    test = None
    if (evaluation := record.evaluation) is not None:
        test = replace(_pairs(folder / TEST), origin=evaluation.test.origin)
    seeds, unmapped = _seeds(folder, source, target)
    return Run(source, target, seeds, load_alignment(folder), space, unmapped, record, test)


def _side(folder: Path, side: str, record: VectorsRecord) -> Embeddings:
    path = folder / SIDES[side]
    try:
        words, vectors = read_safetensors(path, 0)
        found = Embeddings(
            words, vectors, record.name, record.origin, record.max_vocab, record.lower
        )
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} is not readable ({error}); make the run again") from error
    if len(found) != record.rows:
        raise ValueError(
            f"{path} holds {len(found):,} words, expected {record.rows:,}; make the run again"
        )
    return found


def _near(space: Space) -> dict[str, np.ndarray]:
    tensors = {"recall": np.array([space.recall])}
    for name, side in (("source", space.source), ("target", space.target)):
        tensors[f"{name}.rows"] = side.near.rows.astype(np.int32)
        tensors[f"{name}.scores"] = side.near.scores
    return tensors


def _pairs(path: Path) -> Lexicon:
    """Read pairs exactly as they were written, which `dictionaries.load` does not promise."""
    try:
        *lines, rest = path.read_bytes().decode().split("\n")
    except OSError as error:
        raise ValueError(f"{path} is not readable ({error}); make the run again") from error
    rows = [line.split("\t") for line in lines]
    if rest or any(len(row) != 2 for row in rows):
        raise ValueError(f"{path} is not readable; make the run again")
    return Lexicon(tuple((source, target) for source, target in rows))


def _seeds(
    folder: Path, source: Embeddings, target: Embeddings
) -> tuple[Lexicon, tuple[Array, Array]]:
    """Read the seeds, and the vectors of their words before they were mapped."""
    seeds = _pairs(folder / SEEDS)
    kept = _tensors(folder / UNMAPPED, SIDES)
    x, y = kept.values()
    words = (len(seeds.sources), len(seeds.reversed.sources))
    if len(seeds.within(source, target)) < len(seeds) or (len(x), len(y)) != words:
        raise ValueError(f"{folder / SEEDS} holds other pairs than the run has; make it again")
    return seeds, (x, y)


def _neighbours(path: Path) -> list[Neighbours]:
    names = [f"{side}.{part}" for side in SIDES for part in ("rows", "scores")]
    kept = _tensors(path, ["recall", *names])
    if kept["recall"].shape != (1,):
        raise ValueError(f"{path} is damaged; make the run again")
    recall = kept["recall"].item()
    return [
        Neighbours(kept[f"{side}.rows"].astype(np.intp), kept[f"{side}.scores"], recall)
        for side in SIDES
    ]


def _tensors(path: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Read the arrays of these names."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        kept = load_file(path)
        return {name: kept[name] for name in names}
    except (OSError, SafetensorError, KeyError) as error:
        raise ValueError(f"{path} is not readable ({error}); make the run again") from error
