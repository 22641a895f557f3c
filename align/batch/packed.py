"""Vectors of a batch: read once, kept in its folder as files that every worker maps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from socket import gethostname

import embeddings
from embeddings import Embeddings
from embeddings.arrays import read_metadata, read_safetensors, write_safetensors
from embeddings.files import replacing
from embeddings.reading import SAMPLE
from embeddings.values import OnRead, ReadReport

FORMAT = 1


@dataclass(frozen=True)
class Packed:
    """The vectors of a language as a file that can be mapped.

    Parameters
    ----------
    path : str
        Of the safetensors file; the same on every worker.
    name : str
        The language.
    rows, dim : int
    fingerprint : str
        Of words and numbers.
    """

    path: str
    name: str
    rows: int
    dim: int
    fingerprint: str

    def read(self) -> Embeddings:
        """Map the vectors.

        Raises
        ------
        FileNotFoundError
            If this machine does not have the file.
        ValueError
            If it is damaged.
        """
        if not Path(self.path).is_file():
            raise FileNotFoundError(lacking(self.path))
        return _read(self)


def lacking(path: Path | str) -> str:
    """Say that this machine does not see a file or folder of a batch."""
    return (
        f"the worker on {gethostname()} lacks {path}: the folder of a batch has to be on a disk "
        "that all workers see, under one path"
    )


@lru_cache(maxsize=2)  # runs of a pair follow each other
def _read(packed: Packed) -> Embeddings:
    words, vectors = read_safetensors(Path(packed.path), 0)
    known = read_metadata(Path(packed.path))
    report = ReadReport.from_json(known["report"])
    return Embeddings(words, vectors, packed.name, report=report, **json.loads(known["told"]))


def pack(
    path: Path | str,
    name: str,
    folder: Path,
    *,
    max_vocab: int,
    lower: bool,
    on_read: OnRead | None = None,
) -> Packed:
    """Read a vector file, unless that was done before, and keep it in a folder.

    Raises
    ------
    OSError, ValueError
        As `embeddings.load` does.
    """
    file = Path(str(path).removeprefix(SAMPLE))
    seen = file.stat() if file.is_file() else None
    stamp = (seen.st_size, seen.st_mtime_ns) if seen else embeddings.__name__
    key = json.dumps([FORMAT, str(path), stamp, max_vocab, lower])
    digest = hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
    packed = folder / f"{name}.{digest}.safetensors"
    if (known := _known(packed, name)) is not None:
        return known
    found = embeddings.load(
        path, max_vocab=max_vocab, lower=lower, name=name, on_read=on_read, cache=False
    )
    _write(found, packed)
    return Packed(str(packed.absolute()), name, len(found), found.dim, found.fingerprint)


def _known(packed: Path, name: str) -> Packed | None:
    """Return what was kept before; None where nothing was, or where it is damaged."""
    try:
        told = read_metadata(packed)
        rows, dim = json.loads(told["shape"])
        return Packed(str(packed.absolute()), name, rows, dim, told["fingerprint"])
    except (OSError, ValueError, KeyError):
        return None


def _write(found: Embeddings, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {name: getattr(found, name) for name in ("origin", "max_vocab", "lower")}
    metadata = {
        "told": json.dumps(told),
        "report": found.report.to_json(),
        "shape": json.dumps([len(found), found.dim]),
        "fingerprint": found.fingerprint,
    }
    with replacing(path) as beside:
        write_safetensors(beside, found.words, found.vectors, metadata)
