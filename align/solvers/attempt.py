"""What an unsupervised attempt is judged by, without a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["worked", "doubtful", "failed"]


@dataclass(frozen=True)
class Verdict:
    """Whether a map brings translations together, and the evidence.

    Everything but ``alike`` is measured among the most frequent words of both sides. What is
    called the null is where self-learning leads from a rotation drawn by chance: mostly a map that
    fits its own pairs, and none of them right.

    Parameters
    ----------
    outcome : {'worked', 'doubtful', 'failed'}
    objective, null_objective : float
        The mean cosine of a word to its nearest one of the other side.
    agreement : float
        The share of its mutual pairs that the null has as well: about 0, or the null is right too.
    mutual, null_mutual : float
        The share of words that are a mutual CSLS neighbour of one.
    hubness, null_hubness : float
        The skewness of how often a word is among the 10 nearest.
    alike, alike_found : int
        Words spelled alike on both sides that were held out, and how many of them are among each
        other's 10 best by CSLS.
    words : int
        How many words of either side were looked at.
    """

    outcome: Outcome
    objective: float
    null_objective: float
    agreement: float
    mutual: float
    null_mutual: float
    hubness: float
    null_hubness: float
    alike: int
    alike_found: int
    words: int

    @property
    def rise(self) -> float:
        """How much of what the null leaves open the objective has closed; about 0 for a null."""
        return (self.objective - self.null_objective) / (1 - self.null_objective)

    @property
    def merit(self) -> tuple[int, float]:
        """What the best of several verdicts has most of."""
        return ("failed", "doubtful", "worked").index(self.outcome), self.rise


@dataclass(frozen=True)
class Attempt:
    """One try of an unsupervised start.

    Parameters
    ----------
    start : str
    seed : int
    verdict : Verdict, optional
        None where it could not solve.
    failure : str
        Why it could not.
    """

    start: str
    seed: int
    verdict: Verdict | None
    failure: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Attempt:
        """Build an attempt from the plain values of a JSON file."""
        verdict = data["verdict"]
        return cls(**{**data, "verdict": verdict and Verdict(**verdict)})
