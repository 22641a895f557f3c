"""The page: sections as one HTML file that fetches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from align.report.sections import Section


def page(title: str, sections: Sequence[Section]) -> str:
    """Return a self-contained HTML page.

    Parameters
    ----------
    title : str
    sections : sequence of Section
        From top to bottom.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise ImportError(
            "a page needs jinja2: pip install 'align-embeddings[report]'; "
            "tables (.md, .tex, .json) do without"
        ) from error
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    here = files("align.report")
    template = environment.from_string((here / "page.html").read_text(encoding="utf-8"))
    style = (here / "page.css").read_text(encoding="utf-8")
    return template.render(title=title, sections=sections, style=style)
