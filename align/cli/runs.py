"""What the commands that take a RUN share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

import align
from align.cli.progress import Bars
from align.retrieve import require_faiss

RUN = click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))

RETRIEVAL = click.option(
    "--retrieval",
    type=click.Choice(["csls", "nn"]),
    default="csls",
    show_default=True,
    help="Rank by CSLS (scores in [-4, 4]) or by the cosine (nn, scores in [-1, 1]).",
)

FORCE = click.option("--force", is_flag=True, help="Replace the file if it is there.")

_Command = TypeVar("_Command", bound=Callable[..., None])


def moved(command: _Command) -> _Command:
    """Add the options that say where a run's vectors are now."""
    for side in ("target", "source"):
        command = click.option(
            f"--{side}-vectors",
            type=click.Path(path_type=Path),
            help=f"Where the {side} vectors are now, if they have moved.",
        )(command)
    return command


def open_run(folder: Path, bars: Bars, source: Path | None, target: Path | None) -> align.Run:
    """Read a run and its vectors."""
    require_faiss()
    return align.load(folder, source=source, target=target, on_read=bars.reading("vectors"))


def refuse_existing(path: Path, force: bool) -> None:
    """Raise an error where writing would lose a file."""
    if path.is_file() and not force:
        raise FileExistsError(f"{path} is there already; give another name, or --force")
