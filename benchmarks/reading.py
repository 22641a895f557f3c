"""Reading text vectors, against a Python loop with np.fromstring."""

import statistics
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np

import embeddings
from benchmarks.data import vectors

REPEATS = 7


def loop(path: Path) -> tuple[dict[str, int], np.ndarray]:
    """Read as MUSE's readers do: a line at a time, np.fromstring, the first of each word kept."""
    words: dict[str, int] = {}
    rows = []
    with path.open(encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            word, numbers = line.rstrip().split(" ", 1)
            row = np.fromstring(numbers, sep=" ", dtype=np.float32)
            if word not in words and row.any():
                words[word] = len(rows)
                rows.append(row)
    return words, np.stack(rows)


def main() -> None:
    """Print the median times and their ratio on 50,000 and 200,000 rows of real vectors."""
    warnings.simplefilter("ignore", DeprecationWarning)  # of np.fromstring
    parts = [vectors(language) for language in ("en", "es", "de", "fr")]
    joined = embeddings.Embeddings(
        [f"{part.name}:{word}" for part in parts for word in part.words],
        np.concatenate([part.vectors for part in parts]),
    )
    print("| rows x 300 | loop with np.fromstring | `embeddings.load` | ratio |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for value in (parts[0], joined):
            path = Path(folder) / "x.vec"
            rounded = np.vectorize(lambda v: float(f"{v:.5g}"), otypes=[np.float32])(value.vectors)
            embeddings.save(embeddings.Embeddings(value.words, rounded), path)
            slow, fast = [], []
            for _ in range(REPEATS):  # in turns, so that both see the same machine
                slow.append(seconds(loop, path))
                fast.append(seconds(partial(embeddings.load, cache=False), path))
            a, b = statistics.median(slow), statistics.median(fast)
            print(f"| {len(value):,} | {a:.2f} s | {b:.2f} s | {a / b:.1f} |")


def seconds(read, path: Path) -> float:  # noqa: ANN001
    """Time one read."""
    start = time.perf_counter()
    read(path)
    return time.perf_counter() - start
