"""Vectors into memory and out of it, against gensim and fastText (``pip install '.[bench]'``)."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import fasttext
import numpy as np
from gensim.models import KeyedVectors

import embeddings
from benchmarks.data import vectors

ROWS = 200_000
TIMES = 10  # as many lines in the long file
WORDS = 50_000  # read of the .bin
FILES = 6000  # of text to train on: about as many words as published models have
REPEATS = 5


def main() -> None:
    """Print every table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["ALIGN_CACHE"] = str(folder / "cache")
        value = real_vectors()
        path = folder / "x.vec"
        embeddings.save(value, path)
        print(f"Medians of {REPEATS}, in turns, in one process; all files are in memory already.\n")
        text(path)
        memory(path)
        long(path)
        writing(value, folder)
        path.unlink()
        model(folder)


def real_vectors() -> embeddings.Embeddings:
    """Return 4 x 50,000 real vectors, with five digits as published ones have."""
    parts = [vectors(language) for language in ("en", "es", "de", "fr")]
    words = [f"{part.name}:{word}" for part in parts for word in part.words]
    rows = np.concatenate([part.vectors for part in parts])
    rounded = np.vectorize(lambda v: float(f"{v:.5g}"), otypes=[np.float32])(rows[:ROWS])
    return embeddings.Embeddings(words[:ROWS], rounded)


def medians(*calls: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    """Time each call so often, in turns, so that all see the same machine."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, seen in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            seen.append(time.perf_counter() - started)
    return [statistics.median(seen) for seen in times]


def table(title: str, base: str, rows: dict[str, float]) -> None:
    """Print times, and how many times as fast as the base each is."""
    print(f"| {title} | median | |\n|---|---|---|")
    for name, seconds in rows.items():
        print(f"| {name} | {seconds:.3f} s | {rows[base] / seconds:.1f}x |")
    print(flush=True)


def text(path: Path) -> None:
    """Time the reading of text."""
    embeddings.load(path, max_vocab=ROWS)  # leaves the twin
    names = ("gensim `load_word2vec_format`", "`embeddings.load`, parsed", "from the cache")
    taken = medians(
        lambda: KeyedVectors.load_word2vec_format(path),
        lambda: embeddings.load(path, max_vocab=ROWS, cache=False),
        lambda: embeddings.load(path, max_vocab=ROWS),
    )
    table(f"text, {ROWS:,} x 300", names[0], dict(zip(names, taken, strict=True)))


CHILD = """
import re, sys
from pathlib import Path
import embeddings, numba, polars
def status(name):
    return int(re.search(name + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
little = Path(sys.argv[2])
embeddings.load(little)  # import and compile what is needed on first use
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
before = status("VmRSS")
read = embeddings.load(sys.argv[1], max_vocab=int(sys.argv[3]), cache=sys.argv[4] == "cache")
words = sum(map(sys.getsizeof, read.words)) + sys.getsizeof(read.words)
print(1024 * (status("VmHWM") - before), read.vectors.nbytes, words)
"""


def peak(path: Path, little: Path, words: int, how: str) -> str:
    """Return the peak memory of reading, in a process of its own."""
    command = [sys.executable, "-c", CHILD, str(path), str(little), str(words), how]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    top, matrix, strings = map(int, out.split())
    return (
        f"{top / 2**20:.0f} MB for a matrix of {matrix / 2**20:.0f} MB and words of "
        f"{strings / 2**20:.0f} MB: the words and {(top - strings) / matrix:.2f} x the matrix"
    )


def memory(path: Path) -> None:
    """Print the peak memory of reading text."""
    little = path.with_name("little.vec")
    little.write_text("a 1 2\nb 3 4\n")
    print(f"Peak memory, parsed: {peak(path, little, ROWS, 'parse')}.")
    print(f"Peak memory, parsed and kept: {peak(path, little, ROWS - 1, 'cache')}.")
    print(f"Peak memory, from the cache: {peak(path, little, ROWS, 'cache')}.\n", flush=True)


def long(path: Path) -> None:
    """Time the first words of a file of many more lines."""
    longer = path.with_name("long.vec")
    with longer.open("wb") as file:
        for _ in range(TIMES):
            with path.open("rb") as part:
                shutil.copyfileobj(part, file, 1 << 24)
    short, of_long = medians(
        lambda: embeddings.load(path, max_vocab=ROWS, cache=False),
        lambda: embeddings.load(longer, max_vocab=ROWS, cache=False),
    )
    longer.unlink()
    print(
        f"The first {ROWS:,} words of {ROWS:,} lines: {short:.2f} s; of {TIMES * ROWS:,} lines: "
        f"{of_long:.2f} s.\n",
        flush=True,
    )


def writing(value: embeddings.Embeddings, folder: Path) -> None:
    """Time the writing of text, and read both back."""
    rng = np.random.default_rng(0)  # full precision is the harder case
    noise = 1e-6 * rng.standard_normal(value.vectors.shape, dtype=np.float32)
    value = embeddings.Embeddings(value.words, value.vectors + noise)
    theirs = KeyedVectors(value.dim)
    theirs.add_vectors(list(value.words), value.vectors)
    names = ("gensim `save_word2vec_format`", "`embeddings.save`")
    paths = [folder / "theirs.vec", folder / "ours.vec"]
    taken = medians(
        lambda: theirs.save_word2vec_format(paths[0]),
        lambda: embeddings.save(value, paths[1]),
    )
    table(f"writing text, {len(value):,} x {value.dim}", names[0], dict(zip(names, taken)))  # noqa: B905
    exact = [
        np.array_equal(embeddings.load(path, cache=False).vectors, value.vectors) for path in paths
    ]
    print(f"Read back exactly: gensim's {exact[0]}, ours {exact[1]}.\n", flush=True)
    for path in paths:
        path.unlink()


def model(folder: Path) -> None:
    """Time the first words of a fastText model, trained here on real text."""
    path = folder / "x.bin"
    count = trained(path, folder / "text")
    little = folder / "little.bin"
    (folder / "few").write_text("the cat sat on the mat\n" * 100)
    few = fasttext.train_unsupervised(str(folder / "few"), dim=2, bucket=10, verbose=0)
    few.save_model(str(little))
    embeddings.load(little)  # compiles the kernels, once on a machine
    theirs, ours = medians(
        lambda: fasttext.load_model(str(path)), lambda: embeddings.load(path, max_vocab=WORDS)
    )
    names = ("`fasttext.load_model`", f"`embeddings.load`, the first {WORDS:,}")
    size = path.stat().st_size / 2**30
    table(f".bin, {count:,} words x 300, {size:.1f} GB", names[0], dict(zip(names, (theirs, ours))))  # noqa: B905
    read = embeddings.load(path, max_vocab=WORDS)
    known = fasttext.load_model(str(path))
    asked = read.words[::97]
    worst = max(np.abs(known.get_word_vector(word) - read[word]).max() for word in asked)
    unseen = [word[::-1] + word for word in asked]
    new = embeddings.Subwords.open(path).vectors(unseen)
    rows = zip(unseen, new, strict=True)
    other = max(np.abs(known.get_word_vector(word) - row).max() for word, row in rows)
    print(f"Largest difference from fastText: {worst:.1e}; of words it never saw: {other:.1e}.\n")
    print(f"Peak memory: {peak(path, little, WORDS, 'parse')}.")


def trained(path: Path, text: Path) -> int:
    """Train on the text of the Python packages installed here; return the words of the model."""
    with text.open("w", encoding="utf-8") as file:
        for source in sorted(Path(sys.prefix).rglob("*.py"))[:FILES]:
            file.write(source.read_text(encoding="utf-8", errors="ignore"))
    settings = {"dim": 300, "minCount": 1, "epoch": 1, "neg": 1, "ws": 1}
    found = fasttext.train_unsupervised(str(text), verbose=0, thread=os.cpu_count(), **settings)
    found.save_model(str(path))
    return len(found.get_words())
