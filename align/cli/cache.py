"""`align cache`: the binary twins of text files that were read."""

from __future__ import annotations

import time

import click

from align.cli.progress import note
from align.retrieve.memory import UNITS, parse
from embeddings.cache import folder, set_size_limit, size_limit, trim, twins


@click.command()
@click.option("--clear", is_flag=True, help="Remove them all.")
@click.option(
    "--limit", metavar="SIZE", help="Keep at most so much from now on, as 20GB; 0 keeps nothing."
)
def cache(clear: bool, limit: str | None) -> None:
    """Show what is kept of text files, so that they are parsed only once.

    The first read of a text file of vectors, as by align supervised, leaves a binary twin in the
    cache folder ($ALIGN_CACHE, else the user cache folder of your platform); the next read with the
    same options maps it. Those not used for longest are removed when all together are larger than
    the limit. Nothing is lost with them. Prints size, last use and name of each.

    \b
    Examples:
      align cache
      align cache --limit 50GB
      align cache --clear
    """
    if limit is not None:
        set_size_limit(0 if limit == "0" else _size(limit))
    if clear:
        note(f"{_written(trim(0))} removed")
    found = twins()
    for path, seen in found:
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(seen.st_mtime))
        click.echo(f"{_written(seen.st_size):>9}  {used}  {path.name}")
    total = _written(sum(seen.st_size for _, seen in found))
    note(f"{len(found)} files, {total} of at most {_written(size_limit())}, in {folder()}")


def _size(text: str) -> int:
    try:
        return parse(text, 1 << 20)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--limit'") from error


def _written(size: int) -> str:
    """Write a number of bytes as 1.5GB."""
    unit, bytes_ = next((u, b) for u, b in reversed(UNITS.items()) if size >= b or not u)
    return f"{size / bytes_:.1f}{unit.upper()}B" if unit else f"{size}B"
