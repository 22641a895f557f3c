"""What is published where, under which licence: `catalog.json`, the only place with addresses."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from align.download.remote import DownloadError

SHIPPED = Path(__file__).with_name("catalog.json")
NEAR = 0.55  # the least likeness, in [0, 1], of a code suggested in place of an unknown one


@dataclass(frozen=True)
class Entry:
    """A published file.

    Parameters
    ----------
    url : str
        Its address; the last part is the name it is kept under.
    what, licence, page : str
        For the user: the collection it is of, its licence, where it is described.
    size : int, optional
        Bytes, where they are known.
    sha256 : str, optional
        In hexadecimal digits, where it is known.
    """

    url: str
    what: str
    licence: str
    page: str
    size: int | None = None
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]

    def require_size(self, size: int) -> None:
        """Raise an error where the server's file is not of the size it is known to have."""
        if self.size not in (None, size):
            raise DownloadError(
                f"{self.url}: expected {self.size:,} bytes, the server has {size:,}; it is not the "
                "file that the catalog knows"
            )


class Catalog:
    """The published files.

    Parameters
    ----------
    path : str or Path, optional
        A catalog in place of the package's own; by default ``$ALIGN_CATALOG``, if set.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such catalog, or it is not one.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path or os.environ.get("ALIGN_CATALOG") or SHIPPED)
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            self._files: Mapping[str, Any] = data.get("files", {})
            self._pairs: Mapping[str, Any] = data["dictionaries"]
            self._vectors: Mapping[str, Any] = data["vectors"]
            self.codes = {kind: _split(row["codes"]) for kind, row in self._vectors.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{self.path} is not a catalog of downloads ({error!r})") from error

    def vectors(self, code: str, kind: str) -> Entry:
        """Return the vectors of a language.

        Raises
        ------
        ValueError
            If the catalog lists none; the message names the other kinds and the codes near by.
        """
        if kind not in self.codes:
            raise ValueError(f"{self.path} has no {kind} vectors, only {', '.join(self.codes)}")
        if code not in self.codes[kind]:
            raise ValueError(
                f"there are no {kind} vectors of {code!r}; {self._instead(code, kind)}"
            )
        row = self._vectors[kind]
        return self._entry(row["url"].format(code=code), row)

    def dictionaries(self, src: str, tgt: str) -> list[Entry]:
        """Return where the training and test dictionary of a pair are, if they exist."""
        pair = f"{src}-{tgt}"
        return [self._entry(url.format(pair=pair), self._pairs) for url in self._pairs["urls"]]

    def other_kinds(self, code: str, kind: str) -> str:
        """Name the option that brings a language's vectors of another kind, or nothing."""
        others = [name for name, codes in self.codes.items() if name != kind and code in codes]
        return " or ".join(f"--kind {name}" for name in others)

    def _instead(self, code: str, kind: str) -> str:
        if other := self.other_kinds(code, kind):
            return f"there are with {other}"
        near = get_close_matches(code.lower().replace("-", "_"), sorted(self.codes[kind]), 3, NEAR)
        said = f"near it: {', '.join(near)}; " if near else ""
        return f"{said}the languages are listed at {self._vectors[kind]['page']}"

    def _entry(self, url: str, row: Mapping[str, Any]) -> Entry:
        if urlsplit(url).scheme not in {"https", "http"}:
            raise ValueError(f"{self.path}: expected an address of http or https, got {url!r}")
        known = self._files.get(url.rpartition("/")[2], {})
        size, sha256 = known.get("size"), known.get("sha256")
        return Entry(url, row["what"], row["licence"], row["page"], size, sha256)


def _split(lines: list[str]) -> frozenset[str]:
    return frozenset(" ".join(lines).split())
