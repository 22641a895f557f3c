"""Scores with their counts and intervals. Arrays in; words stay in the pipeline."""

from align.evaluate.hubness import Hubness, hubness
from align.evaluate.isomorphism import Isomorphism, isomorphism
from align.evaluate.measures import KS, RULES, Measure, Rule, measures, per_word, skip, wrong, xling
from align.evaluate.parts import Part, parts
from align.evaluate.ranks import Gold, Ranks
from align.evaluate.resampling import (
    Interval,
    bootstrap_interval,
    bootstrap_intervals,
    randomisation,
)
from align.evaluate.score import Score, Way
from align.evaluate.separation import Probe, Separation, separation

__all__ = [
    "KS",
    "RULES",
    "Gold",
    "Hubness",
    "Isomorphism",
    "Interval",
    "Measure",
    "Part",
    "Probe",
    "Ranks",
    "Rule",
    "Score",
    "Separation",
    "Way",
    "bootstrap_interval",
    "bootstrap_intervals",
    "hubness",
    "isomorphism",
    "measures",
    "parts",
    "per_word",
    "randomisation",
    "separation",
    "skip",
    "wrong",
    "xling",
]
