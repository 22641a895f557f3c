"""Published vectors and dictionaries, brought to the data home."""

from align.download.catalog import Catalog, Entry
from align.download.fetch import Fetched, fetch
from align.download.remote import AbsentError, DownloadError

__all__ = ["AbsentError", "Catalog", "DownloadError", "Entry", "Fetched", "fetch"]
