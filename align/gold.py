"""From the words of a dictionary to rows of two vocabularies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from align.evaluate import Gold
from dictionaries import Lexicon
from embeddings import Embeddings

MIN_PAIRS = 10  # seeds that an alignment needs


def rows_of(
    pairs: Sequence[tuple[str, str]], source: Embeddings, target: Embeddings
) -> npt.NDArray[np.intp]:
    """Turn word pairs, all of them in the vocabularies, into a (p, 2) array of rows."""
    rows = [(source.index[a], target.index[b]) for a, b in pairs]
    return np.array(rows, dtype=np.intp).reshape(-1, 2)


def gold_of(test: Lexicon, source: Embeddings, target: Embeddings) -> Gold:
    """Turn a test dictionary into rows; `covered` says which errors it raises."""
    require_lexicon(test)
    there = covered("test", test, source, target)
    position = {word: i for i, word in enumerate(there.sources)}
    return Gold(
        sources=np.array([source.index[word] for word in there.sources], dtype=np.intp),
        answers=np.array([(position[a], target.index[b]) for a, b in there.pairs], dtype=np.intp),
        identical=np.array([a == b for a, b in there.pairs]),
        missing_words=len(test.sources) - len(there.sources),
        missing_pairs=len(test) - len(there),
    )


def require_lexicon(lexicon: Lexicon) -> None:
    """Raise a TypeError where a dictionary is not read yet, or is something else."""
    if not isinstance(lexicon, Lexicon):
        raise TypeError(
            f"expected Lexicon, got {type(lexicon).__name__}: use dictionaries.load(path), "
            "or Lexicon(pairs)"
        )


def covered(part: str, lexicon: Lexicon, source: Embeddings, target: Embeddings) -> Lexicon:
    """Keep the pairs whose words the vocabularies hold.

    Parameters
    ----------
    part : str
        What to call the lexicon in an error, as ``training``.

    Raises
    ------
    ValueError
        If there are none, or if the lexicon is the wrong way round: loan words alone can give
        such a lexicon hundreds of pairs, and excellent scores that mean nothing.
    """
    name = f"the {part} dictionary {lexicon.origin}".rstrip()
    there = lexicon.within(source, target)
    back = lexicon.reversed.within(source, target)
    if len(back) > 2 * len(there) and len(back) > 10:
        raise ValueError(
            f"{name} seems to be the wrong way round: the vocabularies hold {len(there):,} of its "
            f"{len(lexicon):,} pairs, and {len(back):,} if source and target change places; "
            "give the languages, or the columns, in the other order"
        )
    if not len(there):
        first = " ".join(lexicon.pairs[0]) if lexicon.pairs else ""
        raise ValueError(
            f"the vocabularies hold none of the {len(lexicon):,} pairs of {name} (first pair: "
            f"{first!r}; first words: {source.words[0]!r}, {target.words[0]!r}); are these the "
            "right languages, and is the case the same (--lower)?"
        )
    return there
