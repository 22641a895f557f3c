"""`Alignment`: everything needed to bring new vectors of either language into the joint space."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from align.kernel_map import map_of, own_map, tensors_of
from align.maps import Array, Map
from align.normalize import Normalization
from embeddings.arrays import write_tensors
from embeddings.files import replacing

KINDS = {1: "mean", 2: "axes"}  # what the parts of a normalisation are, by their number of axes


@dataclass(frozen=True, eq=False)
class Alignment:
    """A map together with the normalisation of both sides that it was learned under.

    Parameters
    ----------
    source, target : Normalization
        Fitted on the vocabularies of the run, so a word that was not among them gets the same
        centering.
    map : LinearMap or KernelMap
        Takes normalised source rows into the joint space.
    target_map : LinearMap or KernelMap, optional
        Takes normalised target rows there; none where they are there already.
    """

    source: Normalization
    target: Normalization
    map: Map
    target_map: Map | None = None

    def map_source(self, vectors: Array) -> Array:
        """Bring raw source vectors, (n, d), into the joint space."""
        return self.map(self.source(vectors))

    def map_target(self, vectors: Array) -> Array:
        """Bring raw target vectors, (n, d), into the joint space."""
        normalised = self.target(vectors)
        return self.target_map(normalised) if self.target_map else normalised

    def save(self, path: str | Path) -> None:
        """Write everything to one safetensors file."""
        tensors = tensors_of({"source": self.map, "target": self.target_map})
        for side, normalization in (("source", self.source), ("target", self.target)):
            for i, part in enumerate(normalization.parts):
                tensors[f"{side}.{KINDS[part.ndim]}.{i}"] = part
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
                Normalization(tuple(steps[side]), _parts(side, steps[side], tensors))
                for side in ("source", "target")
            )
            return cls(source, target, own_map("source", tensors), map_of("target", tensors))
        except (SafetensorError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(f"{path} is not a readable alignment ({error})") from error


def _parts(side: str, steps: Sequence[str], tensors: Mapping[str, Array]) -> tuple[Array, ...]:
    kinds = [KINDS[1 if step == "center" else 2] for step in steps if step != "unit"]
    return tuple(tensors[f"{side}.{kind}.{i}"] for i, kind in enumerate(kinds))
