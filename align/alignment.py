"""`Alignment`: everything needed to bring new vectors of either language into the joint space."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from align.kernel_map import map_of, tensors_of
from align.maps import Array, Map
from align.normalize import Normalization
from embeddings.arrays import write_tensors
from embeddings.files import replacing

KINDS = {1: "mean", 2: "axes"}  # what the parts of a normalisation are, by their number of axes


@dataclass(frozen=True, eq=False)
class Placement:
    """What brings raw vectors of one language into a joint space; call it on rows.

    Parameters
    ----------
    normalization : Normalization
        Fitted on the vocabulary, so a word that was not in it gets the same centering.
    map : LinearMap or KernelMap, optional
        Takes normalised rows there; none where they are there already.
    """

    normalization: Normalization
    map: Map | None = None

    def __call__(self, vectors: Array) -> Array:
        """Bring raw vectors, (n, d), into the joint space."""
        normalised = self.normalization(vectors)
        return self.map(normalised) if self.map else normalised


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
        target = Placement(self.target, self.target_map)
        write_placements(path, {"source": Placement(self.source, self.map), "target": target})

    @classmethod
    def load(cls, path: str | Path) -> Alignment:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            If the file is damaged or is not an alignment.
        """
        found = read_placements(path)
        if found.keys() != {"source", "target"} or (map_ := found["source"].map) is None:
            raise ValueError(f"{path} is not a readable alignment (it has {sorted(found)})")
        source, target = found["source"], found["target"]
        return cls(source.normalization, target.normalization, map_, target.map)


def write_placements(path: str | Path, placements: Mapping[str, Placement]) -> None:
    """Write what brings some languages into one space to one safetensors file."""
    tensors = tensors_of({name: one.map for name, one in placements.items()})
    for name, one in placements.items():
        for i, part in enumerate(one.normalization.parts):
            tensors[f"{name}.{KINDS[part.ndim]}.{i}"] = part
    steps = {name: json.dumps(one.normalization.steps) for name, one in placements.items()}
    with replacing(Path(path)) as beside:
        write_tensors(beside, tensors, steps)


def read_placements(path: str | Path) -> dict[str, Placement]:
    """Read what `write_placements` wrote.

    Raises
    ------
    ValueError
        If the file is damaged or is something else.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            steps = {name: json.loads(text) for name, text in stored.metadata().items()}
        return {
            name: Placement(
                Normalization(tuple(made), _parts(name, made, tensors)), map_of(name, tensors)
            )
            for name, made in steps.items()
        }
    except (SafetensorError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a readable alignment ({error})") from error


def _parts(side: str, steps: Sequence[str], tensors: Mapping[str, Array]) -> tuple[Array, ...]:
    kinds = [KINDS[1 if step == "center" else 2] for step in steps if step != "unit"]
    return tuple(tensors[f"{side}.{kind}.{i}"] for i, kind in enumerate(kinds))
