"""The game of maps and critics: all restarts at once, a step as a few batched products.

Every weight has a leading axis with a slot for each restart, or two where there is a map back: the
slots of all maps F, then those of all maps G. No operation mixes two restarts, so one that diverges
leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu

from align.maps import Array
from align.solvers.profile import MOST, profiles

if TYPE_CHECKING:
    from align.solvers.adversarial import Adversarial

Weights = dict[str, torch.Tensor]
MOMENTS = 0.5, 0.999  # what Adam keeps of a slope, and of its square; a game turns too fast for 0.9
CHUNK = 20  # steps in one CUDA graph
WARM = 3  # steps before the capture, in which libraries take what they may not take within


class Game:
    """A training: its weights, its draws, and its steps.

    Parameters
    ----------
    how : Adversarial
    x, y : (n, d) and (m, d) arrays
        The words that are drawn.
    device : str
        ``cpu``, or ``cuda``, where steps are replayed as a graph.
    """

    def __init__(self, how: Adversarial, x: Array, y: Array, device: str = "cpu") -> None:
        self.how, self.device = how, device
        self.draws = torch.Generator(device).manual_seed(how.seed)
        among = min(len(x), len(y), MOST)
        self.sides = [self._ready(side, among) for side in (x, y)]
        with torch.device(device):
            self.state = self._begin(x.shape[1])
        self.labels = torch.full((how.batch * 2,), how.smoothing, device=device)
        self.labels[: how.batch] = 1 - how.smoothing  # first mapped words, then true ones
        self.kept = torch.tensor(MOMENTS, device=device)
        self.graph: torch.cuda.CUDAGraph | None = None

    def _ready(self, side: Array, among: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the words of a side, and what the critics are told of them beside."""
        told = np.empty((len(side), 0), dtype=np.float32)
        if self.how.profile:
            told = np.float32(self.how.profile) * profiles(side, among)
        if self.how.rescale:
            side = side / np.sqrt(np.mean(np.square(side, dtype=np.float64)))
        rows, beside = (torch.tensor(array, dtype=torch.float32) for array in (side, told))
        return rows.to(self.device), beside.to(self.device)

    def _begin(self, d: int) -> Weights:
        """Return the weights, the moments of Adam, and the rate of every restart's maps."""
        how = self.how
        maps = torch.eye(d).repeat(how.restarts, 1, 1)
        if how.start == "random":
            maps = torch.linalg.qr(torch.randn(maps.shape, generator=self.draws))[0]
        state = {"map": torch.cat([maps, maps.mT]) if how.cycle else maps}
        widths = (d + self.sides[0][1].shape[1], *how.hidden, 1)
        for layer, (wide, out) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            for name, rows in (("weight", wide), ("bias", 1)):
                shape = len(state["map"]), rows, out
                drawn = torch.rand(shape, generator=self.draws)
                state[f"critic.{layer}.{name}"] = (2 * drawn - 1) / wide**0.5
        self.critics = [name for name in state if name != "map"]
        if how.optimizer == "adam":
            state |= {f"mean.{name}": torch.zeros_like(state[name]) for name in list(state)}
            learning = ("map", *self.critics)
            state |= {f"square.{name}": torch.zeros_like(state[name]) for name in learning}
            state |= {f"powers.{name}": torch.ones(2) for name in learning}
        return state | {"rates": torch.full((how.restarts,), how.rate)}

    def advance(self, steps: int, *, eager: bool = False) -> None:
        """Make some steps; ``eager`` issues every operation anew on a GPU as well."""
        if self.draws.device.type == "cuda" and not eager:
            steps = self._replay(steps)
        for _ in range(steps):
            self.step()

    def _replay(self, steps: int) -> int:
        """Make steps a graph at a time, and return how many are left: less than one graph holds.

        Not tested: there was no GPU. It adds nothing to the steps but that they are recorded.
        """
        if self.graph is None:
            warming = min(WARM, steps)
            stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(warming):  # true steps: an unbroken run and one that goes on agree
                    self.step()
            torch.cuda.current_stream().wait_stream(stream)
            steps -= warming
            self.graph = torch.cuda.CUDAGraph()
            if torch.__version__ < "2.14":  # compared as versions; later ones find it themselves
                self.graph.register_generator_state(self.draws)
            with torch.cuda.graph(self.graph):
                for _ in range(CHUNK):
                    self.step()
        for _ in range(steps // CHUNK):
            self.graph.replay()
        return steps % CHUNK

    def step(self) -> None:
        """Let the critics learn a few times, then the maps once."""
        how, w = self.how, self.state["map"]
        for _ in range(how.critic_steps):
            self._descend(self.critics, self.critic_loss, how.critic_rate)
        rates = self.state["rates"].repeat(len(w) // how.restarts)
        self._descend(["map"], self.map_loss, rates[:, None, None])
        w.copy_((1 + how.beta) * w - how.beta * w @ w.mT @ w)

    def critic_loss(self, weights: Weights) -> torch.Tensor:
        """Return every slot's cross-entropy: its critic says 1 of mapped words, 0 of true ones."""
        (sources, beside), (targets, there) = self._drawn()
        mapped = torch.cat([sources @ weights["map"], beside], 2)
        rows = torch.cat([mapped, torch.cat([targets, there], 2)], 1)
        if self.how.dropout:
            drawn = torch.rand(rows.shape, generator=self.draws, device=self.device)
            rows = rows * (drawn >= self.how.dropout) / (1 - self.how.dropout)
        return self._entropy(weights, rows, self.labels).mean(1)

    def map_loss(self, weights: Weights) -> torch.Tensor:
        """Return every slot's loss: its mapped words are known as such, or do not come back.

        Half of the cross-entropy, as MUSE's is a mean over true words as well, of which the map
        knows nothing.
        """
        (sources, beside), _ = self._drawn()
        mapped = sources @ weights["map"]
        wrong = 1 - self.labels[: self.how.batch]
        loss = self._entropy(weights, torch.cat([mapped, beside], 2), wrong).mean(1) / 2
        if self.how.cycle:
            back = mapped @ weights["map"].roll(self.how.restarts, 0)
            loss = loss + self.how.cycle * (back - sources).square().mean((1, 2))
        return loss

    def _entropy(self, weights: Weights, rows: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        for layer in range(len(self.how.hidden) + 1):
            if layer:
                rows = leaky_relu(rows, self.how.leak)
            weight, bias = (weights[f"critic.{layer}.{name}"] for name in ("weight", "bias"))
            rows = torch.baddbmm(bias, rows, weight)
        said = rows[:, :, 0]
        return binary_cross_entropy_with_logits(said, labels.expand_as(said), reduction="none")

    def _drawn(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Draw words for every slot, those to be mapped and true ones; F and G have the same."""
        shape, found = (self.how.restarts, self.how.batch), []
        for rows, beside in self.sides:
            chosen = torch.randint(len(rows), shape, generator=self.draws, device=self.device)
            found.append((rows[chosen], beside[chosen]))
        if not self.how.cycle:
            return found
        (x, of_x), (y, of_y) = found
        return [
            (torch.cat([x, y]), torch.cat([of_x, of_y])),
            (torch.cat([y, x]), torch.cat([of_y, of_x])),
        ]

    def _descend(
        self,
        names: Sequence[str],
        loss: Callable[[Weights], torch.Tensor],
        rate: float | torch.Tensor,
    ) -> None:
        """Go one step down the gradient of the sum of a loss over the slots."""
        learning = {name: self.state[name].detach().requires_grad_() for name in names}
        total = loss(self.state | learning).sum()
        slopes = torch.autograd.grad(total, list(learning.values()))
        for name, slope in zip(names, slopes, strict=True):
            self.state[name].sub_(rate * self._steadied(name, slope))

    def _steadied(self, name: str, slope: torch.Tensor) -> torch.Tensor:
        """Return Adam's direction of a slope (Kingma and Ba 2015); for SGD, the slope."""
        if self.how.optimizer == "sgd":
            return slope
        mean, square, powers = (
            self.state[f"{part}.{name}"] for part in ("mean", "square", "powers")
        )
        mean.lerp_(slope, 1 - MOMENTS[0])
        square.lerp_(slope.square(), 1 - MOMENTS[1])
        powers.mul_(self.kept)
        return mean / (1 - powers[0]) / ((square / (1 - powers[1])).sqrt() + 1e-8)

    @property
    def maps(self) -> npt.NDArray[np.float64]:
        """The maps F of all restarts, (r, d, d); of one that diverged, NaN."""
        r = self.how.restarts
        sums = [self.state[name].flatten(1).sum(1) for name in ("map", *self.critics)]
        finite = torch.stack(sums).isfinite().all(0).view(-1, r).all(0).cpu().numpy()
        maps = self.state["map"][:r].cpu().numpy().astype(np.float64)
        return np.where(finite[:, None, None], maps, np.nan)

    def slow(self, factors: Array) -> None:
        """Multiply the rate of every restart's maps, (r,)."""
        self.state["rates"].mul_(torch.tensor(factors, dtype=torch.float32).to(self.device))

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Return all that the next steps depend on."""
        state = {name: value.cpu().numpy() for name, value in self.state.items()}
        return state | {"draws": self.draws.get_state().numpy()}

    def restore(self, tensors: dict[str, npt.NDArray[Any]]) -> None:
        """Go on from what `tensors` returned."""
        for name, value in self.state.items():
            value.copy_(torch.tensor(tensors[name]))
        self.draws.set_state(torch.tensor(tensors["draws"]))
