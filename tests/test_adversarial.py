from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import rotation
from numpy.testing import assert_allclose, assert_array_equal

from align import Adversarial, Problem, Procrustes, SelfLearning
from align.solvers import MUSE_ADVERSARIAL
from align.solvers.adversary import Game
from align.solvers.epochs import Epochs, refined
from align.solvers.kept import checkpoint, keeping, solved
from align.solvers.profile import profiles
from align.solvers.stored import State

NONE = np.empty((0, 2), dtype=np.intp)
SMALL = Adversarial(restarts=2, hidden=(32,), epochs=5, steps=100, device="cpu")
TINY = replace(SMALL, hidden=(5,), epochs=2, steps=7, batch=8, k=3, rounds=2)


@pytest.fixture(scope="module")
def clouds():
    """Words in uneven clusters, and the same words turned."""
    rng = np.random.default_rng(8)
    centres = rng.standard_normal((8, 6))
    x = centres[rng.choice(8, 400, p=np.arange(1, 9) / 36)] + 0.4 * rng.standard_normal((400, 6))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return Problem(x, x @ rotation(rng, 6), NONE)


@pytest.mark.parametrize("change", [{}, {"profile": 0}, {"profile": 0, "cycle": 0}])
def test_a_rotation_is_found_without_seeds(clouds, change):
    solution = replace(SMALL, **change)(clouds)

    assert_allclose(solution.map(clouds.x), clouds.y, atol=1e-6)
    assert_array_equal(solution.pairs, np.column_stack([np.arange(400)] * 2))
    assert solution.converged
    assert "its best map was found twice" in solution.stopped


def test_self_learning_goes_on_from_it(clouds):
    rng = np.random.default_rng(0)
    blurred = replace(clouds, y=clouds.y + 0.003 * rng.standard_normal(clouds.y.shape))
    solver = SelfLearning(start=SMALL, last=Procrustes(), keep=1, patience=2)

    found = solver(blurred)

    assert np.mean(np.argmax(found.map(blurred.x) @ blurred.y.T, 1) == np.arange(400)) > 0.9


def test_seeds_take_no_part(clouds):
    pairs = np.column_stack([np.arange(9), np.arange(9)[::-1]])

    with_seeds, without = TINY(replace(clouds, pairs=pairs)), TINY(clouds)

    assert_array_equal(with_seeds.map.w, without.map.w)


class ByHand:
    """One training of a game, with torch's modules and optimizers."""

    def __init__(self, game, training):
        how, self.r = game.how, training
        self.slots = (training, training + how.restarts) if how.cycle else (training,)
        self.how, self.game, self.state = how, game, game.state
        self.maps = [torch.nn.Parameter(self.state["map"][slot].clone()) for slot in self.slots]
        self.critics = [self.critic(slot) for slot in self.slots]
        weights = [p for critic in self.critics for p in critic.parameters()]
        adam = {"betas": (0.5, 0.999)} if how.optimizer == "adam" else {}
        optimizer = torch.optim.Adam if adam else torch.optim.SGD
        self.down = optimizer(weights, how.critic_rate, **adam)
        self.away = optimizer(self.maps, how.rate, **adam)

    def critic(self, slot):
        layers = []
        for layer in range(len(self.how.hidden) + 1):
            weight, bias = (
                self.state[f"critic.{layer}.{name}"][slot] for name in ("weight", "bias")
            )
            linear = torch.nn.Linear(*weight.shape)
            linear.weight.data, linear.bias.data = weight.T.clone(), bias[0].clone()
            layers += [linear, torch.nn.LeakyReLU(self.how.leak)]
        return torch.nn.Sequential(*layers[:-1])

    def step(self, draws):
        """Step with the words and the dropped inputs of every step of the critics, and the maps."""
        (x, of_x), (y, of_y) = self.game.sides
        entropy, b, smooth = torch.nn.functional.binary_cross_entropy, self.how.batch, 0.1
        for i, j, dropped in draws[:-1]:
            i, j = i[self.r], j[self.r]
            sides = [(x[i], of_x[i], y[j], of_y[j]), (y[j], of_y[j], x[i], of_x[i])]
            loss = 0.0
            for f, critic, slot, (source, s, target, t) in zip(
                self.maps, self.critics, self.slots, sides, strict=False
            ):
                rows = torch.cat([torch.cat([source @ f, s], 1), torch.cat([target, t], 1)])
                rows = torch.where(dropped[slot] < 0.25, 0.0, rows / 0.75).detach()
                labels = torch.tensor([1 - smooth] * b + [smooth] * b)
                loss = loss + entropy(torch.sigmoid(critic(rows)[:, 0]), labels)
            self.down.zero_grad()
            loss.backward()
            self.down.step()
        i, j, _ = draws[-1]
        given = [(x[i[self.r]], of_x[i[self.r]]), (y[j[self.r]], of_y[j[self.r]])]
        loss = 0.0
        for f, g, critic, (source, s) in zip(
            self.maps, self.maps[::-1], self.critics, given, strict=False
        ):
            said = torch.sigmoid(critic(torch.cat([source @ f, s], 1))[:, 0])
            loss = loss + entropy(said, torch.full((b,), smooth)) / 2
            if self.how.cycle:
                loss = loss + self.how.cycle * torch.mean((source @ f @ g - source) ** 2)
        self.away.zero_grad()
        loss.backward()
        self.away.step()
        for f in self.maps:
            f.data = (1 + self.how.beta) * f.data - self.how.beta * f.data @ f.data.T @ f.data


def drawn(game):
    """Return what the next step of a game will draw."""
    twin, how = torch.Generator(), game.how
    twin.set_state(game.draws.get_state())
    found, shape = [], (how.restarts, how.batch)
    width = len(game.state["critic.0.weight"][0])
    for last in [False] * how.critic_steps + [True]:
        i, j = (torch.randint(len(rows), shape, generator=twin) for rows, _ in game.sides)
        inputs = len(game.state["map"]), 2 * how.batch, width
        found.append((i, j, None if last else torch.rand(inputs, generator=twin)))
    return found


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("change", [{}, {"cycle": 0, "profile": 0}])
def test_the_steps_are_those_of_a_training_alone(clouds, optimizer, change):
    how = replace(TINY, optimizer=optimizer, hidden=(5, 4), dropout=0.25, rate=0.02, **change)
    game = Game(how, clouds.x, clouds.y)
    alone = [ByHand(game, training) for training in range(2)]

    for _ in range(3):
        draws = drawn(game)
        for training in alone:
            training.step(draws)
        game.step()

    for training in alone:
        for slot, w, critic in zip(training.slots, training.maps, training.critics, strict=True):
            assert_allclose(game.state["map"][slot], w.detach(), atol=2e-6)
            last = game.state["critic.2.weight"][slot]
            assert_allclose(last.T, critic[-1].weight.detach(), atol=2e-6)


def test_a_newton_step_keeps_maps_orthogonal(clouds):
    game = Game(replace(TINY, beta=0.5), clouds.x, clouds.y)

    game.advance(30)

    w = game.state["map"]
    assert_allclose(w @ w.mT, torch.eye(6).expand(4, 6, 6), atol=1e-3)
    assert not np.allclose(w, Game(TINY, clouds.x, clouds.y).state["map"], atol=0.05)


def test_the_map_returned_is_orthogonal_and_its_loss_is_the_one_reported(clouds):
    solution = replace(TINY, epochs=3, rounds=1, agreement=1)(clouds)

    assert solution.map.deviation < 1e-10
    mapped = clouds.x @ solution.map.w
    cosines = mapped @ clouds.y.T
    near_x, near_y = (np.sort(side, 1)[:, -3:].mean(1) for side in (cosines, cosines.T))
    best = np.argmax(2 * cosines - near_x[:, None] - near_y, axis=1)
    assert_allclose(solution.losses[-1], 1 - cosines[np.arange(400), best].mean(), atol=1e-6)
    assert solution.losses[-1] == min(solution.losses)
    back = np.argmax(2 * cosines.T - near_y[:, None] - near_x, axis=1)
    mutual = [(i, j) for i, j in enumerate(best) if back[j] == i]
    assert_array_equal(solution.pairs, mutual)


def test_another_seed_draws_otherwise_and_the_global_one_is_left_alone(clouds):
    before = torch.get_rng_state()

    first, same, other = (replace(TINY, seed=seed)(clouds) for seed in (3, 3, 4))

    assert_array_equal(first.map.w, same.map.w)
    assert not np.allclose(first.map.w, other.map.w)
    assert_array_equal(torch.get_rng_state(), before)


def test_a_training_that_diverges_is_told_and_the_others_go_on(clouds, monkeypatch, caplog):
    how = replace(TINY, restarts=3, agreement=1)
    undisturbed = Game(how, clouds.x, clouds.y)
    undisturbed.advance(14)
    begin, games = Game._begin, []

    def poisoned(game, d):
        games.append(game)
        state = begin(game, d)
        state["rates"][1] = 1e30
        return state

    monkeypatch.setattr(Game, "_begin", poisoned)

    solution = how(clouds)

    assert "training 2 diverged in epoch 1" in caplog.text
    assert solution.stopped.endswith("; diverged: training 2")
    assert np.isfinite(solution.map.w).all()
    assert np.isnan(games[0].maps[1]).all()
    assert_array_equal(games[0].maps[[0, 2]], undisturbed.maps[[0, 2]])


def test_where_all_diverge_the_error_says_what_to_lower(clouds):
    with pytest.raises(ValueError, match=r"all 2 .* diverged .* rates 1e\+30 and 0.001: lower"):
        replace(TINY, rate=1e30)(clouds)


def test_where_all_diverge_later_the_best_before_is_returned(clouds, monkeypatch):
    slow, first = Game.slow, replace(TINY, epochs=1)(clouds)

    def faster(game, factors):
        slow(game, 1e35 * factors)

    monkeypatch.setattr(Game, "slow", faster)

    solution = replace(TINY, epochs=4)(clouds)

    assert "epoch 2 of at most 4: all trainings have diverged" in solution.stopped
    assert_array_equal(solution.map.w, first.map.w)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_training_that_was_killed_goes_on_to_the_same_map(clouds, tmp_path, optimizer):
    how = replace(TINY, optimizer=optimizer, epochs=4, decay=0.9, shrink=0.5, agreement=1)
    unbroken = how(clouds)
    seen = []

    def kill(step):
        if step.done >= 2 * how.steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), keeping(clouds, tmp_path):
        how(clouds, on_step=kill)
    with keeping(clouds, tmp_path):
        again = solved(how, clouds, on_step=lambda step: seen.append(step.done))

    assert seen[0] == 2 * how.steps
    assert_array_equal(again.map.w, unbroken.map.w)
    assert again.losses == unbroken.losses
    assert again.stopped == unbroken.stopped
    assert not list(tmp_path.glob("*.state.*"))  # it has served


def test_a_state_is_read_again_and_a_damaged_one_is_told(clouds, tmp_path, caplog):
    state = State(
        {"a": np.arange(3), "b": np.eye(2), "c": np.array(0.5)}, {"epoch": 3, "names": ["x"]}
    )
    with keeping(clouds, tmp_path):
        kept, other = checkpoint(TINY, clouds), checkpoint(SMALL, clouds)
        assert kept.read() is None

        kept.write(state)

        assert kept.path != other.path
        assert kept.read().told == state.told
        np.testing.assert_equal(kept.read().tensors, state.tensors)
        kept.path.write_bytes(kept.path.read_bytes()[:-9])
        assert kept.read() is None
    assert "is not a readable step" in caplog.text
    assert "it is solved from the beginning" in caplog.text


def test_without_a_folder_no_state_is_kept(clouds):
    assert checkpoint(TINY, clouds).path is None
    with keeping(clouds):
        assert checkpoint(TINY, clouds).path is None


def test_muses_settings_are_those_published():
    assert replace(MUSE_ADVERSARIAL, k=10) == Adversarial(
        restarts=1,
        start="identity",
        rescale=False,
        profile=0,
        hidden=(2048, 2048),
        leak=0.2,
        dropout=0.1,
        smoothing=0.1,
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
        steps=1_000_000 // 32,
        among=10_000,
        rounds=0,
        agreement=1,
    )


def test_muses_rate_is_halved_from_the_second_drop_of_the_criterion(rng):
    criteria = rng.random((12, 3)).round(1)  # some of them equal
    done = Epochs(np.empty((0, 3)), np.zeros((3, 2, 2)), np.eye(2), 0.0)
    best, dropped = np.full(3, -np.inf), np.zeros(3, dtype=bool)

    for values in criteria:
        done = done.then([(np.eye(2), -value) for value in values], np.eye(2))
        halved = []
        for i, value in enumerate(values):
            best[i] = max(best[i], value)
            halved.append(bool(dropped[i] and value < best[i]))
            dropped[i] |= value < best[i]

        assert_array_equal(done.falling, halved)


def test_rates_are_those_of_every_training(clouds):
    game = Game(TINY, clouds.x, clouds.y)

    game.slow(0.98 * np.array([1, 0.5]))

    assert_allclose(game.state["rates"], [0.0049, 0.00245])


def test_muses_start_is_the_identity_and_knows_words_by_their_vectors_alone(clouds):
    game = Game(replace(MUSE_ADVERSARIAL, hidden=(3,), device="cpu"), clouds.x, clouds.y)

    assert_array_equal(game.maps, np.eye(6)[None])
    assert_allclose(game.sides[0][0], clouds.x, rtol=1e-6)
    assert game.sides[0][1].shape == (400, 0)


def test_the_best_of_all_epochs_is_kept_and_known_when_it_is_found_again(rng):
    a, b, c = (rotation(rng, 9) for _ in range(3))
    x = rng.standard_normal((50, 9))
    done = Epochs.none(2, 9)

    done = done.then([(a, 0.5), (b, 0.3)], x)
    assert_array_equal(done.best, b)
    assert done.agreement < 0.7
    done = done.then([(a, 0.6), (c, 0.4)], x)
    assert_array_equal(done.best, b)
    assert done.path == (0.3,)
    assert done.agreement < 0.7
    done = done.then([(b, 0.2), (a, 0.6)], x)
    assert done.path == (0.5, 0.6, 0.2)
    assert done.agreement < 0.7  # b was not found in the epoch before
    mapped = x @ b, x @ c
    cosine = np.sum(mapped[0] * mapped[1]) / np.sum(x**2)
    done = done.then([(a, 0.9), (b, 0.8)], x)
    assert done.agreement == pytest.approx(1)
    assert done.then([(c, 0.9), (c, 0.9)], x).agreement == pytest.approx(cosine)


def test_a_map_is_refined_from_the_nearest_orthogonal_one(clouds):
    turned = rotation(np.random.default_rng(1), 6)

    w, loss = refined(2.5 * turned, clouds.x, clouds.y, 0, 10)
    better, less = refined(turned, clouds.x, clouds.y, 5, 10)

    assert_allclose(w, turned, atol=1e-12)
    assert_allclose(better @ better.T, np.eye(6), atol=1e-12)
    assert less < loss


def test_a_profile_is_the_same_however_a_side_is_turned(clouds):
    assert_allclose(profiles(clouds.x, 300), profiles(clouds.y, 300), atol=1e-3)


def test_a_profile_by_hand(rng):
    x = rng.standard_normal((60, 4))
    values, vectors = np.linalg.eigh(x[:50].T @ x[:50])
    rows = x @ vectors @ np.diag(values**-0.25)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ends = np.unique(np.geomspace(1, 50, 9).astype(int)) - 1
    own, kin = [], []
    for i, row in enumerate(rows):
        others = sorted(((row @ rows[j], j) for j in range(50) if j != i), reverse=True)
        near = [cosine for cosine, _ in others[:49]]  # a word outside has one more
        bands = [np.mean(near[a:b]) for a, b in zip(ends, ends[1:], strict=False)]
        own.append([*bands, np.log(i + 10)])
        kin.append([j for _, j in others[:49]])
    own = np.array(own)
    own = (own - own.mean(0)) / own.std(0)
    theirs = np.array([own[some].mean(0) for some in kin])
    theirs = (theirs - theirs.mean(0)) / theirs.std(0)

    found = profiles(x, 50)

    assert_allclose(found, np.column_stack([own, theirs]), atol=2e-3)


@pytest.mark.parametrize("how", [Adversarial(device="cpu"), MUSE_ADVERSARIAL])
def test_limits_are_clamped_where_words_are_few(clouds, how):
    few = Problem(clouds.x[:12], clouds.y[:9], NONE)

    solution = replace(how, hidden=(4,), epochs=1, steps=3, device="cpu")(few)

    assert solution.map.shape == (6, 6)


def test_words_or_dimensions_that_do_not_fit_are_named(clouds):
    with pytest.raises(ValueError, match="needs 3 words of either side, got 400 and 2"):
        TINY(Problem(clouds.x, clouds.y[:2], NONE))
    with pytest.raises(ValueError, match=r"got 6 and 5; --normalize unit,center,pca:5,unit"):
        TINY(Problem(clouds.x, clouds.y[:, :5], NONE))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told(clouds):
    with pytest.raises(ValueError, match="torch sees no CUDA device"):
        replace(TINY, device="cuda")(clouds)


@pytest.mark.parametrize(
    "bad",
    [
        {"restarts": 0},
        {"hidden": (4, -3)},
        {"cycle": -0.5},
        {"dropout": 1.5},
        {"beta": 0.7},
        {"rate": -2},
        {"agreement": 1.2},
        {"start": "zero"},
        {"optimizer": "rms"},
        {"device": "tpu"},
    ],
)
def test_hyperparameters_out_of_range_are_named(bad):
    value = next(iter(bad.values()))
    with pytest.raises(ValueError, match=f"got .*{value if value != (4, -3) else -3}"):
        Adversarial(**bad)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_replayed_steps_are_those_issued_one_by_one(clouds):
    how = replace(TINY, device="cuda")
    replayed, eager = (Game(how, clouds.x, clouds.y, "cuda") for _ in range(2))

    replayed.advance(70)
    eager.advance(70, eager=True)

    assert_allclose(replayed.maps, eager.maps, atol=1e-4)
