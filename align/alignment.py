"""`Alignment`: everything needed to bring new vectors of either language into the joint space."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from align.maps import Array, LinearMap
from align.normalize import Normalization
from embeddings.arrays import write_tensors
from embeddings.files import replacing


@dataclass(frozen=True, eq=False)
class Alignment:
    """A map together with the normalisation of both sides that it was learned under.

    Parameters
    ----------
    source, target : Normalization
        Fitted on the vocabularies of the run, so a word that was not among them gets the same
        centering.
    linear : LinearMap
        Takes normalised source rows to normalised target rows.
    """

    source: Normalization
    target: Normalization
    linear: LinearMap

    def map_source(self, vectors: Array) -> Array:
        """Bring raw source vectors, (n, d), into the joint space."""
        return self.linear(self.source(vectors))

    def map_target(self, vectors: Array) -> Array:
        """Bring raw target vectors, (n, d), into the joint space."""
        return self.target(vectors)

    def save(self, path: str | Path) -> None:
        """Write everything to one safetensors file."""
        tensors = {"source.w": self.linear.w}
        for side, normalization in (("source", self.source), ("target", self.target)):
            for i, mean in enumerate(normalization.means):
                tensors[f"{side}.mean.{i}"] = mean
        steps = {"source": self.source.steps, "target": self.target.steps}
        with replacing(Path(path)) as beside:
            write_tensors(beside, tensors, {side: json.dumps(s) for side, s in steps.items()})

    @classmethod
    def load(cls, path: str | Path) -> Alignment:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            If the file is damaged or is not an alignment.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as stored:
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
                steps = {side: json.loads(text) for side, text in stored.metadata().items()}
            source, target = (
                Normalization(
                    tuple(steps[side]),
                    tuple(tensors[f"{side}.mean.{i}"] for i in range(steps[side].count("center"))),
                )
                for side in ("source", "target")
            )
            return cls(source, target, LinearMap(tensors["source.w"]))
        except (SafetensorError, KeyError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is not a readable alignment ({error})") from error
