"""A file on a server, read over as many connections as it takes."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

TIMEOUT = 30.0  # seconds without a byte after which a connection counts as cut
TRIES = 5  # connections in a row that bring nothing
PAUSE = 1.0  # seconds before the second of them; doubled before each further one
CHUNK = 1 << 18  # bytes
ABSENT = {403, 404, 410}  # a bucket that does not list its files answers 403 for one it lacks
PASSING = {408, 425, 429, 500, 502, 503, 504}

logger = logging.getLogger(__name__)


class DownloadError(OSError):
    """A file could not be brought whole."""


class AbsentError(DownloadError):
    """The server has no such file."""


class ChangedError(DownloadError):
    """What the server has may not go with what came before: begin again."""


@dataclass(frozen=True)
class Version:
    """What tells one content of a file from another.

    Parameters
    ----------
    size : int
        Bytes.
    tag : str
        The server's strong ETag, else its date of the file, else nothing.
    """

    size: int
    tag: str


class Remote:
    """A file on a server.

    Parameters
    ----------
    url : str
    version : Version, optional
        That of which a part has been read before; by default the first one met.
    """

    def __init__(self, url: str, version: Version | None = None) -> None:
        self.url = url
        self.version = version

    def chunks(self, start: int = 0) -> Generator[bytes, None, None]:
        """Yield the bytes from ``start`` on; a cut connection is taken up where it ended.

        Raises
        ------
        AbsentError
            If there is no such file.
        ChangedError
            If the file is no longer the one of ``version``, or the server cannot go on from
            ``start``: begin again.
        DownloadError
            If it cannot be read to its end.
        """
        failures = 0
        while self.version is None or start < self.version.size:
            reason = "the connection was cut"
            try:
                for chunk in self._connection(start):
                    start, failures = start + len(chunk), 0
                    yield chunk
            except DownloadError:
                raise
            except (OSError, HTTPException) as error:
                reason = _reason(error)
            if self.version is None or start < self.version.size:
                failures += 1
                self._wait(failures, start, reason)

    def _connection(self, start: int) -> Iterator[bytes]:
        """Yield what one connection brings, from ``start`` on."""
        with self._open(start) as response:
            version, position = self._checked(response)
            if position > start:
                raise ChangedError(f"{self.url}: asked from byte {start:,}, got {position:,} on")
            while chunk := response.read1(CHUNK):
                position += len(chunk)
                if position > version.size:
                    raise ChangedError(f"{self.url}: got more than the {version.size:,} promised")
                if position > start:  # what lies before came again: the server knows no ranges
                    yield chunk[start - position :]
                    start = position

    def _open(self, start: int) -> HTTPResponse:
        request = Request(self.url, headers={"User-Agent": "align-embeddings"})
        if start and self.version:
            if not self.version.tag:
                raise ChangedError(f"{self.url}: without ETag and date it cannot be resumed")
            request.add_header("Range", f"bytes={start}-")
            request.add_header("If-Range", self.version.tag)
        try:
            return cast(HTTPResponse, urlopen(request, timeout=TIMEOUT))
        except HTTPError as error:
            error.close()
            if error.code in PASSING:
                raise
            answer = f"{self.url}: the server answers {error.code} ({error.reason})"
            kind = AbsentError if error.code in ABSENT else DownloadError
            raise (ChangedError if error.code == 416 else kind)(answer) from error

    def _checked(self, response: HTTPResponse) -> tuple[Version, int]:
        """Return what is being sent, and from which byte on."""
        _require_file(self.url, response)
        version, first = _described(self.url, response)
        if self.version is None:
            self.version = version
        elif self.version != version:
            raise ChangedError(f"{self.url}: the file has changed")
        return version, first

    def _wait(self, failures: int, start: int, reason: str) -> None:
        size = f"{self.version.size:,}" if self.version else "unknown"
        where = f"{self.url}: {reason} at byte {start:,} of {size}"
        if failures == TRIES:
            raise DownloadError(f"{where}, {TRIES} times in a row; try again later")
        pause = PAUSE * 2 ** (failures - 1)
        logger.info("%s; trying again in %g s", where, pause)
        time.sleep(pause)


def _require_file(url: str, response: HTTPResponse) -> None:
    """Refuse a detour without encryption, and the page of a login in between."""
    if urlsplit(url).scheme == "https" and urlsplit(response.url).scheme != "https":
        raise DownloadError(f"{url}: sent on to {response.url}, which is not encrypted")
    if response.headers.get_content_type() == "text/html":
        raise DownloadError(
            f"{url}: got a web page, not a file; does your network ask for a login?"
        )


def _described(url: str, response: HTTPResponse) -> tuple[Version, int]:
    """Read size, tag and first byte off the headers."""
    tag = response.headers.get("ETag", "W/")
    if tag.startswith("W/"):  # equal in meaning, perhaps not byte for byte
        tag = response.headers.get("Last-Modified", "")
    if response.status == 206:
        got = response.headers.get("Content-Range", "")
        if not (match := re.fullmatch(r"bytes (\d+)-\d+/(\d+)", got)):
            raise ChangedError(f"{url}: cannot read Content-Range: {got!r}")
        return Version(int(match[2]), tag), int(match[1])
    if not (length := response.headers.get("Content-Length", "")).isdigit():
        raise DownloadError(
            f"{url}: the server does not say how long it is, so a cut would look like its end"
        )
    return Version(int(length), tag), 0


def _reason(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    return str(reason) or type(error).__name__
