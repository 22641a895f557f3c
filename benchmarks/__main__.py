"""Run one benchmark and print its Markdown page, with machine and date."""

import os
import platform
import sys
from datetime import date
from importlib import import_module
from pathlib import Path

NAMES = (
    "loading",
    "quality",
    "agreement",
    "reading",
    "retrieval",
    "commands",
    "methods",
    "tasks",
    "diagnose",
    "unsupervised",
    "verdict",
    "batch",
    "joint",
)


def machine() -> str:
    """Return processor, cores and date in one line."""
    info = Path("/proc/cpuinfo")
    model = platform.processor() or "unknown processor"
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":")[1].strip() if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {date.today()}"


def main() -> None:
    """Print the page of the benchmark named on the command line."""
    if len(sys.argv) != 2 or sys.argv[1] not in NAMES:
        sys.exit(f"usage: python -m benchmarks {{{','.join(NAMES)}}}")
    print(f"`python -m benchmarks {sys.argv[1]}`: {machine()}\n")
    import_module(f"benchmarks.{sys.argv[1]}").main()


main()
