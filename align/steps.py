"""How the library tells of its progress; what is shown, and where, is the caller's choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A piece of work that is done.

    Parameters
    ----------
    stage : str
        What is being done, as ``refinement round 2 of 5``.
    done, total : int
        How much of it is done, in the stage's own unit.
    told : str
        What is told of it beside, as the objective.
    """

    stage: str
    done: int
    total: int
    told: str = ""


OnStep = Callable[[Step], None]


def silent(step: Step) -> None:
    """Ignore a step; the default of everything that takes ``on_step``."""
