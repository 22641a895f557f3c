"""What the commands that take a RUN share."""

from __future__ import annotations

from pathlib import Path

import click

import align
from align.cli.progress import Bars

RUN = click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))

RETRIEVAL = click.option(
    "--retrieval",
    type=click.Choice(["csls", "nn"]),
    default="csls",
    show_default=True,
    help="Rank by CSLS (scores in [-4, 4]) or by the cosine (nn, scores in [-1, 1]).",
)


def open_run(folder: Path, bars: Bars) -> align.Run:
    """Read a run and its vectors."""
    return align.load(folder, on_read=bars.reading("vectors"))
