"""`align report`: runs, or a batch, as a page with figures or as tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

import align
from align.batch import is_batch, load_results
from align.cli.progress import Bars, note
from align.cli.runs import FORCE, TEST, open_run, read_test, refuse_existing, searching
from align.report.averages import methods_of
from align.report.batch import BatchReport
from align.report.documents import DOCUMENTS, Report, as_json, as_text
from align.report.runs import RunsReport
from align.storage import load_record
from embeddings.files import replacing


@click.command()
@click.argument(
    "folders", metavar="RUN...|BATCH", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="File to write: .html is a page with figures; .md, .tex (booktabs) and .json hold the "
    "scores.  [default: a table on stdout]",
)
@TEST
@click.option(
    "--baseline",
    metavar="METHOD",
    help="Test the other methods of a batch against this one.  [default: the first of the plan]",
)
@click.option("--strict", is_flag=True, help="Stop at a dictionary line of the wrong shape.")
@click.option("--json", "as_json_", is_flag=True, help="Print JSON.")
@FORCE
@searching
@click.pass_context
def report(
    ctx: click.Context,
    folders: tuple[Path, ...],
    out: Path | None,
    test: Path | None,
    baseline: str | None,
    strict: bool,
    as_json_: bool,
    force: bool,
) -> None:
    """Tell how RUNs were made, what they score, and where they are good and bad.

    Several runs are compared first. Of a BATCH: every pair by every method, with averages, ranks,
    tests against a baseline and a heat map, and what failed or is missing.

    The page is one file that fetches nothing: it can be read offline, on a phone and on paper. It
    needs matplotlib: pip install 'align-embeddings[report]'.

    \b
    Examples:
      align report runs/en-fr-supervised -o page.html
      align report runs/procrustes runs/vecmap -o scores.tex
      align report my-batch --baseline procrustes -o page.html
    """
    if out and (as_json_ or out.suffix.lower() not in DOCUMENTS):
        kinds = ", ".join(DOCUMENTS)
        raise click.UsageError(
            f"--json prints, so it goes without --out {out}"
            if as_json_
            else f"cannot tell what to write from the name {out}: it should end in one of {kinds}",
            ctx,
        )
    if out:
        refuse_existing(out, force)
    make = DOCUMENTS[out.suffix.lower()] if out else as_json if as_json_ else as_text
    batches = [folder for folder in folders if is_batch(folder)]
    with Bars() as bars:
        if batches:
            _refuse_for_batch(ctx, batches[0])
            told: Report = _batch(ctx, batches[0], baseline, bars)
        elif baseline:
            raise click.UsageError(
                "--baseline is for a batch; runs are compared with the first one", ctx
            )
        else:
            runs = {str(each): _read(each, test, strict, bars) for each in folders}
            told = RunsReport(runs, bars)
        text = make(told)
    if out is None:
        click.echo(text, nl=False)
        return
    with replacing(out) as beside:
        beside.write_text(text, encoding="utf-8")
    note(f"{len(text.encode()) // 1000:,} kB in {out}")


def _refuse_for_batch(ctx: click.Context, folder: Path) -> None:
    """Raise an error where something is asked that only runs can do."""
    if len(ctx.params["folders"]) > 1:
        raise click.UsageError(f"{folder} is a batch: report it alone, without other folders", ctx)
    if ctx.params["test"]:
        raise click.UsageError(
            f"{folder} is a batch, and its plan names its dictionaries: drop --test, or report "
            "single runs",
            ctx,
        )


def _batch(ctx: click.Context, folder: Path, baseline: str | None, bars: Bars) -> BatchReport:
    results = load_results(folder)
    known = methods_of(results)
    if baseline and baseline not in known:
        raise click.UsageError(
            f"--baseline {baseline}: {folder} has no such method; it has {', '.join(known)}", ctx
        )
    return BatchReport(folder.resolve().name, results, baseline or "", bars)


def _read(folder: Path, test: Path | None, strict: bool, bars: Bars) -> align.Run:
    """Read a run, and score it anew where another dictionary is given."""
    lexicon = read_test(test, load_record(folder), strict)
    run = open_run(folder)
    if lexicon is None:
        return run
    evaluation = run.evaluate(lexicon, on_step=bars)
    return replace(run, test=lexicon, record=replace(run.record, evaluation=evaluation))
