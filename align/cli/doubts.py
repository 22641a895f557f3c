"""What casts doubt on a run's numbers, told beside them."""

from __future__ import annotations

import re

from align.cli.progress import note
from align.record import Evaluation, LexiconRecord, Record

FEW = 0.2  # a smaller share of a dictionary's words is worth a remark


def doubts(record: Record, evaluation: Evaluation | None) -> None:
    """Tell of a map that is left open, poor coverage, and words that were both seeds and test."""
    pairs, kept = record.fitted_pairs, re.findall(r"pca:(\d+)", record.normalize)
    dim = min(record.source.dim, record.target.dim, *map(int, kept))
    if not record.chosen and pairs < dim:
        note(
            f"the map was fitted on {pairs} pairs, fewer than its {dim} dimensions, so they do not "
            "determine it; more seeds, or the default method, may help"
        )
    if record.trials and max(trial.hits for trial in record.trials) == 0:
        note(
            f"none of the {record.trials[0].asked} seed words held out was translated rightly, so "
            "that no method could be chosen by them, and the map may be wrong; more seeds may help"
        )
    if record.verdict is None:
        _coverage("training", record.train)
    if evaluation is None:
        return
    _coverage("test", evaluation.test)
    shared = evaluation.shared_with_seeds.sources
    if shared and record.verdict:
        note(f"{shared} of the words asked are spelled alike on both sides, which starts can use")
    elif shared:
        asked = evaluation.scores[0].at(1).scored
        note(f"{shared} of the {asked} words asked were also seeds, so the scores may be too high")


def _coverage(part: str, lexicon: LexiconRecord) -> None:
    if lexicon.coverage.share < FEW:
        note(f"the vocabularies hold only {lexicon.coverage} of the {part} dictionary")
