"""`Best`: the solver that runs others and keeps the one that translates held-out seeds best."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from align.presets import FREQUENT, candidates
from align.problem import Problem
from align.retrieve import ready, require_neighbourhood
from align.retrieve.neighbours import Rows
from align.solvers import Audited, Solution, Solver
from align.solvers.alike import joined
from align.solvers.audit import DOUBTFUL, doubts
from align.solvers.kept import keeping, solved
from align.solvers.solution import Trial, require_pairs
from align.steps import OnStep, Step, silent

log = logging.getLogger(__name__)
NEAREST = 100  # targets of a word, by the cosine, that CSLS orders
DIRTY = 0.05  # the share of doubtful seeds above which they are worth leaving out


@dataclass(frozen=True, kw_only=True)
class Best:
    """Run several solvers, choose on held-out seeds, and solve again on all seeds.

    The source words of the seeds are cut into ``folds`` parts by their rank. A candidate solves on
    the seeds outside a part, and translates the words of the part by CSLS: the share of right ones
    decides; of equals, as where seeds are so few that none is right, the first candidate. The
    rarest part is asked first, as a map is wanted for words that are rarer than those of its
    dictionary; the others only until ``enough`` words, or half of all, were asked: every part takes
    as long as the last solution.

    Where the `audit <align.solvers.audit.doubts>` doubts more than a twentieth of the seeds, the
    best candidate is also tried without these; not of fewer seeds than dimensions, from which
    candidates learn for themselves, so that wrong ones matter little. The audit draws its folds
    from seed 0, whatever seed a run has.

    Parameters
    ----------
    candidates : tuple of (name, Solver)
        What to choose from; by default `align.presets.candidates`.
    folds : int
    enough : int
        Held-out words that settle the choice.
    k : int
        The neighbourhood of CSLS.
    among : int
        Held-out words are translated among the first so many words of both sides and those of the
        seeds; 0 for all.
    alike : bool
        Try what words spelled alike add to the seeds, where the problem tells of such.
    """

    name: ClassVar[str] = "best"

    candidates: tuple[tuple[str, Solver], ...] = ()
    folds: int = 5
    enough: int = 400
    k: int = 10
    among: int = FREQUENT
    alike: bool = True

    def __post_init__(self) -> None:
        if self.folds < 2 or self.enough < 1 or self.k < 1 or self.among < 0:
            raise ValueError(
                "need folds >= 2, enough >= 1, k >= 1 and among >= 0, "
                f"got {self.folds}, {self.enough}, {self.k} and {self.among}"
            )

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where there are fewer source words than folds."""
        require_pairs(problem)
        words = np.unique(problem.pairs[:, 0])
        if len(words) < self.folds:
            raise ValueError(
                f"choosing needs seeds of at least {self.folds} source words, got {len(words)}; "
                "name a method instead"
            )
        alike = self.alike and len(joined(problem)) > len(problem.pairs)
        running = self.candidates or candidates(len(words), alike=alike)
        parts = list(rarest_first(words, self.folds, min(self.enough, len(words) // 2)))
        with keeping(problem):
            trials = []
            for name, solver in running:
                trials.append(self.trial(name, solver, problem, parts, on_step))
                on_step(Step("candidates", len(trials), len(running), _told(trials[-1])))
            if all(trial.failure for trial in trials):
                raise ValueError(f"no candidate could solve; the first: {trials[0].failure}")
            chosen = max(range(len(trials)), key=lambda i: trials[i].hits)
            audited = len(words) >= problem.x.shape[1]
            if audited and np.mean(doubts(problem) > DOUBTFUL) > DIRTY:
                name, solver = running[chosen]
                running = (*running, (f"{name}, audited", Audited(solver=solver)))
                trials.append(self.trial(*running[-1], problem, parts, on_step))
                on_step(Step("candidates", len(trials), len(running), _told(trials[-1])))
                chosen = max(chosen, len(trials) - 1, key=lambda i: trials[i].hits)
            solution = solved(running[chosen][1], problem, on_step=on_step)
        return replace(solution, trials=tuple(trials), chosen=trials[chosen].name)

    def trial(
        self, name: str, solver: Solver, problem: Problem, parts: Sequence[Rows], on_step: OnStep
    ) -> Trial:
        """Try a solver on every part; one that cannot solve is out, with the reason."""
        asked, hits, failure = sum(map(len, parts)), 0, ""
        try:
            hits = sum(self.right(solver, problem, part, on_step) for part in parts)
        except ValueError as error:
            failure = str(error)
        told = failure or f"{hits} of {asked} held-out words are right"
        log.info("%s: %s", name, told)
        return Trial(name, -1 if failure else hits, asked, failure)

    def right(self, solver: Solver, problem: Problem, part: Rows, on_step: OnStep) -> int:
        """Return how many words of a part a solver translates rightly without their seeds."""
        out = np.isin(problem.pairs[:, 0], part)
        fit = replace(problem, pairs=problem.pairs[~out])
        asked = problem.pairs[out]
        right = translated(solver, fit, asked, k=self.k, among=self.among, on_step=on_step)
        return int(right.sum())


def _told(trial: Trial) -> str:
    return f"{trial.name}: {trial.failure or f'{trial.hits} of {trial.asked}'}"


def rarest_first(words: Rows, folds: int, enough: int) -> Iterator[Rows]:
    """Cut source words by rank; yield the rarest part first, until enough words were asked.

    Parameters
    ----------
    words : (n,) array of int
        Source rows, the most frequent first.
    folds : int
    enough : int
    """
    asked = 0
    for part in reversed(np.array_split(words, folds)):
        if asked < enough:
            yield part
        asked += len(part)


def translated(
    solver: Solver,
    fit: Problem,
    asked: Rows,
    *,
    k: int = 10,
    among: int = 0,
    on_step: OnStep = silent,
) -> npt.NDArray[np.bool_]:
    """Solve a problem, then translate other source words by CSLS, of each its nearest targets.

    Only these targets need a neighbourhood.

    Parameters
    ----------
    solver : Solver
    fit : Problem
        Whose pairs should not hold a source word that is asked.
    asked : (p, 2) array of int
        The source rows that are asked, and their right translations.
    k : int
        The neighbourhood of CSLS.
    among : int
        Only the first so many words of both sides and those of the pairs are neighbours; 0 for
        all.

    Returns
    -------
    (q,) array of bool
        Whether the first translation of each word is right, in order of the source row.
    """
    known = np.concatenate([fit.pairs, asked]).T
    x_rows, y_rows = (
        np.union1d(np.arange(len(side))[: among or None], rows)
        for side, rows in zip((fit.x, fit.y), known, strict=True)
    )
    few = Problem(fit.x[x_rows], fit.y[y_rows], np.empty((0, 2), dtype=np.intp))
    x, y = map(ready, solved(solver, fit, on_step=on_step).mapped(few))
    require_neighbourhood(k, len(x.base), len(y.base))
    words = np.unique(asked[:, 0])
    near = y(x.base[np.searchsorted(x_rows, words)], min(NEAREST, len(y.base)))
    found, place = np.unique(near.rows, return_inverse=True)
    csls = 2 * near.scores - x(y.base[found], k).means[place.reshape(near.rows.shape)]
    best = y_rows[near.rows[np.arange(len(words)), csls.argmax(axis=1)]]
    right: set[tuple[int, int]] = set(map(tuple, asked.tolist()))
    pairs = zip(words.tolist(), best.tolist(), strict=True)
    return np.array([pair in right for pair in pairs], dtype=np.bool_)
