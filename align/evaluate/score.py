"""`Score`: all that one way of retrieval earns on one dictionary in one direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from align.evaluate.measures import Measure, Rule
from align.evaluate.parts import Part

Way = Literal["forward", "backward"]


@dataclass(frozen=True)
class Score:
    """What one way of retrieval earns on one dictionary.

    Parameters
    ----------
    retrieval : str
        How targets were ranked, as ``csls10`` or ``nn``.
    direction : {'forward', 'backward'}
        From source to target, or from target to source by the dictionary turned round.
    measures : tuple of Measure
        Under every rule for words that are not there, ``skip`` first.
    parts : tuple of Part
        By frequency, spelling and number of translations.
    recall : float
        The share of the true neighbours that the search of the CSLS means found: 1 where it was
        exact. The ranks themselves are exact.
    """

    retrieval: str
    direction: Way
    measures: tuple[Measure, ...]
    parts: tuple[Part, ...] = ()
    recall: float = 1.0

    def measure(self, name: str, oov: Rule = "skip") -> Measure:
        """Return a measure by its name and rule; KeyError where there is none."""
        for measure in self.measures:
            if (measure.name, measure.oov) == (name, oov):
                return measure
        raise KeyError(f"{name} {oov}")

    def at(self, k: int, oov: Rule = "skip") -> Measure:
        """Return the precision at k; KeyError where it was not measured."""
        return self.measure(f"P@{k}", oov)
