"""The beginning of a file, kept beside its place until the rest has come."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from align.download.remote import DownloadError, Version

if sys.platform != "win32":
    import fcntl

BLOCK = 1 << 20  # bytes hashed at once


class Part:
    """What has come so far: ``x.vec.part``, and in ``x.vec.part.json`` of which file it is.

    Parameters
    ----------
    path : Path
        Where the whole file belongs.
    file : FileIO
        ``beside``, open to append, and ours alone.
    """

    def __init__(self, path: Path, file: FileIO) -> None:
        self.path = path
        self.beside = beside(path)
        self._file = file
        self._note = self.beside.with_name(self.beside.name + ".json")

    @property
    def done(self) -> int:
        """The bytes that are here."""
        return os.fstat(self._file.fileno()).st_size

    def version(self, url: str) -> Version | None:
        """Return of which version of ``url`` the bytes are, or None where nobody knows."""
        try:
            kept = json.loads(self._note.read_text(encoding="utf-8"))
            version = Version(int(kept["size"]), str(kept["tag"]))
            return version if kept["url"] == url and self.done <= version.size else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, url: str, version: Version) -> None:
        """Forget all bytes, and note of what the next ones are, if one could go on from them."""
        self._file.truncate(0)
        self.forget()
        if not version.tag:
            return
        text = json.dumps({"url": url, "size": version.size, "tag": version.tag})
        self._note.write_text(text + "\n", encoding="utf-8")

    @property
    def worth_keeping(self) -> bool:
        """Whether there are bytes, and it is known of what."""
        return self.done > 0 and self._note.is_file()

    def append(self, chunk: bytes) -> None:
        """Add bytes."""
        rest = memoryview(chunk)
        while rest:
            rest = rest[self._file.write(rest) :]

    def forget(self) -> None:
        """Unlearn of which file the bytes are: they are of no more use."""
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove all that is here."""
        self.forget()
        self.beside.unlink(missing_ok=True)

    def finish(self, sha256: str | None) -> None:
        """Give the file its name, if its checksum is the one expected.

        Raises
        ------
        DownloadError
            If it is another; the part is then gone.
        """
        if sha256 and (found := _sha256(self.beside)) != sha256.lower():
            self.discard()
            raise DownloadError(
                f"{self.path.name}: expected the SHA-256 checksum {sha256}, got {found}; what came "
                "was thrown away"
            )
        os.fsync(self._file.fileno())  # the name must not outlive the content in a power cut
        if sys.platform == "win32":
            self._file.close()  # an open file cannot be renamed there
        os.replace(self.beside, self.path)
        self.forget()


def beside(path: Path) -> Path:
    """Return where the part of a file is."""
    return path.with_name(path.name + ".part")


@contextmanager
def part_of(path: Path) -> Iterator[Part]:
    """Open the part of a file for this process alone; one without worth is not left behind.

    Raises
    ------
    DownloadError
        If another process is at it.
    """
    with _alone(beside(path)) as file:
        part = Part(path, file)
        try:
            yield part
        finally:
            if not file.closed and _is_open_at(file, part.beside) and not part.worth_keeping:
                part.discard()


def _alone(path: Path) -> FileIO:
    while True:
        file = FileIO(os.fspath(path), "ab")
        try:
            _lock(file, path)
            if _is_open_at(file, path):
                return file
        except BaseException:
            file.close()
            raise
        file.close()  # its owner has just given it its name: this was not a part any more


def _lock(file: FileIO, path: Path) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DownloadError(
            f"{path} is being written by another process; wait for it to end"
        ) from error
    except OSError:  # a file system without locks
        return


def _is_open_at(file: FileIO, path: Path) -> bool:
    """Whether the open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
