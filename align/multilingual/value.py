"""`Joint`: several languages in one space, with the record of how they came there; on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import embeddings
from align.alignment import Placement, read_placements, write_placements
from align.folders import Kind, filling
from align.maps import Array
from align.multilingual.record import JointRecord
from align.retrieve import Retrieval, Space
from align.run import Translation, row_of
from embeddings import Embeddings
from embeddings.arrays import read_safetensors

MAPS, RECORD = "joint.safetensors", "joint.json"
JOINT = Kind("joint space", RECORD, (RECORD, "*.safetensors"))


@dataclass(frozen=True, eq=False, repr=False)
class Joint:
    """Several languages in one space, ready to be used.

    Parameters
    ----------
    languages : mapping of str to Embeddings
        The words of each, with their vectors in the one space, of length 1.
    placements : mapping of str to Placement
        What brings other vectors of each language there.
    record : JointRecord
        How the space was made and what it scored.
    spaces : dict of (str, str) to Space
        Neighbours between two languages that were sought before, by their names in order.
    """

    languages: Mapping[str, Embeddings]
    placements: Mapping[str, Placement]
    record: JointRecord
    spaces: dict[tuple[str, str], Space] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Joint {self.record.title}, hub: {self.record.hub}>"

    def map(self, vectors: Array, language: str) -> Array:
        """Bring raw vectors of a language, (n, d), into the one space.

        Raises
        ------
        KeyError
            If it is none of the languages.
        """
        return self.placements[self._known(language)](vectors)

    def space(self, source: str, target: str) -> Space:
        """Return two of the languages, ready to be asked from source to target.

        Neighbours are sought where this was not done before.
        """
        if self._known(source) == self._known(target):
            raise ValueError(f"expected two languages, got {source!r} twice")
        pair = (source, target) if source < target else (target, source)
        if pair not in self.spaces:
            x, y = (self.languages[name].vectors for name in pair)
            self.spaces[pair] = Space.of(x, y, self.record.k)
        found = self.spaces[pair]
        return found if pair == (source, target) else found.reversed

    def translate(
        self, word: str, source: str, target: str, k: int = 5, retrieval: Retrieval = "csls"
    ) -> tuple[Translation, ...]:
        """Return the k best translations of a word from one language to another.

        Raises
        ------
        KeyError
            If the word is not in the vocabulary, or a language is not here.
        """
        space, answers = self.space(source, target), self.languages[target]
        if (row := row_of(word, self.languages[source])) is None:
            raise KeyError(word)
        found = space.nearest([row], min(k, len(answers)), retrieval)
        named = zip(found.rows[0], found.scores[0], strict=True)
        return tuple(Translation(answers.words[row], float(score)) for row, score in named)

    def save(self, folder: str | Path, *, force: bool = False) -> None:
        """Write everything to a folder: complete under its name, or not at all.

        It holds ``en.safetensors`` and so on (the words of each language and their vectors in the
        one space), ``joint.safetensors`` (the maps with their normalisations) and ``joint.json``
        (every setting, version, fingerprint and score).

        Raises
        ------
        FileExistsError
            If there is one and ``force`` is not set, or the folder is something else.
        """
        with filling(folder, JOINT, force=force) as new:
            for name, one in self.languages.items():
                embeddings.save(one, new / f"{name}.safetensors")
            write_placements(new / MAPS, self.placements)
            text = json.dumps(self.record.as_dict(), indent=1, ensure_ascii=False) + "\n"
            (new / RECORD).write_bytes(text.encode("utf-8", "surrogateescape"))  # odd file names

    @classmethod
    def load(cls, folder: str | Path) -> Joint:
        """Read what `save` wrote; vectors are mapped, not copied.

        Raises
        ------
        FileNotFoundError, ValueError
            If the folder is not one, or is damaged.
        """
        folder = Path(folder)
        if not (folder / RECORD).is_file():
            raise FileNotFoundError(
                f"{folder} is not a joint space: there is no {folder / RECORD}; `align joint` "
                "makes them"
            )
        try:
            text = (folder / RECORD).read_bytes().decode("utf-8", "surrogateescape")
            record = JointRecord.from_dict(json.loads(text))
            placements = read_placements(folder / MAPS)
            languages = {}
            for told in record.languages:
                words, vectors = read_safetensors(folder / f"{told.name}.safetensors", 0)
                if (len(words), told.name in placements) != (told.rows, True):
                    raise ValueError(f"{told.name} is not as recorded")
                languages[told.name] = Embeddings(
                    words, vectors, told.name, told.origin, told.max_vocab, told.lower
                )
        except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{folder} is not readable ({error!r}); make it again") from error
        return cls(languages, placements, record)

    def _known(self, language: str) -> str:
        if language not in self.languages:
            raise KeyError(f"{language!r} is none of {', '.join(self.languages)}")
        return language


def placed(x: Embeddings, name: str, vectors: Array) -> Embeddings:
    """Return the same words with other vectors."""
    return Embeddings(x.words, vectors, name, x.origin, x.max_vocab, x.lower, x.report)
