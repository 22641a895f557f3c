"""Scores with their counts and intervals. Arrays in; words stay in the pipeline."""

from align.evaluate.analogy import analogies
from align.evaluate.hubness import Hubness, hubness
from align.evaluate.isomorphism import Isomorphism, isomorphism
from align.evaluate.measures import KS, RULES, Measure, Rule, measures, per_word, skip, wrong, xling
from align.evaluate.mining import Mined, mined
from align.evaluate.parts import Part, parts
from align.evaluate.ranks import Gold, Ranks
from align.evaluate.resampling import (
    Interval,
    bootstrap_interval,
    bootstrap_intervals,
    holm,
    randomisation,
)
from align.evaluate.score import Score, Way
from align.evaluate.sentences import averages
from align.evaluate.separation import Probe, Separation, separation
from align.evaluate.similarity import Correlation, Estimate, correlation

__all__ = [
    "KS",
    "RULES",
    "Correlation",
    "Estimate",
    "Gold",
    "Hubness",
    "Interval",
    "Isomorphism",
    "Measure",
    "Mined",
    "Part",
    "Probe",
    "Ranks",
    "Rule",
    "Score",
    "Separation",
    "Way",
    "analogies",
    "averages",
    "bootstrap_interval",
    "bootstrap_intervals",
    "correlation",
    "holm",
    "hubness",
    "isomorphism",
    "measures",
    "mined",
    "parts",
    "per_word",
    "randomisation",
    "separation",
    "skip",
    "wrong",
    "xling",
]
