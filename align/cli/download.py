"""`align download`: published vectors and dictionaries, into the data home."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import click

from align import home
from align.cli.progress import Bars, note

if TYPE_CHECKING:
    from align.download import Catalog, Entry, Fetched


@click.command()
@click.argument("codes", metavar="CODE...", nargs=-1, required=True)
@click.option(
    "--kind",
    type=click.Choice(["wiki", "cc"]),
    default="wiki",
    show_default=True,
    help="fastText's vectors of Wikipedia (294 languages), or of Common Crawl and Wikipedia (158).",
)
@click.option(
    "--dictionaries",
    "pairs",
    is_flag=True,
    help="Also MUSE's training and test dictionaries between the languages, where they exist.",
)
@click.option(
    "--max-vocab",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Fetch and keep the first so many words of each language; 0 for all.",
)
@click.option(
    "--data-home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to keep them.  [default: $ALIGN_HOME, else the user data folder]",
)
@click.option("--force", is_flag=True, help="Fetch again and replace what is there.")
@click.pass_context
def download(
    ctx: click.Context,
    codes: tuple[str, ...],
    kind: str,
    pairs: bool,
    max_vocab: int,
    data_home: Path | None,
    force: bool,
) -> None:
    """Fetch published word vectors of languages into the data home, where their codes find them.

    A whole language takes gigabytes, mostly for rare words: --max-vocab 200000 ends the transfer
    after the words that the other commands read. A transfer that was stopped goes on where it
    ended when the command is given again (with --max-vocab it begins again).

    \b
    Examples:
      align download en fr --max-vocab 200000 --dictionaries
      align supervised en fr                      reads them then
    """
    from align.download import Catalog  # its HTTP is slow to import and not needed before

    codes = tuple(dict.fromkeys(codes))
    if pairs and len(codes) < 2:
        raise click.UsageError("--dictionaries are between languages: give two codes or more", ctx)
    catalog = Catalog()
    entries = [catalog.vectors(code, kind) for code in codes]
    with Bars() as bars:
        bring = _Bring(home.data_home(data_home), force, bars)
        for code, entry in zip(codes, entries, strict=True):
            _bring_vectors(bring, catalog, code, kind, entry, max_vocab)
        if pairs:
            _bring_dictionaries(bring, catalog, codes)


class _Bring:
    """Brings a file when called, and tells of it and, once, of its licence."""

    def __init__(self, folder: Path, force: bool, bars: Bars) -> None:
        self.folder = folder
        self._force = force
        self._bars = bars
        self._licences: set[str] = set()  # said

    def __call__(self, entry: Entry, max_vocab: int = 0) -> Fetched:
        from align.download import fetch

        found = fetch(
            entry,
            self.folder,
            max_vocab=max_vocab,
            force=self._force,
            on_read=self._bars.fetching(entry.name),
        )
        count = found.words if ".vec" in entry.name else None
        words = "" if count is None else f", {count:,} words"
        note(
            f"{found.path}{words}"
            if found.new
            else f"{found.path} is there already{words}; --force fetches it again"
        )
        licence = f"{entry.what} are under the licence {entry.licence}; see {entry.page}"
        if found.new and licence not in self._licences:
            self._licences.add(licence)
            note(licence)
        return found


def _bring_vectors(
    bring: _Bring, catalog: Catalog, code: str, kind: str, entry: Entry, max_vocab: int
) -> None:
    from align.download import AbsentError

    try:
        found = bring(entry, max_vocab)
    except AbsentError as error:
        other = catalog.other_kinds(code, kind)
        remedy = f"try {other}" if other else f"the languages are listed at {entry.page}"
        raise FileNotFoundError(f"no {kind} vectors of {code!r}: {error}; {remedy}") from error
    first = next(path for path in home.vector_files(bring.folder, code) if path.is_file())
    if first != found.path:
        note(
            f"{code} still stands for {first.name}, which is looked for first; move it away, or "
            f"give the path {found.path}"
        )


def _bring_dictionaries(bring: _Bring, catalog: Catalog, codes: Sequence[str]) -> None:
    from align.download import AbsentError

    for src, tgt in permutations(codes, 2):
        missing = []
        for entry in catalog.dictionaries(src, tgt):
            try:
                bring(entry)
            except AbsentError:
                missing.append(entry.name)
        if missing:
            note(f"not published: {' and '.join(missing)}")
