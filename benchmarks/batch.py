"""A plan of 144 runs here, and again on workers started by hand: equal scores, overhead, memory."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import polars

from align.batch import load_results

PLAN = Path(os.environ.get("ALIGN_PLAN", Path(__file__).parent / "plans" / "wikipedia.toml"))
WORK = Path(os.environ.get("ALIGN_BATCH") or mkdtemp(prefix="align-batch-"))
WORKERS = 2
LONG = 10.0  # seconds of a run for which overhead is asked
VARYING = ("seconds", "memory")


def main() -> None:
    """Run the plan twice, and print how both went, then the report."""
    WORK.mkdir(parents=True, exist_ok=True)
    here, by_hand = WORK / "here", WORK / "by-hand"
    walls = {here: timed(here, "--workers", str(WORKERS))}
    with cluster() as scheduler:
        walls[by_hand] = timed(by_hand, "--scheduler", scheduler)
    one, other = (polars.read_parquet(f / "results.parquet").drop(VARYING) for f in (here, by_hand))
    alike = "byte-identical" if one.equals(other) else "NOT the same"
    print(f"On {WORKERS} workers here and on {WORKERS} started by hand with `dask worker` the")
    print(f"{len(one):,} scores are {alike}.\n")
    print("| cluster | runs | wall s | sum of runs s | overhead over 10 s | runs made twice |")
    print("|---|---|---|---|---|---|")
    for folder, wall in walls.items():
        print(f"| {folder.name} | {told(folder)[0]} | {wall:.0f} | {told(folder)[1]} |")
    print(
        f"\nMost memory of a worker after a quarter, half and all of its runs, MB: {growth(here)}\n"
    )
    report = WORK / "report.md"
    subprocess.run(["align", "report", str(here), "-o", str(report), "--force"], check=True)
    print(report.read_text())


def timed(folder: Path, *options: str) -> float:
    """Run the plan as a user does; return the seconds, start and end of the cluster included."""
    started = time.perf_counter()
    command = ["align", "batch", str(PLAN), "-o", str(folder), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


@contextmanager
def cluster() -> Iterator[str]:
    """Start a scheduler and two workers with the `dask` command."""
    file = WORK / "scheduler.json"
    address = ["--scheduler-file", str(file)]
    worker = ["dask", "worker", *address, "--nthreads", "1", "--no-dashboard"]
    with (WORK / "dask.log").open("w") as log:
        commands = [["dask", "scheduler", "--port", "0", "--no-dashboard", *address]]
        commands += [worker] * WORKERS
        processes = [subprocess.Popen(each, stdout=log, stderr=log) for each in commands]
        try:
            while not file.exists():
                time.sleep(0.1)
            yield str(file)
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


def told(folder: Path) -> tuple[int, str]:
    """Return how many runs there are, and the other columns of the table.

    The overhead of a run is the time from the end of the run before it in the same worker to its
    own end, less its own seconds.
    """
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    ended = [line for line in lines if line["event"] == "finished"]
    before: dict[str, datetime] = {}
    own = lost = 0.0
    for line in ended:
        at, worker = datetime.fromisoformat(line["time"]), line["worker"]
        if worker in before and line["seconds"] > LONG:
            own += line["seconds"]
            lost += (at - before[worker]).total_seconds() - line["seconds"]
        before[worker] = at
    total = sum(line["seconds"] for line in ended)
    twice = len(ended) - len({line["key"] for line in ended})
    share = f"{lost / own:.1%}" if own else "no such runs"
    return len(ended), f"{total:.0f} | {share} | {twice}"


def growth(folder: Path) -> str:
    """Return the most memory that any worker had held, as its runs went on."""
    results = sorted((r for _, r in load_results(folder).finished), key=lambda r: r.ended)
    parts = (results[: len(results) * part // 4] for part in (1, 2, 4))
    return ", ".join(f"{max(r.memory for r in part) / 1e6:.0f}" for part in parts)
