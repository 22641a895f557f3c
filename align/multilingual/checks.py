"""What can be wrong with languages before anything is read, or computed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from align.multilingual.seeds import Lexicons
from align.multilingual.value import MAPS
from dictionaries import Lexicon
from embeddings import Embeddings

HUBS = ("auto", "none")
FEWEST = 3  # languages
NAME = re.compile(r"[^/\\\s]+")  # can be part of the name of a file


def require_names(names: Sequence[str], hub: str) -> None:
    """Raise a ValueError where these languages cannot be joined so."""
    if len(names) < FEWEST:
        raise ValueError(
            f"one space for several languages needs at least {FEWEST}, got {len(names)}: for two, "
            f"use align supervised {' '.join(names)}"
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]!r} is given twice; every language needs a name of its own")
    if wrong := [n for n in names if not NAME.fullmatch(n) or n in (*HUBS, Path(MAPS).stem)]:
        raise ValueError(f"{wrong[0]!r} cannot be the name of a language here: give another")
    if hub not in (*HUBS, *names):
        raise ValueError(f"the hub is auto, none or one of {', '.join(names)}, got {hub!r}")


def require_values(
    languages: Mapping[str, Embeddings],
    lexicons: Lexicons,
    test: Lexicons,
) -> None:
    """Raise an error where an argument is not the value it should be."""
    for name, one in languages.items():
        if not isinstance(one, Embeddings):
            raise TypeError(
                f"{name}: expected Embeddings, got {type(one).__name__}: use embeddings.load(path)"
            )
    for pair, lexicon in (*lexicons.items(), *test.items()):
        if not isinstance(lexicon, Lexicon):
            raise TypeError(
                f"{pair}: expected Lexicon, got {type(lexicon).__name__}: use "
                "dictionaries.load(path), or Lexicon(pairs)"
            )
        if len({*pair}) != 2 or not {*pair} <= languages.keys():
            raise ValueError(
                f"a dictionary is of two of the languages {', '.join(languages)}, got {pair}"
            )
