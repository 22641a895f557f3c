"""Which languages have seeds in common, and how all of them are reached from one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from align.gold import MIN_PAIRS, covered
from align.solvers.generalised import layers
from dictionaries import Lexicon
from embeddings import Embeddings

Pair = tuple[str, str]
Lexicons = Mapping[Pair, Lexicon]


@dataclass(frozen=True)
class Seeds:
    """What two languages have in common.

    Parameters
    ----------
    lexicon : Lexicon
        Of pairs that both vocabularies hold.
    origins : tuple of str
    left_out : int
        Pairs of a word that a test dictionary asks.
    """

    lexicon: Lexicon
    origins: tuple[str, ...]
    left_out: int


def turned(lexicons: Lexicons, names: Iterable[str]) -> dict[Pair, Lexicon]:
    """Return a dictionary for both directions of every pair that has one: its own, or the other."""
    found = {}
    for a, b in permutations(sorted(names), 2):
        if (a, b) in lexicons:
            found[a, b] = lexicons[a, b]
        elif (b, a) in lexicons:
            found[a, b] = lexicons[b, a].reversed
    return found


def seeds_of(
    languages: Mapping[str, Embeddings], lexicons: Lexicons, tests: Lexicons
) -> dict[Pair, Seeds]:
    """Return the seeds of every two languages that have a dictionary, in order of their names.

    Both directions of a dictionary count. What a test dictionary asks is in none: MUSE's training
    dictionary of fr-en, say, has many pairs that its test dictionary of en-fr asks.

    Raises
    ------
    ValueError
        If the vocabularies hold too few pairs of a dictionary.
    """
    asked: dict[str, set[str]] = {name: set() for name in languages}
    for (a, _), test in tests.items():
        asked[a].update(test.sources)
    found = {}
    for a, b in combinations(sorted(languages), 2):
        given = {pair: lexicons[pair] for pair in ((a, b), (b, a)) if pair in lexicons}
        if not given:
            continue
        there = {
            (one, other): covered("training", lexicon, languages[one], languages[other])
            for (one, other), lexicon in given.items()
        }
        same_way = [one if pair == (a, b) else one.reversed for pair, one in there.items()]
        every = Lexicon(tuple(pair for one in same_way for pair in one.pairs))
        kept = tuple((x, y) for x, y in every.pairs if x not in asked[a] and y not in asked[b])
        if len(kept) < MIN_PAIRS:
            raise ValueError(
                f"only {len(kept)} usable pairs in the training dictionary of {a}-{b}, where at "
                f"least {MIN_PAIRS} are needed ({len(every) - len(kept)} more are of words that "
                "the test dictionaries ask): give a larger one, or none for this pair"
            )
        origins = tuple(lexicon.origin for lexicon in given.values())
        found[a, b] = Seeds(Lexicon(kept), origins, len(every) - len(kept))
    return found


def require_connected(names: Sequence[str], pairs: Iterable[Pair]) -> None:
    """Raise a ValueError that says which languages no dictionary leads to."""
    pairs = list(pairs)
    parts: list[set[str]] = []
    for name in names:
        if not any(name in part for part in parts):
            parts.append(set().union(*layers(pairs, name)))
    if len(parts) > 1:
        rest = sorted(parts, key=len)[:-1]
        apart = sorted(set().union(*rest))
        main = sorted(set(names) - set(apart))
        raise ValueError(
            f"no training dictionary leads from {', '.join(main)} to {', '.join(apart)}: give one "
            f"between one of each, as {main[0]}-{apart[0]} (`align download` brings MUSE's; "
            "--train 'FOLDER/{pair}.txt' names your own), or leave out what cannot be reached"
        )


def tree(root: str, shares: Mapping[Pair, float]) -> list[Pair]:
    """Return the pairs by which all languages are reached from one over the fewest others.

    Parameters
    ----------
    root : str
    shares : mapping of (str, str) to float
        The agreement of the pairs that have seeds: of equally short ways, the best is taken.
    """
    found = []
    levels = layers(shares, root)
    for near, far in zip(levels[:-1], levels[1:], strict=True):
        for name in sorted(far):
            ways = {pair: s for pair, s in shares.items() if name in pair and near & {*pair}}
            found.append(max(sorted(ways), key=lambda pair: ways[pair]))
    return found


def between(source: str, target: str, edges: Iterable[Pair]) -> tuple[str, ...]:
    """Return the languages on the way from one to another in a tree, both left out."""
    edges = list(edges)
    distance = {name: i for i, layer in enumerate(layers(edges, target)) for name in layer}
    way = [source]
    while way[-1] != target:
        ends = [(a, b) for one, other in edges for a, b in ((one, other), (other, one))]
        way.append(min((b for a, b in ends if a == way[-1]), key=distance.__getitem__))
    return tuple(way[1:-1])
