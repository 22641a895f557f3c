"""Adversarial training with cycle consistency: a start that needs no seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from align.maps import Array, LinearMap
from align.problem import Problem
from align.retrieve import Space
from align.retrieve.choice import Device
from align.solvers.epochs import Epochs, refined
from align.solvers.kept import checkpoint
from align.solvers.profile import LEAST
from align.solvers.solution import Solution
from align.solvers.stored import State
from align.steps import OnStep, Step, silent

Start = Literal["random", "identity"]
Optimizer = Literal["adam", "sgd"]


@dataclass(frozen=True, kw_only=True)
class Adversarial:
    """Learn a map whose images a critic cannot tell from true target words [1]_ [2]_ [3]_.

    Two maps are learned, F from source to target and G back, and a critic of either side. In turns
    the critics learn to tell mapped words from true ones, and the maps not to be told, and to bring
    a word back to where it was: ``x F G = x`` and ``y G F = y``. After every step of the maps
    ``w <- (1 + beta) w - beta w w.T w`` brings them closer to orthogonal.

    Several trainings run at once, with other draws. After every epoch each map is brought to the
    nearest orthogonal one and refined a little, and judged by how close it brings words to their
    CSLS neighbours: by no label. The best map of all is the solution. Training ends where that map
    was found twice. The seeds of the problem take no part.

    ``losses`` holds, of the training that found the solution, 1 less the mean cosine after every
    epoch, in [0, 2], up to that of the solution.

    Parameters
    ----------
    restarts : int
        Trainings at once.
    start : {'random', 'identity'}
        What F begins as; G begins as its inverse.
    rescale : bool
        Bring the mean square of a side's coordinates to 1, so that critics learn faster.
    profile : float
        The weight of what critics see of a word beside its vector, for which no map can be blamed:
        its `align.solvers.profile.profiles`, by which it is compared with words of its own kind;
        0 for nothing.
    hidden : tuple of int
        The widths of the critics' hidden layers.
    leak : float
        Of their leaky rectifiers.
    dropout : float
        The share of a critic's inputs that are set to 0 while it learns, in [0, 1).
    smoothing : float
        Critics learn to say this for 0 and 1 less this for 1, in [0, 0.5).
    cycle : float
        The weight of the mean square by which words do not come back; at 0 there is no G.
    beta : float
        In [0, 0.5]; 0.5 is a Newton step to the nearest orthogonal map.
    critic_steps : int
        For each step of the maps.
    batch : int
        Words of either side in a step.
    max_rank : int
        Words are drawn from the first so many, or as many as there are; 0 for all.
    optimizer : {'adam', 'sgd'}
    rate : float
        Of the maps' first steps.
    critic_rate : float
    decay, shrink : float
        In (0, 1]. The maps' rate is multiplied by ``decay`` after every epoch, and by ``shrink``
        after one that ended below the best so far, from the second such epoch on.
    epochs : int
        At most so many.
    steps : int
        Steps of the maps in an epoch.
    among : int
        Maps are refined and judged on the first so many words of both sides, or as many as there
        are; 0 for all.
    rounds : int
        Of refinement by Procrustes on pairs of which one is the CSLS neighbour of the other.
    k : int
        The neighbourhood of CSLS, or all words.
    agreement : float
        Two maps are the same where they bring words to a mean cosine above this; at 1, none are.
    device : {'auto', 'cpu', 'cuda'}
        ``auto`` takes a GPU where torch sees one. There draws, and so the map, are others.
    seed : int
        Of the draws.

    References
    ----------
    .. [1] Conneau et al., "Word translation without parallel data", ICLR 2018.
    .. [2] Mohiuddin and Joty, "Revisiting adversarial autoencoder for unsupervised word
       translation with cycle consistency and improved training", NAACL 2019.
    .. [3] Zhang et al., "Adversarial training for unsupervised bilingual lexicon induction",
       ACL 2017.
    """

    name: ClassVar[str] = "adversarial"

    restarts: int = 4
    start: Start = "random"
    rescale: bool = True
    profile: float = 1.0
    hidden: tuple[int, ...] = (128,)
    leak: float = 0.2
    dropout: float = 0.2
    smoothing: float = 0.1
    cycle: float = 1.0
    beta: float = 0.01
    critic_steps: int = 2
    batch: int = 64
    max_rank: int = 4000
    optimizer: Optimizer = "adam"
    rate: float = 0.005
    critic_rate: float = 0.001
    decay: float = 1.0
    shrink: float = 1.0
    epochs: int = 12
    steps: int = 500
    among: int = 4000
    rounds: int = 8
    k: int = 10
    agreement: float = 0.9
    device: Device = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        counts = self.restarts, self.critic_steps, self.batch, self.epochs, self.steps, self.k
        if min(*counts, *self.hidden) < 1:
            raise ValueError(
                "need restarts, critic_steps, batch, epochs, steps, k and all of hidden >= 1, got "
                f"{', '.join(map(str, counts))} and {self.hidden}"
            )
        if min(self.max_rank, self.among, self.rounds, self.profile, self.cycle) < 0:
            raise ValueError(
                "need max_rank, among, rounds, profile and cycle >= 0, got "
                f"{self.max_rank}, {self.among}, {self.rounds}, {self.profile} and {self.cycle}"
            )
        if not (0 <= self.dropout < 1 and 0 <= self.smoothing < 0.5 and 0 <= self.beta <= 0.5):
            raise ValueError(
                "need dropout in [0, 1), smoothing in [0, 0.5) and beta in [0, 0.5], got "
                f"{self.dropout}, {self.smoothing} and {self.beta}"
            )
        if min(self.rate, self.critic_rate, self.decay, self.shrink, self.agreement) <= 0 or (
            max(self.decay, self.shrink, self.agreement) > 1
        ):
            raise ValueError(
                "need rate and critic_rate > 0, and decay, shrink and agreement in (0, 1], got "
                f"{self.rate}, {self.critic_rate}, {self.decay}, {self.shrink}, {self.agreement}"
            )
        chosen = (Start, self.start), (Optimizer, self.optimizer), (Device, self.device)
        for kind, value in chosen:
            if value not in get_args(kind):
                raise ValueError(f"expected one of {', '.join(get_args(kind))}, got {value!r}")

    def __call__(self, problem: Problem, *, on_step: OnStep = silent) -> Solution:
        """Solve; an error where every training diverges, or the sides' dimensions differ."""
        _require_words(problem)
        x, y = (side[: self.among or None] for side in (problem.x, problem.y))
        done = self._trained(problem, x, y, on_step)
        if not np.isfinite(done.losses).any():
            raise ValueError(
                f"all {self.restarts} adversarial trainings diverged in the first epoch, at rates "
                f"{self.rate:g} and {self.critic_rate:g}: lower rate or critic_rate"
            )
        space = Space.of(x @ done.best.astype(x.dtype), y, min(self.k, len(x), len(y)))
        return Solution(
            LinearMap(done.best),
            space.induce(on_step=on_step)[0],
            done.path,
            converged=done.agreement > self.agreement,
            stopped=done.told(self.epochs, self.agreement),
        )

    def _trained(self, problem: Problem, x: Array, y: Array, on_step: OnStep) -> Epochs:
        """Train epoch by epoch, from where a run that was killed stood, and judge every map."""
        from align.solvers.adversary import CHUNK, Game

        game = Game(self, *self._drawn(problem), _device(self.device))
        total = self.epochs * self.steps
        kept, done = checkpoint(self, problem), Epochs.none(self.restarts, x.shape[1])
        if (state := kept.read()) and state.told == {"device": game.device}:
            game.restore(state.tensors)
            done = Epochs.of(state.tensors)
        while done.count < self.epochs and done.agreement <= self.agreement:
            told = f"least loss {done.losses.min():.3f}" if done.count else "first epoch"
            for step in range(0, self.steps, CHUNK):
                game.advance(min(CHUNK, self.steps - step))
                on_step(Step(self.name, done.count * self.steps + step, total, told))
            done = done.then([refined(w, x, y, self.rounds, self.k) for w in game.maps], x)
            if not done.alive.any():
                break
            game.slow(self.decay * np.where(done.falling, self.shrink, 1))
            kept.write(State(game.tensors() | done.tensors, {"device": game.device}))
        on_step(Step(self.name, total, total))
        return done

    def _drawn(self, problem: Problem) -> tuple[Array, Array]:
        """Return the words that are drawn."""
        return problem.x[: self.max_rank or None], problem.y[: self.max_rank or None]


MUSE_ADVERSARIAL = Adversarial(  # Conneau et al. 2018
    restarts=1,
    start="identity",
    rescale=False,
    profile=0,
    hidden=(2048, 2048),
    dropout=0.1,
    cycle=0,
    beta=0.001,
    critic_steps=5,
    batch=32,
    max_rank=75_000,
    optimizer="sgd",
    rate=0.1,
    critic_rate=0.1,
    decay=0.98,
    shrink=0.5,
    epochs=5,
    steps=31_250,  # 1,000,000 words
    among=10_000,
    rounds=0,
    agreement=1,
)


def _require_words(problem: Problem) -> None:
    """Raise an error where words are too few, or sides not of the same dimensions."""
    (n, d), (m, e) = problem.x.shape, problem.y.shape
    if d != e:
        raise ValueError(
            f"adversarial training needs as many dimensions on both sides, got {d} and {e}; "
            f"--normalize unit,center,pca:{min(d, e)},unit brings them there"
        )
    if min(n, m) < LEAST:
        raise ValueError(
            f"adversarial training needs {LEAST} words of either side, got {n} and {m}"
        )


def _device(wanted: str) -> str:
    """Return where to train."""
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise ValueError("torch sees no CUDA device; set device='cpu'")
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"
