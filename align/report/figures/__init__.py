"""The figures of a page: plain values in, SVG out. Only this package knows matplotlib."""

from align.report.figures.drawing import LEVEL, Figure, percent
from align.report.figures.heat import Heat, heat_figure
from align.report.figures.hubness import hubness_figure
from align.report.figures.losses import losses_figure
from align.report.figures.picture import Pairs, picture
from align.report.figures.precision import bands_figure, precision_figure, runs_figure

__all__ = [
    "LEVEL",
    "Figure",
    "Heat",
    "Pairs",
    "bands_figure",
    "heat_figure",
    "hubness_figure",
    "losses_figure",
    "percent",
    "picture",
    "precision_figure",
    "runs_figure",
]
