"""`Share`: hits out of what was asked, with counts and interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from align.evaluate.resampling import bootstrap_interval


@dataclass(frozen=True)
class Share:
    """The share of questions that are answered rightly.

    Parameters
    ----------
    name : str
        As ``P@1`` or ``3cosadd``.
    oov : {'skip', 'wrong'}
        Whether questions with unknown words are left out, or count as wrong.
    hits, scored : int
        Right answers, out of the questions that count.
    missing : int
        Questions with unknown words: left out, or among those that count.
    interval : (float, float)
        95 % bootstrap interval over the questions that count.
    """

    name: str
    oov: Literal["skip", "wrong"]
    hits: int
    scored: int
    missing: int
    interval: tuple[float, float]

    @classmethod
    def skip(cls, name: str, hit: npt.NDArray[np.bool_], missing: int, *, seed: int) -> Share:
        """Score the questions asked, (q,), and leave out the missing ones."""
        interval = bootstrap_interval(hit, seed=seed)
        return cls(name, "skip", int(hit.sum()), len(hit), missing, interval)

    @classmethod
    def wrong(cls, name: str, hit: npt.NDArray[np.bool_], missing: int, *, seed: int) -> Share:
        """Score the questions asked, (q,), and the missing ones as wrong."""
        every = np.concatenate([hit, np.zeros(missing, dtype=bool)])
        interval = bootstrap_interval(every, seed=seed)
        return cls(name, "wrong", int(hit.sum()), len(every), missing, interval)

    @property
    def value(self) -> float:
        """Hits out of the questions that count, in [0, 1]; 0 where there are none."""
        return self.hits / max(1, self.scored)

    @property
    def coverage(self) -> float:
        """The share of questions whose words are known, in [0, 1]."""
        every = self.scored + (self.missing if self.oov == "skip" else 0)
        return 1 - self.missing / every
