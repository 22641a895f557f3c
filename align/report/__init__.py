"""A `Record` as a table for people and as plain values for machines; the signature of a score."""

from align.report.comparison import comparison_dict, comparison_table, comparison_words
from align.report.detail import detail_table
from align.report.diagnosis import diagnosis_page
from align.report.joint import joint_table
from align.report.machine import as_dict
from align.report.signature import signature
from align.report.table import evaluation_table, run_table

__all__ = [
    "as_dict",
    "comparison_dict",
    "comparison_table",
    "comparison_words",
    "detail_table",
    "diagnosis_page",
    "evaluation_table",
    "joint_table",
    "run_table",
    "signature",
]
