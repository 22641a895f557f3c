"""How much memory a search may take beyond what it is given."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

SHARE = 0.25  # of what is free, where nothing else is asked
LOW, HIGH = 64 << 20, 4 << 30  # bounds of that default: more brings no speed
CGROUP = Path("/sys/fs/cgroup")
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def parse(text: str, least: int = LOW) -> int:
    """Turn ``4GB``, ``512M`` or a number of bytes into bytes; ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip().lower())
    if not found or (size := int(float(found[1]) * UNITS[found[2]])) < least:
        raise ValueError(
            f"{text!r} is no size of at least {least >> 20}MB; write it as 4GB or 500M"
        )
    return size


def default() -> int:
    """Return a share of the memory that is available now, in bytes."""
    return int(min(max(available() * SHARE, LOW), HIGH))


def available() -> float:
    """Return what the system and the container say that can be had, in bytes."""
    found: list[float] = []
    with suppress(OSError, AttributeError, ValueError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, IndexError, ValueError):
        text = Path("/proc/meminfo").read_text()
        found.append(float(text.split("MemAvailable:")[1].split()[0]) * 1024)
    with suppress(OSError, ValueError):  # of a container
        limit, used = (float((CGROUP / f"memory.{n}").read_text()) for n in ("max", "current"))
        found.append(limit - used)
    return min(found, default=HIGH / SHARE)  # not every system tells
