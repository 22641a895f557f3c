"""How much memory a search may take beyond what it is given."""

from __future__ import annotations

import os
import re

SHARE = 0.25  # of what is free, where nothing else is asked
LOW, HIGH = 64 << 20, 4 << 30  # bounds of that default: more brings no speed
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def parse(text: str) -> int:
    """Turn ``4GB``, ``512M`` or a number of bytes into bytes; ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip().lower())
    if not found or (size := int(float(found[1]) * UNITS[found[2]])) < 16 << 20:
        raise ValueError(f"{text!r} is no size of memory of at least 16MB; write it as 4GB or 500M")
    return size


def default() -> int:
    """Return a share of the memory that is free now, in bytes."""
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not every system tells
        free = HIGH
    return int(min(max(free * SHARE, LOW), HIGH))
