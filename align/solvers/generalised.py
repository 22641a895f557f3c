"""Several languages in one space: VecMap's mapping, and its growing dictionary, generalised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeVar

import numpy as np

from align.maps import Array, LinearMap
from align.problem import Problem
from align.retrieve import Space, ready
from align.retrieve.neighbours import Rows
from align.solvers.multistep import Multistep
from align.solvers.procrustes import procrustes
from align.steps import OnStep, Step, silent

Pair = tuple[int, int]
Products = dict[Pair, Array]
Node = TypeVar("Node", int, str)


@dataclass(frozen=True, eq=False)
class JointProblem:
    """Several sets of vectors, and the rows of two of them that are known to translate each other.

    Parameters
    ----------
    sides : sequence of (n, d) arrays
        Of one language each, normalised as the solver should see them.
    pairs : mapping of (int, int) to (p, 2) array of int
        For two sides, the lower first, the rows of each seed pair. Two sides without seeds may be
        here, with no rows: pairs can be found between them.
    root : int
        The side that the others join, one after another.

    Raises
    ------
    ValueError
        If a row does not exist, the dimensions differ, or seeds do not connect all sides.
    """

    sides: Sequence[Array]
    pairs: Mapping[Pair, Rows]
    root: int = 0

    def __post_init__(self) -> None:
        if len(dims := {side.shape[1] for side in self.sides}) > 1:
            raise ValueError(
                f"one space for all needs vectors of as many dimensions, got {sorted(dims)}; "
                f"--normalize unit,center,pca:{min(dims)},unit brings them there"
            )
        if wrong := [pair for pair in self.pairs if not pair[0] < pair[1]]:
            raise ValueError(f"a pair names its lower side first, got {wrong[0]}")
        for (i, j), rows in self.pairs.items():
            Problem(self.sides[i], self.sides[j], rows)  # its errors
        seeded = [pair for pair, rows in self.pairs.items() if len(rows)]
        if apart := set(range(len(self.sides))) - set().union(*layers(seeded, self.root)):
            raise ValueError(f"no seeds lead from side {self.root} to {sorted(apart)}")


@dataclass(frozen=True, eq=False)
class JointSolution:
    """A map of every side into one space, and the evidence for it.

    Parameters
    ----------
    maps : tuple of LinearMap
    pairs : mapping of (int, int) to (p, 2) array of int
        The pairs of rows that the maps were fitted on last.
    losses : tuple of tuple of float
        For every solution on the way, the loss at its start and after each of its rounds.
    converged : bool
        Whether the loss of the last solution fell no more.
    spaces : mapping of (int, int) to Space
        The neighbours that were seen last: a good guess of those under the maps.
    """

    maps: tuple[LinearMap, ...]
    pairs: Mapping[Pair, Rows]
    losses: tuple[tuple[float, ...], ...]
    converged: bool
    spaces: Mapping[Pair, Space] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Generalised:
    """Linear maps of several languages into one space, of the steps of `Multistep` [1]_ [2]_.

    With the seed rows of every side whitened, orthogonal maps ``a`` bring all sides to common axes:
    the trace of ``a_i.T k_ij a_j``, with ``k_ij`` the whitened ``x_i.T x_j``, is to be large,
    summed over all pairs of sides. From the root, a hub, sides join one after another, the closest
    one next: each is brought by Procrustes to the sum of those that are there [3]_. Then, in
    rounds, each in turn is brought to the sum of all others, which never lowers the trace. The
    axes are turned so that the mean of ``a_i.T k_ij a_j`` over all seed pairs is diagonal. Each
    side is weighted by a power of its own correlations with the others, the sum of
    ``a_i.T k_ij a_j`` over j, a matrix: by one weight for all, the language that fits worst would
    weaken axes that the others share. Then each side's whitening is undone.

    Where the seeds form a tree, as in a star around a hub, joining is the optimum. With two sides,
    it is `Multistep`.

    Parameters
    ----------
    step : Multistep
        How axes are weighted and whitening is undone.
    tolerance : float
        The loss has stopped falling where a round lowers it by no more.
    rounds : int
        At most so many; with none, sides stay where they joined.

    References
    ----------
    .. [1] Gower, "Generalized Procrustes analysis", Psychometrika 40, 1975.
    .. [2] Artetxe et al., "Generalizing and improving bilingual word embedding mappings with a
       multi-step framework of linear transformations", AAAI 2018.
    .. [3] Heyman et al., "Learning unsupervised multilingual word embeddings with incremental
       multilingual hubs", NAACL 2019.
    """

    name: ClassVar[str] = "generalised"

    step: Multistep = field(default_factory=Multistep)
    tolerance: float = 1e-6
    rounds: int = 200

    def __post_init__(self) -> None:
        if self.tolerance < 0 or self.rounds < 0:
            raise ValueError(
                f"need tolerance >= 0 and rounds >= 0, got {self.tolerance} and {self.rounds}"
            )

    def __call__(self, problem: JointProblem, *, on_step: OnStep = silent) -> JointSolution:
        """Solve.

        The loss is 1 less the mean correlation of the axes, in [0, 2]: half the mean squared
        distance of seed pairs, whitened and mapped, per dimension.
        """
        grams, cross = _means(problem)
        whitening = [self.step.whitening(gram) for gram in grams]
        cross = {(i, j): whitening[i] @ k @ whitening[j] for (i, j), k in cross.items()}
        axes, losses, converged = self._alternated(cross, _reached(cross, problem.root), on_step)
        _, turn = np.linalg.eigh(_correlations(cross, axes))
        axes = [a @ turn[:, ::-1] for a in axes]
        maps = []
        for i, (gram, white, a) in enumerate(zip(grams, whitening, axes, strict=True)):
            weights = _root(_own(cross, axes, i), self.step.reweight)
            maps.append(self.step.composed(gram, a, white @ a @ weights))
        return JointSolution(tuple(maps), problem.pairs, (losses,), converged)

    def _alternated(
        self, cross: Products, axes: list[Array], on_step: OnStep
    ) -> tuple[list[Array], tuple[float, ...], bool]:
        """Bring each side to the sum of the others until the loss falls no more."""
        losses = [_loss(cross, axes)]
        for done in range(self.rounds):
            axes = list(axes)  # the ones before stay as they were
            for i in range(len(axes)):
                axes[i] = _towards(cross, i, dict(enumerate(axes))).axes
            losses.append(_loss(cross, axes))
            on_step(Step("generalised Procrustes", done + 1, self.rounds, f"loss {losses[-1]:.4f}"))
            if losses[-2] - losses[-1] <= self.tolerance:
                on_step(Step("generalised Procrustes", self.rounds, self.rounds))
                return axes, tuple(losses), True
        return axes, tuple(losses), not self.rounds


@dataclass(frozen=True, kw_only=True)
class Grown:
    """Rounds of growing dictionaries between several languages, and a last mapping.

    What `align.presets.grown` is for two, among all words: in every round the pairs of words that
    are each other's CSLS neighbour join the seeds, for every pair of sides that the problem names.

    Parameters
    ----------
    solver : Generalised
        Solves on the seeds, and in every round.
    last : Generalised
        Solves on the last pairs.
    rounds : int
        At most so many; fewer where one finds the pairs of the one before.
    k : int
        The neighbourhood of CSLS.
    max_rank : int
        Pairs are kept among the first so many words of both sides; 0 for all.
    """

    name: ClassVar[str] = "grown"

    solver: Generalised
    last: Generalised
    rounds: int = 3
    k: int = 10
    max_rank: int = 20_000

    def __post_init__(self) -> None:
        if min(self.rounds, self.max_rank) < 0 or self.k < 1:
            raise ValueError(
                "need rounds >= 0, max_rank >= 0 and k >= 1, "
                f"got {self.rounds}, {self.max_rank} and {self.k}"
            )

    def __call__(self, problem: JointProblem, *, on_step: OnStep = silent) -> JointSolution:
        """Solve; the losses are those of every solution on the way."""
        solution = self.solver(problem, on_step=on_step)
        losses, spaces = solution.losses, dict(solution.spaces)
        for done in range(self.rounds + 1):
            pairs = self._grown(problem, solution, spaces, on_step)
            same = all(np.array_equal(pairs[pair], solution.pairs[pair]) for pair in pairs)
            ends = same or done == self.rounds
            solution = (self.last if ends else self.solver)(replace(problem, pairs=pairs))
            losses += solution.losses
            on_step(Step("growing dictionaries", done + 1, self.rounds + 1))
            if ends:
                break
        on_step(Step("growing dictionaries", self.rounds + 1, self.rounds + 1))
        return replace(solution, losses=losses, spaces=spaces)

    def _grown(
        self,
        problem: JointProblem,
        solution: JointSolution,
        spaces: dict[Pair, Space],
        on_step: OnStep,
    ) -> dict[Pair, Rows]:
        """Return the seeds and the mutual neighbours; ``spaces`` becomes those that were seen."""
        sides = [ready(map_(x)) for map_, x in zip(solution.maps, problem.sides, strict=True)]
        pairs = {}
        for (i, j), seeds in problem.pairs.items():
            like = spaces.get((i, j))
            spaces[i, j] = Space.of(sides[i], sides[j], self.k, like=like, on_step=on_step)
            found, _ = spaces[i, j].induce(max_rank=self.max_rank, on_step=on_step)
            pairs[i, j] = np.unique(np.concatenate([seeds, found]), axis=0)
        return pairs


def layers(edges: Iterable[tuple[Node, Node]], root: Node) -> list[set[Node]]:
    """Return the nodes at every distance from the root of a graph, itself first."""
    found = [{root}]
    ends = [(a, b) for one, other in edges for a, b in ((one, other), (other, one))]
    while found[-1]:
        known = set().union(*found)
        found.append({b for a, b in ends if a in found[-1]} - known)
    return found[:-1]


def _means(problem: JointProblem) -> tuple[list[Array], Products]:
    """Return the mean ``x_i.T x_i`` over the seed rows of each side, and ``x_i.T x_j`` of pairs.

    The latter are shares of a mean over all seed pairs, so that each of these counts the same.
    """
    d = problem.sides[0].shape[1]
    grams: list[Array] = [np.zeros((d, d)) for _ in problem.sides]
    counts, cross = [0] * len(grams), Products()
    total = sum(map(len, problem.pairs.values()))
    for (i, j), rows in problem.pairs.items():
        if len(rows):
            x = problem.sides[i][rows[:, 0]].astype(np.float64)
            y = problem.sides[j][rows[:, 1]].astype(np.float64)
            for side, seen in ((i, x), (j, y)):
                grams[side] += seen.T @ seen
                counts[side] += len(seen)
            cross[i, j] = x.T @ y / total
            cross[j, i] = cross[i, j].T
    return [gram / count for gram, count in zip(grams, counts, strict=True)], cross


def _reached(cross: Products, root: int) -> list[Array]:
    """Return orthogonal maps of all sides: each to those that are there, the closest one next."""
    axes: dict[int, Array] = {root: np.eye(len(next(iter(cross.values()))))}
    while rest := {i for i, j in cross if j in axes} - axes.keys():
        ways = {i: _towards(cross, i, axes) for i in sorted(rest)}
        closest = max(ways, key=lambda i: ways[i].trace)
        axes[closest] = ways[closest].axes
    return [axes[i] for i in range(len(axes))]


@dataclass(frozen=True, eq=False)
class _Way:
    """An orthogonal map to others, and the trace that it reaches, its largest."""

    axes: Array
    trace: float


def _towards(cross: Products, i: int, axes: Mapping[int, Array]) -> _Way:
    """Bring a side by Procrustes to the sum of others, which are mapped."""
    goal = np.sum([cross[i, j] @ a for j, a in axes.items() if (i, j) in cross], axis=0)
    found = procrustes(np.eye(len(goal)), goal).w
    return _Way(found, float(np.sum(found * goal)))


def _correlations(cross: Products, axes: Sequence[Array]) -> Array:
    """Return half the sum of ``a_i.T k_ij a_j``, (d, d), in both orders, and so symmetric."""
    total: Array = np.sum([axes[i].T @ k @ axes[j] for (i, j), k in cross.items()], axis=0)
    return total / 2


def _own(cross: Products, axes: Sequence[Array], i: int) -> Array:
    """Return the correlations of the axes of one side with those of all others, (d, d)."""
    ours = [axes[i].T @ k @ axes[j] for (one, j), k in cross.items() if one == i]
    total: Array = np.sum(ours, axis=0)
    return total


def _root(matrix: Array, exponent: float) -> Array:
    """Return a power of the symmetric part of a matrix, with what is below 0 in it as 0."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    found: Array = vectors * np.maximum(values, 0) ** exponent @ vectors.T
    return found


def _loss(cross: Products, axes: Sequence[Array]) -> float:
    return float(1 - np.trace(_correlations(cross, axes)) / len(axes[0]))
