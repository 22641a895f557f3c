"""`align batch`: every pair, method, split and seed of a plan."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from align.cli.progress import Bars, note
from align.steps import Step

if TYPE_CHECKING:
    from align.batch import Progress
    from align.batch.running import Rerun
    from align.results import Results

SHOWN = 5  # failed runs that are told


@click.command()
@click.argument("plan", metavar="PLAN.toml", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the runs and tables.  [default: runs/PLAN]",
)
@click.option("--dry-run", is_flag=True, help="Check the plan, show the grid, and run nothing.")
@click.option(
    "--rerun",
    type=click.Choice(["missing", "failed", "all"]),
    default="missing",
    show_default=True,
    help="What to run: only what was not; also what failed; or all.",
)
@click.option(
    "--scheduler",
    default="",
    help="Use a Dask cluster that exists: an address as tcp://host:8786, or a scheduler file.  "
    "[default: start workers here]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    help="Worker processes to start here.  [default: as many as cores and memory allow]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON lines.")
@click.pass_context
def batch(
    ctx: click.Context,
    plan: Path,
    out: Path | None,
    dry_run: bool,
    rerun: Rerun,
    scheduler: str,
    workers: int,
    as_json: bool,
) -> None:
    """Run every pair, method, split and seed of a plan, here or on a Dask cluster.

    Each run is kept when it ends. The same command after a kill, or with a longer plan, runs only
    what is missing. Prints the methods compared, as align report FOLDER does; the scores are in
    FOLDER/results.parquet, .csv and .jsonl, one row for each. Exits with 1 where a run failed.

    \b
    Examples:
      align batch plan.toml --dry-run
      align batch plan.toml -o runs/table2
      align batch plan.toml --scheduler tcp://10.0.0.1:8786
    """
    from align.batch import Batch, PlanError, read_plan
    from align.batch.cluster import Cluster, dask_of
    from align.batch.outlook import grid, outlook
    from align.batch.table import frame
    from align.report.batch import BatchReport
    from align.report.grid import counted

    if scheduler and workers:
        raise click.UsageError("--workers starts some here, so it goes without --scheduler", ctx)
    dask_of()  # its error now, not after the vectors are read
    try:
        read = read_plan(plan)
    except PlanError as error:
        for problem in error.problems:
            click.echo(f"{plan}: {problem}", err=True)
        count = counted(len(error.problems), "problem")
        raise click.ClickException(f"{count} in {plan}: nothing was run") from error
    cluster = Cluster(scheduler, workers)
    folder = out or Path("runs") / plan.stem
    with Bars() as bars:
        click.echo(grid(read), err=not dry_run)
        made = Batch.of(read, folder, on_step=bars)
        click.echo(outlook(made, cluster, rerun), err=not dry_run)
        if dry_run:
            return
        results = made.run(cluster, rerun=rerun, on_progress=_shown_on(bars))
        report = BatchReport(folder.name, results, on_step=bars)
        text = frame(results).write_ndjson() if as_json else report.text() + "\n"
    click.echo(text, nl=False)
    _tell(results)
    note(f"kept in {folder}; try: align report {folder} -o page.html")
    sys.exit(1 if results.failed or results.missing else 0)


def _tell(results: Results) -> None:
    """Say how the runs ended."""
    failed = results.failed
    note(f"{len(results.finished):,} of {len(results.cells):,} runs are finished")
    for cell, result in failed[:SHOWN]:
        note(f"failed: {cell}: {result.error}")
    if len(failed) > SHOWN:
        note(f"{len(failed) - SHOWN:,} more have failed; the tables have their errors")


def _shown_on(bars: Bars) -> Callable[[Progress], None]:
    """Return what shows how far the batch is."""
    from align.batch.outlook import duration

    def shown(progress: Progress) -> None:
        told = f"{progress.running} running"
        if progress.failed:
            told += f", {progress.failed} failed"
        if progress.left:
            told += f", about {duration(progress.left)} left"
        bars(Step("runs", progress.finished + progress.failed, progress.total, told))

    return shown
