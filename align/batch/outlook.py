"""What a batch is about to do, in words."""

from __future__ import annotations

from align.batch.cluster import Cluster
from align.batch.estimate import memory_of
from align.batch.plan import Plan
from align.batch.running import Batch, Rerun
from align.report.grid import counted
from align.retrieve.memory import available

SHOWN = 12  # pairs that are named


def grid(plan: Plan) -> str:
    """Return what a plan runs."""
    pairs = ["-".join(pair) for pair in plan.pairs]
    more = f", and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
    return "\n".join(
        [
            f"{plan.name}: {_product(plan)}",
            f"pairs     {', '.join(pairs[:SHOWN])}{more}",
            f"methods   {', '.join(method.name for method in plan.methods)}",
        ]
    )


def outlook(batch: Batch, cluster: Cluster, rerun: Rerun) -> str:
    """Return what is left of a batch, and what that may take."""
    left = batch.left(rerun)
    lines = [f"unread    {language}: {why}" for language, why in batch.unreadable.items()]
    lines.append(f"runs      {_left(batch, len(left))}")
    if not left:
        return "\n".join(lines)
    memory = max(map(memory_of, left))
    where, workers = f"of one worker on the cluster at {cluster.scheduler}", 1
    if not cluster.scheduler:
        workers, threads = cluster.local_size(memory, len(left))
        where = f"on {counted(workers, 'worker')} of {counted(threads, 'thread')}"
    basis = "from the runs made before" if batch.estimate.known else "a guess, until runs were made"
    took = duration(sum(map(batch.estimate, left)) / workers)
    lines.append(f"time      about {took} {where} ({basis})")
    lines.append(f"memory    up to {size(memory)} a worker; {size(available())} are free here")
    return "\n".join(lines)


def _product(plan: Plan) -> str:
    """Return the size of the grid and of its sides."""
    sides = {
        "pair": len(plan.pairs),
        "method": len(plan.methods),
        "training size": len(plan.train_sizes),
        "fold": plan.folds or 1,
        "seed": len(plan.seeds),
    }
    told = (counted(n, name) for name, n in sides.items() if n > 1 or name == "pair")
    return f"{counted(plan.size, 'run')} = {' x '.join(told)}"


def _left(batch: Batch, left: int) -> str:
    failed = sum(made.failed for made in batch.made.values())
    told = f"{left:,} to make, {len(batch.made):,} made before"
    if failed:
        told += f" ({failed:,} failed: --rerun failed tries them again)"
    alike = len(batch.jobs) - len({job.key for job in batch.jobs})
    return told + (f"; {alike:,} of the grid are equal to one of these" if alike else "")


def duration(seconds: float) -> str:
    """Return a time in words, as ``1 h 20 min``."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def size(count: float) -> str:
    """Return bytes in words, as ``1.5 GB``."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
