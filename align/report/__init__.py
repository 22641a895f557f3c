"""Runs and scores as tables, pages and plain values; the signature of a score."""

from align.report.comparison import comparison_dict, comparison_table, comparison_words
from align.report.detail import detail_table
from align.report.documents import DOCUMENTS, as_html, as_json, as_latex, as_markdown, as_text
from align.report.machine import as_dict
from align.report.signature import signature
from align.report.table import evaluation_table, run_table

__all__ = [
    "DOCUMENTS",
    "as_dict",
    "as_html",
    "as_json",
    "as_latex",
    "as_markdown",
    "as_text",
    "comparison_dict",
    "comparison_table",
    "comparison_words",
    "detail_table",
    "evaluation_table",
    "run_table",
    "signature",
]
