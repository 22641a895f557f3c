"""The first rows of a text file of vectors, plain or gzip, without the rest of it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import closing
from io import BufferedReader, RawIOBase
from itertools import islice
from pathlib import Path

from align.download.catalog import Entry
from align.download.remote import CHUNK, DownloadError, Remote
from embeddings.files import replacing
from embeddings.values import OnRead
from embeddings.writing import HEADER_WIDTH

LONGEST = 1 << 20  # bytes of a line; 300 numbers take 4,000


def first_rows(entry: Entry, path: Path, count: int, on_read: OnRead) -> None:
    """Write the first ``count`` rows of a published file as plain text, and end the transfer.

    The header line says how many rows there are. The checksum of the whole file says nothing of
    a part of it, so it is not looked at.

    Raises
    ------
    DownloadError
        If the file cannot be brought, or is not text with a header line.
    """
    remote = Remote(entry.url)
    with closing(remote.chunks()) as chunks, replacing(path) as beside, beside.open("wb") as file:
        told = _Told(chunks, remote, entry, on_read)
        lines = _lines(entry.url, BufferedReader(told, CHUNK))
        promised, dim = _header(entry.url, next(lines, b""))
        told.share = min(1.0, count / max(1, promised))
        file.write(b" " * HEADER_WIDTH + b"\n")
        rows = 0
        for rows, line in enumerate(islice(lines, count), 1):  # noqa: B007
            file.write(line)
        if not rows:
            raise DownloadError(f"{entry.url}: a header line and no vectors after it")
        file.seek(0)
        file.write(f"{rows} {dim}".encode())
        on_read(told.done, told.done)


class _Told(RawIOBase):
    """Chunks as a file, whose progress is told."""

    def __init__(
        self, chunks: Iterator[bytes], remote: Remote, entry: Entry, on_read: OnRead
    ) -> None:
        self._chunks = chunks
        self._remote = remote
        self._entry = entry
        self._on_read = on_read
        self._rest = memoryview(b"")
        self.done = 0
        self.share = 1.0  # of the file, that will be read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview[int]) -> int:  # type: ignore[override]  # of BufferedReader
        if not self._rest:
            self._rest = memoryview(self._next())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _next(self) -> bytes:
        chunk = next(self._chunks, b"")
        self.done += len(chunk)
        if version := self._remote.version:
            self._entry.require_size(version.size)
            self._on_read(self.done, max(self.done + 1, int(self.share * version.size)))
        return chunk


def _lines(url: str, file: BufferedReader) -> Iterator[bytes]:
    packed = file.peek(2).startswith(b"\x1f\x8b")
    text = gzip.GzipFile(fileobj=file) if packed else file
    try:
        while line := text.readline(LONGEST):
            if len(line) == LONGEST:
                raise DownloadError(f"{url}: a line of over {LONGEST:,} bytes; not vectors")
            yield line if line.endswith(b"\n") else line + b"\n"
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DownloadError(f"{url}: the gzip data is damaged ({error})") from error


def _header(url: str, line: bytes) -> tuple[int, int]:
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() for field in fields):
        raise DownloadError(f"{url}: expected a header line of two counts, got {line[:40]!r}")
    return int(fields[0]), int(fields[1])
