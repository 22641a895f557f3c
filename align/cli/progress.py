"""Progress bars and notes on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import NoReturn

import click
from tqdm import tqdm

from align.steps import Step
from embeddings.values import OnRead

DELAY = 1.0  # seconds before a bar appears: what is quicker needs none
EVERY = 0.1  # seconds between two looks of a bar on a terminal
EVERY_IN_LOG = 10.0  # and in a log file
TOLD = "{desc}: {n}/{total} |{bar}| {elapsed}{postfix}"  # where one step is not like another
ERASE = "\r\033[K"  # the line of a terminal


class Bars:
    """One bar for every stage under way; call it with steps, and leave it to close them all."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[NoReturn]] = {}

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            while self._bars:
                self._bars.popitem()[1].close()

    def __call__(self, step: Step, unit: str = "it") -> None:
        """Show a step; the bar goes when its stage is done."""
        if sys.stderr is not None:  # closed by the caller
            with suppress(OSError):  # a broken stderr must not cost the work
                self._show(step, unit)

    def _show(self, step: Step, unit: str) -> None:
        bar = self._bars.get(step.stage)
        if bar is None:
            bar = self._bars[step.stage] = tqdm(
                desc=step.stage,
                total=step.total,
                unit=unit,
                initial=step.done if unit == "B" else 0,  # a resumed transfer has no false speed
                delay=DELAY,
                leave=False,
                unit_scale=True,
                bar_format=TOLD if step.told else None,
                mininterval=EVERY if sys.stderr.isatty() else EVERY_IN_LOG,
            )
        bar.total = step.total  # of some, an estimate
        bar.set_postfix_str(step.told, refresh=False)
        bar.update(step.done - bar.n)
        if step.done >= step.total:
            self._bars.pop(step.stage).close()

    def reading(self, name: str) -> OnRead:
        """Return what a reader calls with the bytes read."""
        return lambda done, total: self(Step(f"reading {name}", done, total), "B")

    def fetching(self, name: str) -> OnRead:
        """Return what a download calls with the bytes that are here."""
        return lambda done, total: self(Step(f"fetching {name}", done, total), "B")


def remark_all(path: object, remarks: Iterable[str]) -> None:
    """Tell the user what a reader found remarkable in a file."""
    for remark in remarks:
        note(f"{path}: {remark}")


def note(message: str) -> None:
    """Tell the user something that is not the result."""
    with suppress(OSError):  # a closed stderr must not cost the result
        over = ERASE if sys.stderr is not None and sys.stderr.isatty() else ""  # a bar
        click.echo(f"{over}align: note: {message}".encode("utf-8", "replace"), err=True)
