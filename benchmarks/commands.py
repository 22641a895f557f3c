"""Whole commands from the shell to the result, and the memory of a search."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import embeddings
from align import Problem, Procrustes
from align.gold import rows_of
from align.normalize import Normalization, unit
from benchmarks.data import DATA, muse, vectors

REPEATS = 5


def seconds(call: Callable[[], object]) -> float:
    """Return the shortest time of a few."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def run(*command: str) -> bytes:
    """Run a command, which must succeed, and return what it prints."""
    return subprocess.run(command, capture_output=True, check=True).stdout


def main() -> None:
    """Time `align supervised`, with refinement at two sizes, and `align translate`."""
    print(f"Shortest of {REPEATS}; vectors in safetensors, MUSE's dictionaries.\n")
    align = str(Path(sys.executable).parent / "align")
    lexicons = DATA / "dictionaries" / "muse"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n, m in ((50_000, 50_000), (26_000, 18_000)):
            for code, size in (("en", n), ("es", m)):
                whole = vectors(code)
                cut = embeddings.Embeddings(whole.words[:size], whole.vectors[:size])
                embeddings.save(cut, folder / f"{code}.safetensors")
            sides = (str(folder / f"{code}.safetensors") for code in ("en", "es"))
            command = [
                *(align, "supervised", *sides, "--force", "--json"),
                *("--train", str(lexicons / "en-es.0-5000.txt")),
                *("--test", str(lexicons / "en-es.5000-6500.txt")),
                *("--out", str(folder / "run")),
            ]
            if n == m:
                began = time.perf_counter()
                run(*command)
                took = time.perf_counter() - began
                print(f"`align supervised en es`, {n:,} x {m:,} words, once: {took:.0f} s\n")
                plain = [*command, "--method", "procrustes"]
                took = min(json.loads(run(*plain))["seconds"] for _ in range(REPEATS))
                alone = seconds(partial(mapped, vectors("en"), vectors("es")))
                print(
                    f"`--method procrustes` after loading: {alone:.1f} s until both are mapped, "
                    f"{took:.1f} s until they are searched and scored\n"
                )
            took = seconds(lambda refined=(*command, "--refine", "5"): run(*refined))
            print(f"`align supervised en es --refine 5`, {n:,} x {m:,} words: {took:.1f} s\n")
        took = seconds(lambda: run(align, "translate", str(folder / "run"), "house"))
        bare = seconds(lambda: run(sys.executable, "-c", "import align.cli"))
        print(
            f"`align translate` of one word in that run: {1000 * (took - bare):.0f} ms after the "
            f"{1000 * bare:.0f} ms that Python takes to import the command."
        )
    memory()


def mapped(*sides: embeddings.Embeddings) -> None:
    """Normalise both sides, solve Procrustes on 5,000 words, and map all."""
    x, y = (Normalization.fitted(side.vectors, "unit,center,unit")[1] for side in sides)
    problem = Problem(x, y, rows_of(muse("en-es", "train").within(*sides).pairs, *sides))
    Procrustes()(problem).mapped(problem)


CHILD = """
import re, sys
from pathlib import Path
import numpy as np
from align.retrieve.half import Half
x, y = (np.load(path) for path in sys.argv[1:3])
search = Half(int(sys.argv[3]))
little = search.index(np.eye(64, dtype=np.float32))
search.both(little, little, 10)
def status(name):
    return int(re.search(name + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
before = status("VmRSS")
search.both(search.index(x), search.index(y), 10)
print((status("VmHWM") - before) / 1024)
"""


def memory() -> None:
    """Print the peak of a search beyond the two matrices, in a process of its own."""
    print("\n\n| `--memory` | peak beyond two matrices of 100,000 x 300, both means |\n|---|---|")
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}.npy" for name in ("en", "es")]
        for path, code in zip(paths, ("en", "es"), strict=True):
            rows = unit(vectors(code).vectors)
            noise = 0.005 * rng.standard_normal(rows.shape, dtype=np.float32)
            np.save(path, unit(np.concatenate([rows, rows + noise])))
        for budget in (128, 512, 2048):
            command = [sys.executable, "-c", CHILD, *map(str, paths), str(budget << 20)]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            print(f"| {budget} MB | {float(out):.0f} MB |")
