"""Scores with their counts and intervals. Arrays in; words stay in the pipeline."""

from align.evaluate.hubness import Hubness, hubness
from align.evaluate.isomorphism import Isomorphism, isomorphism
from align.evaluate.precision import Gold, Precision, Score, precision
from align.evaluate.resampling import bootstrap_interval
from align.evaluate.separation import Probe, Separation, separation

__all__ = [
    "Gold",
    "Hubness",
    "Isomorphism",
    "Precision",
    "Probe",
    "Score",
    "Separation",
    "bootstrap_interval",
    "hubness",
    "isomorphism",
    "precision",
    "separation",
]
