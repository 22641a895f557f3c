"""`Plan`: what a batch runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from align.batch.methods import Method
from align.evaluate import KS
from align.results import Cell
from dictionaries import Lexicon

METRICS = (*(f"P@{k}" for k in KS), "MRR", "MAP")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A grid of runs.

    Parameters
    ----------
    name : str
    vectors : mapping
        From a language to its file.
    pairs : tuple of (str, str)
        Source and target languages.
    train, test : mapping
        From a pair to its dictionary, where there is one.
    methods : tuple of Method
    train_sizes : tuple of int
        Source words of the training dictionary; 0 for all.
    draw : {'first', 'random'}
        Whether these are the first of the file, or drawn by the seed.
    folds : int
        Cut the training dictionary by source word into so many parts, hold each out in turn, and
        score on it; 0 for none: the test dictionary scores.
    seeds : tuple of int
    max_vocab, lower
        As `embeddings.load` takes them.
    normalize, k
        As `align.supervised` takes them.
    device, search, memory
        As `align.retrieve.choose` takes them. What a search may take is fixed, so that runs do not
        depend on what else the machine does.
    metrics, retrievals : tuple of str
        What is measured and kept.
    """

    name: str
    vectors: Mapping[str, Path | str]
    pairs: tuple[tuple[str, str], ...]
    train: Mapping[tuple[str, str], Lexicon]
    test: Mapping[tuple[str, str], Lexicon]
    methods: tuple[Method, ...]
    train_sizes: tuple[int, ...] = (0,)
    draw: str = "first"
    folds: int = 0
    seeds: tuple[int, ...] = (0,)
    max_vocab: int = 200_000
    lower: bool = False
    normalize: str = "unit,center,unit"
    k: int = 10
    device: str = "auto"
    search: str = "exact"
    memory: int = 1 << 30
    metrics: tuple[str, ...] = METRICS
    retrievals: tuple[str, ...] = ("nn", "csls")

    @property
    def cells(self) -> Iterator[tuple[tuple[str, str], Cell, Method]]:
        """Every run of the grid, pair by pair, with its languages."""
        for source, target in self.pairs:
            for size in self.train_sizes:
                for fold in range(1, self.folds + 1) if self.folds else (0,):
                    for seed in self.seeds:
                        for method in self.methods:
                            cell = Cell(f"{source}-{target}", method.name, size, fold, seed)
                            yield (source, target), cell, method

    @property
    def size(self) -> int:
        """How many runs the grid has."""
        parts = (self.pairs, self.train_sizes, range(self.folds or 1), self.seeds, self.methods)
        return prod(map(len, parts))
