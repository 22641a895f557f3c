"""Seed pairs out of two vocabularies alone: words spelled alike, and numerals."""

from __future__ import annotations

from collections.abc import Container, Iterable

from dictionaries.lexicon import Lexicon


def identical(source: Iterable[str], target: Container[str]) -> Lexicon:
    """Pair every word that both vocabularies hold with itself.

    Parameters
    ----------
    source : iterable of str
        The source vocabulary; its order is the order of the pairs.
    target : container of str
        The target vocabulary (a set or a dict; a list would be slow).

    References
    ----------
    .. [1] Smith et al., "Offline bilingual word vectors, orthogonal transformations and the
       inverted softmax", ICLR 2017.
    """
    return Lexicon(tuple((word, word) for word in source if word in target), "identical")


def numerals(source: Iterable[str], target: Container[str]) -> Lexicon:
    """Pair every number written in digits that both vocabularies hold with itself.

    References
    ----------
    .. [1] Artetxe et al., "Learning bilingual word embeddings with (almost) no bilingual data",
       ACL 2017.
    """
    shared = identical(source, target)
    pairs = tuple(pair for pair in shared.pairs if pair[0].isdecimal())
    return Lexicon(pairs, "numerals")
