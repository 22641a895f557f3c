"""The words that a run translates wrongly, and pairs of words to be drawn."""

from __future__ import annotations

import numpy as np

from align.evaluate import Ranks
from align.report.figures import Pairs
from align.report.grid import Grid
from align.run import Run

LISTED = 200
DRAWN = 150


def mistakes(run: Run, ranks: Ranks, limit: int = LISTED) -> Grid | None:
    """List the words whose first translation is wrong, the most frequent first; None without any.

    Parameters
    ----------
    run : Run
    ranks : Ranks
        Of the right answers by CSLS, from source to target.
    limit : int
        List at most so many words.
    """
    wrong = np.flatnonzero(ranks.best > 1)
    shown = wrong[np.argsort(ranks.gold.sources[wrong], kind="stable")][:limit]
    found, _ = run.space.best(ranks.gold.sources[shown])
    rows = tuple(
        (
            run.source.words[source := ranks.gold.sources[word]],
            f"{source + 1:,}",
            run.target.words[first],
            ", ".join(_right(run, ranks, word)),
        )
        for word, first in zip(shown, found, strict=True)
    )
    if not rows:
        return None
    share = f"The {len(rows):,} most frequent of the " if len(rows) < len(wrong) else "The "
    caption = (
        f"{share}{len(wrong):,} words, of {len(ranks.best):,} asked, whose first translation by "
        "CSLS is not in the test dictionary, by frequency rank. A right word has its place among "
        "all translations."
    )
    names = run.record.source.name, run.record.target.name
    columns = (names[0], "rank", f"found first in {names[1]}", "right words")
    return Grid(caption, columns, rows, "lrll")


def shown_pairs(run: Run, ranks: Ranks, limit: int = DRAWN) -> Pairs:
    """Take words from the whole range of frequency, each with its nearest right translation."""
    gold = ranks.gold
    order = np.argsort(gold.sources, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(limit, len(order))).round().astype(np.intp)]
    answers = np.lexsort((ranks.ranks, gold.answers[:, 0]))
    firsts = answers[np.searchsorted(gold.answers[answers, 0], chosen)]
    x, y = gold.sources[chosen], gold.answers[firsts, 1]
    words = [(run.source.words[i], run.target.words[j]) for i, j in zip(x, y, strict=True)]
    return Pairs(words, run.space.x[x], run.space.y[y], ranks.best[chosen] == 1)


def _right(run: Run, ranks: Ranks, word: int) -> list[str]:
    """Return the right answers to a word, each with its rank, the nearest first."""
    mine = np.flatnonzero(ranks.gold.answers[:, 0] == word)
    return [
        f"{run.target.words[ranks.gold.answers[i, 1]]} ({_ordinal(int(ranks.ranks[i]))})"
        for i in mine[np.argsort(ranks.ranks[mine], kind="stable")]
    ]


def _ordinal(n: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, ..., 11th, ..."""
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n:,}{ending}"
