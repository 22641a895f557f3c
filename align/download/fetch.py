"""Bring a published file to the data home, whole or its first rows."""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from align.download.catalog import Entry
from align.download.part import Part, beside, part_of
from align.download.remote import AbsentError, ChangedError, DownloadError, Remote
from align.download.rows import first_rows
from embeddings.values import OnRead

BEGINNINGS = 3  # of a file that changes under the transfer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fetched:
    """A file in the data home.

    Parameters
    ----------
    path : Path
    new : bool
        Whether it was brought now, or was there before.
    """

    path: Path
    new: bool

    @property
    def words(self) -> int | None:
        """The words a file of vectors holds by its header line; None where it has none."""
        packed = self.path.suffix == ".gz"
        try:
            with gzip.open(self.path) if packed else self.path.open("rb") as file:
                fields = file.readline(100).split()
        except (OSError, EOFError, zlib.error):
            return None
        return int(fields[0]) if len(fields) == 2 and fields[0].isdigit() else None


def fetch(
    entry: Entry,
    home: Path,
    *,
    max_vocab: int = 0,
    force: bool = False,
    on_read: OnRead = lambda done, total: None,
) -> Fetched:
    """Bring a file to the data home; what is there is kept.

    A broken transfer of a whole file is taken up where it ended, by the same or a later call.

    Parameters
    ----------
    entry : Entry
    home : Path
        The data home; made where it is missing.
    max_vocab : int
        Of a file of vectors keep the first so many rows, as plain text; 0 for all, as it is.
    force : bool
        Replace what is there.
    on_read : callable, optional
        Told the bytes that are here and in all (of first rows, an estimate).

    Raises
    ------
    AbsentError
        If the server has no such file.
    DownloadError
        If it cannot be brought, or not whole, or is not what the catalog says; nothing is left
        under its name then.
    ValueError
        If its place would be outside the data home.
    """
    path = home / entry.name
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    for there in (plain, plain.with_name(plain.name + ".gz")):
        if there.is_file() and not force:
            return Fetched(there, new=False)
    _require_inside(home, path, plain, beside(path))
    home.mkdir(parents=True, exist_ok=True)
    if max_vocab:
        _steadily(lambda: _short(entry, plain, max_vocab, on_read))
        return Fetched(plain, new=True)
    _whole(entry, path, force, on_read)
    if plain != path:
        plain.unlink(missing_ok=True)  # it would be read in place of the new file
    return Fetched(path, new=True)


def _require_inside(home: Path, *places: Path) -> None:
    """Refuse names that lead out of the data home, and links."""
    for place in places:
        if (real := place.resolve()).parent != home.resolve():
            raise ValueError(f"{place} is {real}, outside the data home, where nothing is written")
    if home.exists() and not home.is_dir():
        raise NotADirectoryError(f"{home} is not a folder; give another with --data-home")


def _steadily(bring: Callable[[], None]) -> None:
    """Begin again where the file changes under the transfer."""
    for _ in range(BEGINNINGS - 1):
        try:
            bring()
        except ChangedError as error:
            logger.info("%s; beginning again", error)
        else:
            return
    bring()


def _short(entry: Entry, path: Path, count: int, on_read: OnRead) -> None:
    try:
        first_rows(entry, path, count, on_read)
    except OSError as error:
        if not error.strerror:  # said already
            raise
        raise DownloadError(f"cannot write {path}: {error.strerror}") from error


def _whole(entry: Entry, path: Path, force: bool, on_read: OnRead) -> None:
    with part_of(path) as part:
        if path.is_file() and not force:  # another process has brought it meanwhile
            return
        try:
            _steadily(lambda: _go_on(entry, part, on_read))
            part.finish(entry.sha256)
        except AbsentError:
            raise
        except OSError as error:
            raise DownloadError(
                f"{path.name}: {error.strerror or error}{_kept(entry, part)}"
            ) from error
        except (KeyboardInterrupt, SystemExit):
            logger.info("%s: stopped%s", path.name, _kept(entry, part))
            raise


def _go_on(entry: Entry, part: Part, on_read: OnRead) -> None:
    """Append what is missing of a file."""
    remote = Remote(entry.url, part.version(entry.url))
    begun = remote.version is not None
    try:
        for chunk in remote.chunks(part.done if begun else 0):
            assert remote.version  # there is one with the first chunk
            if not begun:
                entry.require_size(remote.version.size)
                part.begin(entry.url, remote.version)
                begun = True
            part.append(chunk)
            on_read(part.done, remote.version.size)
    except ChangedError:
        part.forget()
        raise
    if not begun:
        raise DownloadError(f"{entry.url}: the file is empty")


def _kept(entry: Entry, part: Part) -> str:
    if not (version := part.version(entry.url)):
        return ""
    return (
        f"; {part.done:,} of {version.size:,} bytes are kept in {part.beside}, and the same "
        "command goes on from there"
    )
