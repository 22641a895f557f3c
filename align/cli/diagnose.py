"""`align diagnose`: will this pair work, with which seeds, at what risk."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
from click.core import ParameterSource

import align
from align.cli.progress import Bars
from align.cli.runs import searching
from align.cli.sources import Open, Vectors, reading
from align.diagnosis import Diagnosis
from align.report import diagnosis_page

DEFAULT = ParameterSource.DEFAULT
REPEATED = ("max_vocab", "no_cache", "lower", "strict", "data_home")


@click.command()
@click.argument("src", type=Vectors())
@click.argument("tgt", type=Vectors())
@click.option(
    "--train", type=click.Path(path_type=Path), help="Seed dictionary: two words per line."
)
@click.option(
    "--seeds",
    type=click.Choice(["dictionary", "identical"]),
    default="dictionary",
    show_default=True,
    help="dictionary takes one where there is one; identical passes it over for the words, or the "
    "numbers, that both sides spell alike.",
)
@reading
@click.option("--json", "as_json", is_flag=True, help="Print everything measured as JSON.")
@searching
@click.pass_context
def diagnose(
    ctx: click.Context,
    src: str,
    tgt: str,
    train: Path | None,
    seeds: str,
    as_json: bool,
    sources: Open,
) -> None:
    """Tell before aligning whether SRC and TGT will work, and what to do next.

    SRC and TGT are language codes or paths of vector files. Quick maps are tried on words held out;
    words, scripts, case, the dictionary and the shapes of both spaces are measured. The page
    names the command that comes next. Nothing is written.

    \b
    Examples:
      align diagnose en fr                   (then, as it will say: align supervised en fr)
      align diagnose wiki.pt.vec wiki.gl.vec --train pt-gl.txt
    """
    if seeds == "identical" and train:
        raise click.UsageError("--seeds identical takes no dictionary: drop it, or --train", ctx)
    with Bars() as bars:
        read = sources(bars)
        found = read.find(src), read.find(tgt)
        pair = "-".join(side.name for side in found)
        lexicon = read.dictionary(train, pair, "train") if seeds == "dictionary" else None
        source, target = map(read.vectors, found)
        read.tell_samples((source.origin, target.origin, lexicon.origin if lexicon else ""))
        diagnosis = align.diagnose(source, target, lexicon, on_step=bars)
    commands = list(_next(diagnosis, ctx))
    if as_json:
        plain = {**diagnosis.as_dict(), "next": commands}
        click.echo(json.dumps(plain, ensure_ascii=False, allow_nan=False))
    else:
        click.echo(diagnosis_page(diagnosis, commands))


def _next(diagnosis: Diagnosis, ctx: click.Context) -> Iterator[str]:
    """Return what to do next, as lines for a shell."""
    outlook, given = diagnosis.outlook, ctx.params
    pair, train = [given["src"], given["tgt"]], given["train"]
    options = _repeated(ctx)
    if outlook.lower and "--lower" not in options:
        options.append("--lower")
    if outlook.seeds and outlook.verdict != "none":
        known = {"dictionary": "--train"}.get(outlook.seeds, "--test")  # what it did not learn from
        seeds = [] if outlook.seeds == "dictionary" else ["--seeds", outlook.seeds]
        files = [known, str(train)] if train else []
        yield shlex.join(["align", "supervised", *pair, *seeds, *files, *options])
    elif outlook.seeds == "dictionary":
        yield "# the vectors contradict the dictionary; without it:"
        yield shlex.join(["align", "diagnose", *pair, "--seeds", "identical", *options])
    if outlook.seeds != "dictionary":
        yield "# better: a few hundred pairs in words.txt, two words on a line; then"
        yield shlex.join(["align", "diagnose", *pair, "--train", "words.txt", *options])


def _repeated(ctx: click.Context) -> list[str]:
    """Return the options of reading that were given."""
    found = []
    for option in ctx.command.params:
        if option.name in REPEATED and ctx.get_parameter_source(option.name) != DEFAULT:
            value = ctx.params[option.name]
            found += [option.opts[0]] if value is True else [option.opts[0], str(value)]
    return found
