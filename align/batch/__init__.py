"""Batches: every pair, method and seed of a plan."""

from pathlib import Path

from align.results import Results


def is_batch(folder: Path) -> bool:
    """Whether a folder holds a batch."""
    return False  # TODO: the founder's


def load_results(folder: Path) -> Results:
    """Read the results of a batch."""
    raise NotImplementedError  # TODO: the founder's
