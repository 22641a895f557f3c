"""What the commands that take a RUN share."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import click

import align
import dictionaries
from align.cli.progress import remark_all
from align.record import Record
from align.report import as_dict, run_table
from align.retrieve import RANKED, Retrieval, choose, require_faiss, using
from align.retrieve.choice import Device, Kind
from align.retrieve.memory import parse
from align.solvers import Refinement
from dictionaries import Lexicon

RUN = click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))

RETRIEVAL = click.option(
    "--retrieval",
    type=click.Choice(get_args(Retrieval)),
    default="csls",
    show_default=True,
    help="Rank by CSLS (scores in [-4, 4]), the cosine (nn, in [-1, 1]), the inverted softmax (a "
    "probability), the margin ratio of bitext mining, or CSLS less a quarter of what the best "
    "source of a word is ahead (agreement).",
)

SCORED_BY = click.Choice(RANKED)

TEST = click.option(
    "--test",
    type=click.Path(path_type=Path),
    help="Dictionary to score on.  [default: the one that the run was scored on]",
)

FORCE = click.option("--force", is_flag=True, help="Replace the file if it is there.")

MAX_RANK = click.option(
    "--max-rank",
    type=click.IntRange(min=0),
    default=Refinement.max_rank,
    show_default=True,
    help="Refine on pairs of the so many most frequent words of both sides; 0 for all.",
)

REPLACE = click.option("--force", is_flag=True, help="Replace a run that is there.")

JSON = click.option("--json", "as_json", is_flag=True, help="Print the whole record as JSON.")

_Command = TypeVar("_Command", bound=Callable[..., None])


def searching(command: _Command) -> _Command:
    """Add the options that say how neighbours are found, and find them so."""

    @click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="Where large searches run; auto takes a CUDA device if there is one.",
    )
    @click.option(
        "--search",
        type=click.Choice(["exact", "fast"]),
        default="exact",
        show_default=True,
        help="fast may miss a neighbour: for millions of words, or an old processor. Its recall is "
        "measured and reported.",
    )
    @click.option(
        "--memory",
        callback=_memory,
        help="What a search may take beyond the vectors, as 4GB.  [default: 1/4 of what is free, "
        "at most 4GB]",
    )
    @wraps(command)
    def wrapped(
        *args: Any,  # noqa: ANN401  # the command's own
        device: Device,
        search: Kind,
        memory: int | None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        require_faiss()
        with using(choose(device, search, memory=memory)):
            command(*args, **kwargs)

    return cast(_Command, wrapped)


def _memory(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


def open_run(folder: Path) -> align.Run:
    """Read a run."""
    require_faiss()
    return align.load(folder)


def read_test(path: Path | None, record: Record, strict: bool) -> Lexicon | None:
    """Read the dictionary to score on, in the case of the run; None where none is given."""
    if path is None:
        return None
    found = dictionaries.load(path, lower=record.source.lower, strict=strict)
    remark_all(path, found.report.remarks)
    return found


def print_record(record: Record, as_json: bool) -> None:
    """Print how a run was made and what it scored."""
    click.echo(json.dumps(as_dict(record), ensure_ascii=False) if as_json else run_table(record))


def refuse_existing(path: Path, force: bool) -> None:
    """Raise an error where writing would lose a file."""
    if path.is_file() and not force:
        raise FileExistsError(f"{path} is there already; give another name, or --force")
