"""`Mapped`: the bytes of a file, on the disk until they are used, and given back afterwards."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import numpy.typing as npt

AROUND = 1 << 17  # bytes on each side that the system may bring in with those that are used

Bytes = npt.NDArray[np.uint8]


class Mapped:
    """A file seen as a read-only array of bytes.

    Parameters
    ----------
    path : Path
        Must not be empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.bytes: Bytes = np.frombuffer(self._map, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.bytes)

    def floats(self, start: int, rows: int, dim: int) -> npt.NDArray[np.float32]:
        """Return a (rows, dim) view of the float32 numbers that begin at byte ``start``."""
        numbers = np.frombuffer(self._map, dtype="<f4", count=rows * dim, offset=start)
        return numbers.reshape(rows, dim)

    def forget(self, start: int = 0, stop: int | None = None) -> None:
        """Give the memory of these bytes back; used again, they are read again."""
        if hasattr(mmap, "MADV_DONTNEED"):  # not on Windows, which does as it likes
            first = max(0, start - AROUND) // mmap.PAGESIZE * mmap.PAGESIZE
            last = len(self) if stop is None else min(stop + AROUND, len(self))
            if first < last:
                self._map.madvise(mmap.MADV_DONTNEED, first, last - first)


def scratch(count: int) -> npt.NDArray[np.int64]:
    """Return an array whose memory goes back with it, which malloc does not promise."""
    return np.frombuffer(mmap.mmap(-1, 8 * max(count, 1)), dtype=np.int64, count=count)
