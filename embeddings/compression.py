"""Text of a file that may be compressed: gzip, xz, Zstandard, or a .zip with one member."""

from __future__ import annotations

import gzip
import lzma
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from types import ModuleType
from typing import cast

from embeddings.values import VectorFormatError

ZIP = b"PK\x03\x04"
KINDS = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\0": "xz", b"(\xb5/\xfd": "zst", ZIP: "zip"}
LONGEST = max(map(len, KINDS))
DAMAGE: tuple[type[Exception], ...] = (
    EOFError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
)


def kind_of(start: bytes) -> str:
    """Return the name of the compression of a file that starts so; empty for none."""
    return next((name for magic, name in KINDS.items() if start.startswith(magic)), "")


def holds_arrays(path: Path) -> bool:
    """Whether a .zip file is NumPy's ``.npz``."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".npy") for name in archive.namelist())
    except Exception:  # of many kinds, where it is damaged; `decompressed` tells
        return False


def zstd() -> ModuleType:
    """Return the module for Zstandard: Python's own from 3.14 on."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


@contextmanager
def decompressed(path: Path, raw: BufferedReader) -> Iterator[BufferedIOBase]:
    """Give the bytes of an open file, decompressed as they are read.

    Raises
    ------
    VectorFormatError
        If the compressed data are damaged or cut short, or a .zip holds more than one file.
    """
    kind = kind_of(raw.read(LONGEST))
    raw.seek(0)
    if not kind:
        yield raw
        return
    damage = DAMAGE
    try:
        if kind == "zst":
            damage = (*DAMAGE, zstd().ZstdError)
        with _opened(path, raw, kind) as file:
            yield file
    except damage as error:
        raise VectorFormatError(
            f"{path}: the {kind} data is damaged or cut short ({error}); fetch the file again"
        ) from error


def _opened(path: Path, raw: BufferedReader, kind: str) -> BufferedIOBase:
    if kind == "gzip":
        return gzip.GzipFile(fileobj=raw)
    if kind == "xz":
        return lzma.LZMAFile(raw, format=lzma.FORMAT_XZ)
    if kind == "zst":
        return cast(BufferedIOBase, zstd().ZstdFile(raw))
    return _only_member(path, raw)


def _only_member(path: Path, raw: BufferedReader) -> BufferedIOBase:
    try:
        archive = zipfile.ZipFile(raw)
        members = [name for name in archive.namelist() if not name.endswith("/")]
        if len(members) == 1:
            return cast(BufferedIOBase, archive.open(members[0]))
    except OSError:
        raise
    except Exception as error:  # of many kinds, where it is damaged
        raise zipfile.BadZipFile(str(error)) from error
    raise VectorFormatError(
        f"{path}: a .zip of {len(members)} files ({', '.join(members[:3])}), expected one file of "
        "vectors; unpack it and give that file"
    )
