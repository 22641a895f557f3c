"""Where in a TOML file a setting stands, for errors: TOML readers do not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

KEY = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
DOTTED = rf"{KEY}(?:\s*\.\s*{KEY})*"
TABLE = re.compile(rf"\s*\[\[?\s*({DOTTED})\s*\]")
SETTING = re.compile(rf"\s*({DOTTED})\s*=")


def line_of(text: str, path: Sequence[str], value: object = None) -> int:
    """Return the line, from 1, of a setting or of the nearest table around it.

    Parameters
    ----------
    text : str
        Of the file.
    path : sequence of str
        The keys from the top, as ``("methods", "rcsls", "k")``.
    value : object, optional
        What is wrong with it: of a list over several lines, the line that holds this.
    """
    best, found, table = 0, 1, tuple[str, ...]()
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if header := TABLE.match(line):
            here = table = _keys(header[1])
        elif setting := SETTING.match(line):
            here = (*table, *_keys(setting[1]))
        else:
            continue
        shared = min(len(here), len(path))
        if shared > best and tuple(path[:shared]) == here[:shared]:
            best, found = shared, number
    if value is not None:
        for number in range(found, len(lines) + 1):
            line = lines[number - 1]
            if number > found and (TABLE.match(line) or SETTING.match(line)):
                break
            if str(value) in line:
                return number
    return found


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in re.findall(KEY, dotted))
