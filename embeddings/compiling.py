"""How loops are compiled: without the interpreter's lock, and kept for the next process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any], fastmath: bool | set[str] = False) -> Any:  # noqa: ANN401  # numba's dispatcher
    """Compile a function when it is first called; ``fastmath`` is numba's."""
    try:
        return numba.njit(nogil=True, fastmath=fastmath, cache=True)(function)
    except RuntimeError:  # no folder can be written for the cache
        return numba.njit(nogil=True, fastmath=fastmath)(function)
