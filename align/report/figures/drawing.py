"""What all figures share: one look, and SVG that can stand inside a page with others."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The palette of Okabe and Ito ("Color universal design", 2008), told apart by all readers.
BLUE, ORANGE, GREEN, PURPLE, RED = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00"
COLOURS = {"csls": BLUE, "nn": ORANGE, "invsoftmax": GREEN, "margin": PURPLE, "agreement": RED}
INK, FAINT = "#333333", "#D9D9D9"
LEVEL = "95\N{NO-BREAK SPACE}%"  # of every interval
WIDTH = 4.7  # inches; a phone shows this at about its true size
LOOK: Any = {  # matplotlib's own type of it lists every name
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # it comes with matplotlib, and is wider than most
    "font.size": 11,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",  # text stays text: searchable, and in the reader's fonts
    "svg.hashsalt": "align",  # the same input gives the same file
    "text.color": INK,
    "text.parse_math": False,  # a word may hold two dollar signs
    "xtick.color": INK,
    "ytick.color": INK,
}
UNWANTED = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@dataclass(frozen=True)
class Figure:
    """A picture that can stand in a page.

    Parameters
    ----------
    name : str
        Unique in the page: the ids inside the picture start with it.
    title : str
        What one sees.
    words : str
        The same in words, with the numbers, for readers who do not see the picture.
    svg : str
        An ``<svg>`` element that refers to nothing outside itself.
    """

    name: str
    title: str
    words: str
    svg: str


def drawn(name: str, paint: Callable[[Axes], None], height: float, width: float = WIDTH) -> str:
    """Return what is painted as an ``<svg>`` element.

    Parameters
    ----------
    name : str
        What the ids in it start with.
    paint : callable
        Draws on empty axes.
    height, width : float
        In inches.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise ImportError(
            "a page with figures needs matplotlib: pip install 'align-embeddings[report]'; "
            "tables (.md, .tex, .json) do without"
        ) from error
    out = StringIO()
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's fonts draw the words
        mpl.rcdefaults()  # not those of the user: a page looks alike everywhere
        mpl.rcParams.update(LOOK)
        canvas = Canvas((width, height), layout="constrained")
        paint(canvas.add_subplot())
        canvas.savefig(out, format="svg", metadata=UNWANTED)
    return _inline(out.getvalue(), name)


def colour(retrieval: str) -> str:
    """Return the colour of a retrieval, as ``csls10``, in every figure."""
    return COLOURS.get(retrieval.rstrip("0123456789"), INK)


def percent(share: float) -> str:
    """Return a share as ``64.5 %``, with a space that does not break."""
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def _inline(svg: str, name: str) -> str:
    """Cut the XML prologue and the fixed size, and make the ids the figure's own."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = svg.replace(">*{", f">#{name}-figure_1 *{{", 1)  # its style is for nothing else
    own = re.compile(r'(\bid="|href="#|url\(#)')
    return re.sub(r"<[^>]*>", lambda tag: own.sub(rf"\g<1>{name}-", tag[0]), svg)
