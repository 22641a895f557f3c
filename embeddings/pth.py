"""PyTorch files (`.pth`) as MUSE writes them: vectors with their vocabulary, and maps.

They are read with ``weights_only=True``, which runs nothing that a file asks for. The few classes
that MUSE's files name are stood in for by classes of this module, which hold data and do nothing.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.values import Array, VectorFormatError

OLD = bytes.fromhex("80028a0a6cfc9c46f9")  # how files of torch before 1.6 begin
LAYOUT = (
    "expected MUSE's export, a dict of `dico` (its Dictionary, or a list of words) and `vectors`, "
    "an (n, d) tensor; anything else: save words and vectors as text, .npz or .safetensors"
)


class Dictionary:
    """The attributes of MUSE's vocabulary: ``id2word`` and two that are not needed."""

    id2word: dict[int, str]


class _Type:
    """The code and byte order of a NumPy type."""

    def __init__(self, code: str, *_: object) -> None:
        self.code, self.order = code, "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]


class _Array:
    """The shape, type and bytes of a NumPy array, as MUSE saves its map."""

    def __init__(self, *_: object) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def numbers(self) -> Array:
        """Return the array; ValueError where it is not of floats or the sizes do not fit."""
        _, shape, kind, fortran, data = self.state
        if kind.code not in ("f4", "f8"):
            raise ValueError(f"an array of type {kind.code}, expected f4 or f8")
        flat = np.frombuffer(data, np.dtype(kind.code).newbyteorder(kind.order))
        return flat.reshape(shape, order="F" if fortran else "C").astype(kind.code)


STANDINS: list[Any] = [
    (Dictionary, "src.dictionary.Dictionary"),
    (_Array, "numpy.core.multiarray._reconstruct"),
    (_Array, "numpy._core.multiarray._reconstruct"),
    (_Array, "numpy.ndarray"),
    (_Type, "numpy.dtype"),
]


def is_pth(path: Path) -> bool:
    """Whether the content is what ``torch.save`` writes: a zip that holds a pickle, or older."""
    with path.open("rb") as file:
        start = file.read(len(OLD))
    return start == OLD or any(_pickle(member.filename) for member in _members(path, start))


def read_pth(path: Path, max_vocab: int) -> tuple[list[str], Array]:
    """Read the first ``max_vocab`` (0: all) words and vectors of a file that MUSE exported."""
    stored = _load(path)
    try:
        words, vectors = _words(stored["dico"]), _numbers(stored["vectors"])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise VectorFormatError(f"{path}: not word vectors ({error!r}); {LAYOUT}") from error
    if vectors.ndim != 2 or not vectors.shape[1] or len(vectors) != len(words):
        raise VectorFormatError(
            f"{path}: {len(words):,} words but `vectors` of shape {vectors.shape}; {LAYOUT}"
        )
    with np.errstate(over="ignore"):  # becomes infinite, which the caller reports
        return words[: max_vocab or None], vectors[: max_vocab or None].astype(
            np.float32, copy=False
        )


def read_matrix(path: Path) -> Array:
    """Read a file that holds one matrix, a tensor or an array, as MUSE's ``best_mapping.pth``."""
    try:
        return _numbers(_load(path))
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise VectorFormatError(
            f"{path} is not a readable map ({error!r}); expected one matrix, as in MUSE's "
            "best_mapping.pth"
        ) from error


def _load(path: Path) -> Any:  # noqa: ANN401  # whatever the file holds
    """Load a file without running any of it; the tensors of a zip stay on the disk until used."""
    import torch

    if not hasattr(torch.serialization, "safe_globals"):
        raise ImportError(f"reading .pth needs torch 2.6 or later, this is {torch.__version__}")
    with path.open("rb") as file:
        members = _members(path, file.read(len(OLD)))
    mapped = bool(members) and all(m.compress_type == zipfile.ZIP_STORED for m in members)
    try:
        with torch.serialization.safe_globals(STANDINS):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except OSError:
        raise
    except Exception as error:  # whatever a foreign loader meets in a damaged file
        raise VectorFormatError(f"{path}: {_reason(error)}; {LAYOUT}") from error


def _reason(error: Exception) -> str:
    """Say why torch refused a file, without its advice to switch the protection off."""
    foreign = str(error).partition("GLOBAL ")[2].partition(" ")[0]
    if foreign:
        return f"holds an object of the class {foreign}, which only its own program can read"
    return f"torch cannot read it ({type(error).__name__}), damaged or of another kind"


def _members(path: Path, start: bytes) -> list[zipfile.ZipInfo]:
    """List what is in a zip file; nothing where it is none."""
    if not start.startswith(b"PK\x03\x04"):
        return []
    try:
        with zipfile.ZipFile(path) as stored:
            return stored.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return []


def _pickle(name: str) -> bool:
    return name.rpartition("/")[2] == "data.pkl"


def _words(dico: Any) -> list[str]:  # noqa: ANN401
    """Return the words in the order of their rows."""
    if isinstance(dico, Dictionary):
        dico = [dico.id2word[row] for row in range(len(dico.id2word))]
    if not isinstance(dico, list) or not all(isinstance(word, str) for word in dico):
        raise TypeError(f"`dico` is a {type(dico).__name__}")
    return dico


def _numbers(value: Any) -> Array:  # noqa: ANN401
    """Return a tensor or an array as floats that NumPy has."""
    import torch

    if isinstance(value, _Array):
        return value.numbers()
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        raise TypeError(
            f"a {getattr(value, 'dtype', type(value).__name__)} and no tensor of floats"
        )
    try:
        value = value.detach()
        floats = value if value.dtype in (torch.float32, torch.float64) else value.float()
        return np.asarray(floats.numpy())
    except RuntimeError as error:  # sparse, quantised, without data
        raise TypeError(str(error)) from error
