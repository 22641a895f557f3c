"""`align translate --bin`: words that a run does not hold, by a model of their language."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from align.cli.progress import note
from align.maps import Array
from align.retrieve import Retrieval
from align.run import Run, Translation, spelled
from align.steps import OnStep
from embeddings import Subwords

COMPARED = 200  # words of the run that the model should give the same vectors
ALIKE = 0.9  # their mean cosine, at least


class Unknown:
    """Words outside the vocabulary of one side of a run, and the model that knows them.

    Parameters
    ----------
    run : Run
    path : Path
        fastText ``.bin`` of the side that is asked.
    reverse : bool
        Whether that is the target.

    Raises
    ------
    OSError, ValueError
        If the model cannot be read, or has other dimensions than the run.
    """

    def __init__(self, run: Run, path: Path, reverse: bool) -> None:
        self.run, self.reverse = run, reverse
        self.model = Subwords.open(path)
        self.asked = run.target if reverse else run.source
        self._into_space = run.map_target if reverse else run.map
        dim = (run.record.target if reverse else run.record.source).dim
        if self.model.dim != dim:
            raise ValueError(
                f"{path} has {self.model.dim} dimensions, the run {dim}; give the .bin of the "
                f"vectors that {self.asked.name} was made from ({self.asked.origin or 'unknown'})"
            )
        self._compare()

    def translate(
        self, words: Iterable[str], k: int, retrieval: Retrieval, on_step: OnStep
    ) -> dict[str, tuple[Translation, ...]]:
        """Translate words, but for those of which the model knows nothing; these are told."""
        vectors = {word: self._vector(word) for word in words}
        known = {word: vector for word, vector in vectors.items() if vector is not None}
        if not known:
            return {}
        stacked = np.stack(list(known.values()))
        found = self.run.translate_vectors(
            stacked, k, retrieval, reverse=self.reverse, on_step=on_step
        )
        return dict(zip(known, found, strict=True))

    def _vector(self, word: str) -> Array | None:
        try:
            return self.model.vector(spelled(word, self.asked.lower))
        except ValueError as error:
            note(str(error))
            return None

    def _compare(self) -> None:
        """Tell where the model gives the run's own words other vectors than the run has."""
        words = [word for word in self.asked.words[: 5 * COMPARED] if word in self.model][:COMPARED]
        if not words:
            note(f"{self.model.path} has none of the first words of {self.asked.name}")
            return
        mapped = self._into_space(self.model.vectors(words))
        rows = self.asked.vectors[[self.asked.index[word] for word in words]]
        lengths = np.linalg.norm(mapped, axis=1) * np.linalg.norm(rows, axis=1)
        cosine = float(((mapped * rows).sum(axis=1) / np.maximum(lengths, 1e-12)).mean())
        if cosine < ALIKE:
            note(
                f"{self.model.path} is not the model that the run's vectors of {self.asked.name} "
                f"come from: the same words have a mean cosine of {cosine:.2f}, so expect nonsense"
            )
