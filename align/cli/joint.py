"""`align joint`: several languages in one space."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path

import click

import align
from align.cli.learning import NORMALIZE, SEED, K
from align.cli.progress import Bars, note
from align.cli.runs import JSON, REPLACE, searching
from align.cli.sources import Open, Sources, Vectors, reading
from align.folders import check_writable
from align.multilingual import JOINT, require_connected, require_names
from align.report import joint_table
from dictionaries import Lexicon

Lexicons = Mapping[tuple[str, str], Lexicon]


def _template(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and "{pair}" not in value:
        raise click.BadParameter(
            f"{value!r} names one file for all pairs; write {{pair}} where they differ, as in "
            "'dicts/{pair}.0-5000.txt'",
            ctx,
            param,
        )
    return value


@click.command()
@click.argument("langs", metavar="LANG LANG LANG...", nargs=-1, required=True, type=Vectors())
@click.option(
    "--hub",
    default="auto",
    show_default=True,
    help="The language that the others join one after another, each mapped to all that are there; "
    "auto takes the one whose quick maps translate held-out seeds best; none goes on from there, "
    "until no language can be brought closer to all others.",
)
@click.option(
    "--train",
    callback=_template,
    metavar="TEMPLATE",
    help="Seed dictionaries, with {pair} for a pair as en-fr.  [default: those of the data home]",
)
@click.option(
    "--test",
    callback=_template,
    metavar="TEMPLATE",
    help="Dictionaries to score on, with {pair}; take no part in the learning, and seeds of words "
    "that they ask are left out.  [default: those of the data home]",
)
@click.option(
    "--direct/--no-direct",
    default=True,
    show_default=True,
    help="Make a separate map of every pair as well, to compare with: about as much work again.",
)
@NORMALIZE
@K
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to fill.  [default: runs/joint-LANG-LANG-...]",
)
@REPLACE
@SEED
@reading
@JSON
@searching
@click.pass_context
def joint(
    ctx: click.Context,
    langs: tuple[str, ...],
    hub: str,
    train: str | None,
    test: str | None,
    direct: bool,
    normalize: str,
    k: int,
    out: Path | None,
    force: bool,
    seed: int,
    as_json: bool,
    sources: Open,
) -> None:
    """Bring three languages or more into one space, score all directions, keep the vectors.

    LANGs are language codes or paths of vector files. A pair needs no dictionary of its own, as
    long as others lead from one language to another; where there is one direction only, it is
    turned round. Prints the agreement of the languages, CSLS P@1 of every direction in the one
    space and by separate maps, and how many words come back when they are translated in a ring.

    \b
    Examples:
      align joint en fr es de
      align joint en fr es de --hub none --no-direct
      align joint en.vec fr.vec de.vec --train 'dicts/{pair}.txt' --test 'dicts/{pair}.test.txt'
    """
    with Bars() as bars:
        read = sources(bars)
        found = [read.find(text) for text in langs]
        names = [one.name for one in found]
        try:
            require_names(names, hub)
        except ValueError as error:
            raise click.UsageError(str(error), ctx) from error
        folder = out or Path("runs") / "-".join(["joint", *names])
        check_writable(folder, JOINT, force=force)
        lexicons = _dictionaries(read, names, train, "train")
        require_connected(names, lexicons)
        tests = _dictionaries(read, names, test, "test")
        if not tests:
            note("no test dictionaries, so no direction is scored; give them with --test TEMPLATE")
        languages = {one.name: read.vectors(one) for one in found}
        read.tell_samples(one.origin for one in languages.values())
        made = align.joint(
            languages,
            lexicons,
            hub=hub,
            test=tests,
            normalize=normalize,
            k=k,
            seed=seed,
            direct=direct,
            on_step=bars,
        )
    made.save(folder, force=force)
    record = made.record
    text = json.dumps(record.as_dict(), ensure_ascii=False) if as_json else joint_table(record)
    click.echo(text)
    note(f"kept in {folder}: NAME.safetensors holds the words of a language in the one space")


def _dictionaries(read: Sources, names: Sequence[str], template: str | None, part: str) -> Lexicons:
    """Read the dictionary of every direction that has one, the package's sample apart."""
    found = {}
    for a, b in permutations(names, 2):
        file = _file(read, template, (a, b), part)
        lexicon = read.dictionary(file, f"{a}-{b}", part) if file.is_file() else None
        if lexicon is not None:
            found[a, b] = lexicon
    if template is not None and not found:
        raise FileNotFoundError(
            f"no dictionary at {template!r} for any pair of {', '.join(names)}: looked for "
            f"{_file(read, template, (names[0], names[1]), part)} and so on"
        )
    return found


def _file(read: Sources, template: str | None, pair: tuple[str, str], part: str) -> Path:
    """Return where the dictionary of a direction may be."""
    name = "-".join(pair)
    return Path(template.replace("{pair}", name)) if template else read.file(name, part)
