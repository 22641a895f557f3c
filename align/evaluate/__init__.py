"""Scores with their counts and intervals. Arrays in; words stay in the pipeline."""

from align.evaluate.measures import KS, RULES, Measure, Rule, measures, skip, wrong, xling
from align.evaluate.parts import Part, parts
from align.evaluate.ranks import Gold, Ranks
from align.evaluate.resampling import bootstrap_interval, bootstrap_intervals, randomisation
from align.evaluate.score import Score, Way

__all__ = [
    "KS",
    "RULES",
    "Gold",
    "Measure",
    "Part",
    "Ranks",
    "Rule",
    "Score",
    "Way",
    "bootstrap_interval",
    "bootstrap_intervals",
    "measures",
    "parts",
    "randomisation",
    "skip",
    "wrong",
    "xling",
]
