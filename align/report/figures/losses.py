"""The objective of a solver after each of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from align.report.figures.drawing import BLUE, Figure, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 2.6
FEW = 60  # steps that are drawn as dots as well


def losses_figure(name: str, losses: Sequence[float]) -> Figure:
    """Draw a solver's loss after each of its steps, at least two.

    Parameters
    ----------
    name : str
        Unique in the page.
    losses : sequence of float
        As `align.solvers.Solution` has them; a solver of several stages has those of all stages,
        which need not be of one scale.
    """
    steps, first, last = len(losses), losses[0], losses[-1]
    title = f"In {steps} steps the solver comes to a loss of {last:.4g}"
    words = (
        f"{title}. The first is {first:.4g}, the lowest {min(losses):.4g}, the highest "
        f"{max(losses):.4g}. Of several stages, the losses need not be of one scale."
    )
    return Figure(name, title, words, drawn(name, lambda axes: _paint(axes, losses), HEIGHT))


def _paint(axes: Axes, losses: Sequence[float]) -> None:
    from matplotlib.ticker import MaxNLocator

    look = "o-" if len(losses) <= FEW else "-"
    axes.plot(range(1, len(losses) + 1), losses, look, color=BLUE, markersize=4, gid="losses")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("step, of all stages")
    axes.set_ylabel("loss (lower is better)")
