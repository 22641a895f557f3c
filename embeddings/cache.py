"""Binary twins of text files in the user's cache folder, so that a file is parsed once.

A twin is a safetensors file of what was read, with the report. Its name holds a hash of the text
file's path, size and time, of the options, and of FORMAT; its checksum is compared before it is
used. Nothing here is an error: what cannot be kept or is damaged is read from the text again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.arrays import read_metadata, read_safetensors, write_safetensors
from embeddings.files import replacing
from embeddings.values import Array, Embeddings, ReadReport

FORMAT = 2  # of the twins, and of what the readers make of a text
WORTH = 4 << 20  # bytes of a text file that is worth a twin
LIMIT = 10 << 30  # bytes of all twins, unless the user sets another limit
BLOCK = 1 << 10  # numbers of 8 bytes that are added up in a checksum


def cache_home() -> Path:
    """Return ``$ALIGN_CACHE``, else the platform's user cache folder."""
    if chosen := os.environ.get("ALIGN_CACHE"):
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("align", appauthor=False)


def folder() -> Path:
    """Return the folder of the twins."""
    return cache_home() / "vectors"


@dataclass(frozen=True)
class Twin:
    """The twin of a text file, whether it is there or not.

    Parameters
    ----------
    source : Path
        The text file.
    max_vocab, lower
        How it is read.
    key : str
        A hash of these, and of the file's size and time.
    """

    source: Path
    max_vocab: int
    lower: bool
    key: str

    @classmethod
    def of(cls, source: Path, max_vocab: int, lower: bool) -> Twin | None:
        """Describe the twin of a text file; None where it is too small to be worth one."""
        seen = source.stat()
        if seen.st_size < WORTH:
            return None
        parts = [FORMAT, str(source.resolve()), seen.st_size, seen.st_mtime_ns, max_vocab, lower]
        key = hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
        return cls(source, max_vocab, lower, key)

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return folder() / f"{self.source.name[:40]}.{self.key}.safetensors"

    def read(self) -> tuple[list[str], Array, ReadReport] | None:
        """Map it; None where it is not there, or damaged, when it is removed."""
        if not self.path.is_file():
            return None
        try:
            words, vectors = read_safetensors(self.path, 0)
            known = read_metadata(self.path)
            if known["checksum"] != _checksum(self.key, words, vectors, known["report"]):
                raise ValueError("damaged")
        except (OSError, ValueError, KeyError):
            with suppress(OSError):
                self.path.unlink()
            return None
        with suppress(OSError):
            os.utime(self.path)  # used now
        return words, vectors, ReadReport.from_json(known["report"])

    def write(self, found: Embeddings) -> None:
        """Keep what was read, unless the text file has changed meanwhile; make room for it."""
        size, limit = found.vectors.nbytes, size_limit()
        with suppress(OSError):
            if size > limit or Twin.of(self.source, self.max_vocab, self.lower) != self:
                return
            folder().mkdir(parents=True, exist_ok=True)
            trim(limit - size)
            said = found.report.to_json()
            checksum = _checksum(self.key, found.words, found.vectors, said)
            with replacing(self.path) as beside:
                write_safetensors(
                    beside, found.words, found.vectors, {"checksum": checksum, "report": said}
                )


def twins() -> list[tuple[Path, os.stat_result]]:
    """List what is kept, the last used first."""
    found = []
    for path in folder().glob("*.safetensors*"):  # those half-written, by a killed process, too
        with suppress(OSError):  # removed meanwhile
            found.append((path, path.stat()))
    return sorted(found, key=lambda item: -item[1].st_mtime_ns)


def trim(size: int) -> int:
    """Remove what was not used for longest until ``size`` bytes are left; return bytes removed."""
    total = removed = 0
    for path, seen in twins():
        total += seen.st_size
        if total > size:
            with suppress(OSError):  # another process was faster, or Windows holds a mapped file
                path.unlink()
                removed += seen.st_size
    return removed


def size_limit() -> int:
    """Return how many bytes the twins may take together."""
    try:
        return int((folder() / "limit").read_text())
    except (OSError, ValueError):
        return LIMIT


def set_size_limit(size: int) -> None:
    """Remember another limit, and keep to it."""
    folder().mkdir(parents=True, exist_ok=True)
    with replacing(folder() / "limit") as beside:
        beside.write_text(f"{size}\n")
    trim(size)


def _checksum(key: str, words: Sequence[str], vectors: Array, report: str) -> str:
    """Hash it all; of the numbers, the sums of small blocks, which is as fast as memory."""
    digest = hashlib.blake2b("\n".join([key, report, *words]).encode(), digest_size=16)
    flat = vectors.reshape(-1).view(np.uint8)
    whole = flat.size // (8 * BLOCK) * (8 * BLOCK)
    digest.update(flat[:whole].view(np.uint64).reshape(-1, BLOCK).sum(axis=1).tobytes())
    digest.update(flat[whole:].tobytes())
    return digest.hexdigest()
