"""What casts doubt on a run's numbers, told beside them."""

from __future__ import annotations

from align.cli.progress import note
from align.record import Evaluation, LexiconRecord, Record

FEW = 0.2  # a smaller share of a dictionary's words is worth a remark


def doubts(record: Record, evaluation: Evaluation | None) -> None:
    """Tell of few pairs, poor coverage, and words that were both seeds and test."""
    pairs, dim = record.fitted_pairs, record.source.dim
    if pairs < dim:
        remedy = "a higher --max-rank" if record.solver["name"] == "refinement" else "--refine 5"
        note(
            f"the map was fitted on {pairs} pairs, fewer than its {dim} dimensions, so they do not "
            f"determine it; more seeds or {remedy} may help"
        )
    _coverage("training", record.train)
    if evaluation is None:
        return
    _coverage("test", evaluation.test)
    if shared := evaluation.shared_with_seeds.sources:
        asked = evaluation.scores[0].at(1).scored
        note(f"{shared} of the {asked} words asked were also seeds, so the scores may be too high")


def _coverage(part: str, lexicon: LexiconRecord) -> None:
    if lexicon.coverage.share < FEW:
        note(f"the vocabularies hold only {lexicon.coverage} of the {part} dictionary")
