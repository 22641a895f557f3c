"""What the commands that learn a map share: their options, and the folder they fill."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import reduce, wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

import align
from align.cli.doubts import doubts
from align.cli.progress import Bars, note
from align.cli.runs import REPLACE, print_record
from align.cli.sources import Found, Open, Sources, Vectors, reading
from align.normalize import parse
from align.solvers import Refinement
from align.storage import check_writable

FILE = click.Path(path_type=Path)


def _recipe(ctx: click.Context, param: click.Parameter, value: str) -> str:
    try:
        parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error
    return value


NORMALIZE = click.option(
    "--normalize",
    default="unit,center,unit",
    show_default=True,
    callback=_recipe,
    help="none, iternorm, or unit, center and pca:N (keep N dimensions) joined by commas.",
)
K = click.option(
    "-k",
    type=click.IntRange(min=1),
    default=Refinement.k,
    show_default=True,
    help="Neighbours in the neighbourhood means of CSLS; methods that are named have their own.",
)
SEED = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of everything random.",
)
OPTIONS = (
    click.argument("src", type=Vectors()),
    click.argument("tgt", type=Vectors()),
    click.option(
        "--test", type=FILE, help="Dictionary to score on; takes no part in the learning."
    ),
    NORMALIZE,
    K,
    click.option("-o", "--out", type=FILE, help="Folder of the run.  [default: runs/SRC-TGT-NAME]"),
    REPLACE,
    SEED,
)


@dataclass(frozen=True)
class Given:
    """The options that the commands share."""

    src: str
    tgt: str
    test: Path | None
    normalize: str
    k: int
    out: Path | None
    force: bool
    seed: int
    sources: Open

    def work(self, method: str, bars: Bars) -> Work:
        """Find the vectors and the folder of the run, before anything is read."""
        sources = self.sources(bars)
        found = sources.find(self.src), sources.find(self.tgt)
        pair = "-".join(side.name for side in found)
        folder = self.out or Path("runs") / f"{pair}-{method}"
        check_writable(folder, force=self.force)
        return Work(sources, found, pair, folder)

    def keep(self, run: align.Run, folder: Path, as_json: bool) -> None:
        """Write the run, print what it scored, and say what to do with it."""
        print_record(run.record, as_json)  # not lost where the folder cannot be written
        align.save(run, folder, force=self.force)
        shutil.rmtree(beside(folder), ignore_errors=True)
        doubts(run.record, run.record.evaluation)
        words = [word for word in run.seeds.sources if word.isalpha()] or run.source.words
        note(f"kept in {folder}; try: align translate {folder} {words[len(words) // 2]}")


@dataclass(frozen=True)
class Work:
    """What a command is about to do."""

    sources: Sources
    found: tuple[Found, Found]
    pair: str
    folder: Path

    @contextmanager
    def steps(self) -> Iterator[Path]:
        """Give a folder for the steps of the run; a kill leaves it, an error only what it found.

        Steps that were there before are those of a run that can go on, once given rightly.
        """
        folder = beside(self.folder)
        found = folder.exists()
        try:
            yield folder
        except ValueError:  # the same command would fail again
            if not found:
                shutil.rmtree(folder, ignore_errors=True)
            raise


def beside(folder: Path) -> Path:
    """Return where the steps of a run are kept while it is made."""
    return folder.absolute().with_name(f".{folder.name}.steps")


_Command = TypeVar("_Command", bound=Callable[..., None])


def learning(command: _Command) -> _Command:
    """Add the options, and give them to the command as one value, ``given``."""

    @reading
    @wraps(command)
    def wrapped(**options: Any) -> None:  # noqa: ANN401  # the command's own as well
        shared = {field.name: options.pop(field.name) for field in fields(Given)}
        command(given=Given(**shared), **options)

    return cast(_Command, reduce(lambda made, option: option(made), reversed(OPTIONS), wrapped))
