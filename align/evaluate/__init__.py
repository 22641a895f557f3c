"""Scores with their counts and intervals. Arrays in; words stay in the pipeline."""

from align.evaluate.analogy import analogies
from align.evaluate.mining import Mined, mined
from align.evaluate.precision import Gold, Precision, Score, precision
from align.evaluate.resampling import bootstrap_figures, bootstrap_interval
from align.evaluate.sentences import averages
from align.evaluate.share import Share
from align.evaluate.similarity import Correlation, Estimate, correlation

__all__ = [
    "Correlation",
    "Estimate",
    "Gold",
    "Mined",
    "Precision",
    "Score",
    "Share",
    "analogies",
    "averages",
    "bootstrap_figures",
    "bootstrap_interval",
    "correlation",
    "mined",
    "precision",
]
