"""Scores with their counts and intervals. Arrays in; words stay in the pipeline."""

from align.evaluate.precision import Gold, Precision, Score, precision
from align.evaluate.resampling import bootstrap_interval

__all__ = ["Gold", "Precision", "Score", "bootstrap_interval", "precision"]
