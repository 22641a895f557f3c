"""Batches: every pair, method, split and seed of a plan, on one machine or a Dask cluster."""

from align.batch.engine import Progress
from align.batch.plan import Plan
from align.batch.reading import PlanError, read_plan
from align.batch.running import Batch, Rerun, is_batch, load_results, run_batch

__all__ = [
    "Batch",
    "Plan",
    "PlanError",
    "Progress",
    "Rerun",
    "is_batch",
    "load_results",
    "read_plan",
    "run_batch",
]
