"""A step whose batch is cut into shares: what it computes, and that nobody sees who computed them."""

from itertools import islice

import numpy as np
import pytest
import torch
from known_exchange import Noting, OneOfSome
from pydantic import ValidationError
from torch import nn

from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.exchange import Alone
from shls_core.training.loop import train
from shls_core.training.method import TrainableMethod
from shls_core.training.reproducible import reproducible, seeded
from shls_core.training.shares import _seed_of
from shls_core.training.shares_config import TrainingWithShares, num_shares
from shls_core.training.state import TrainingState
from shls_core.training.state_bytes import state_to_bytes
from shls_core.training.step import take_step

SHARES, STEPS = 4, 3
CONFIG = TrainingWithShares(
    steps=STEPS, batch_size=SHARES, learning_rate=1e-2, ema_decay=0.5, num_threads=1, shares=SHARES
)


class Noisy(TrainableMethod):
    """A loss that draws, of a batch norm, of an unused weight and of one that only bright frames reach."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        self.network = nn.ModuleDict(
            {
                "first": nn.Linear(12, 6),
                "norm": nn.BatchNorm1d(6),
                "bright": nn.Linear(6, 1),
                "unused": nn.Linear(2, 2),
                "frozen": nn.Linear(2, 2).requires_grad_(False),
            }
        )
        self.drawn: list[float] = []

    def loss(self, batch, step):
        pixels = torch.tensor(batch.frames.reshape(-1, 12) / 255.0, dtype=torch.float32)
        noise = torch.rand(())
        self.drawn.append(float(noise))
        features = self.network["norm"](self.network["first"](pixels))
        terms = {"square": features.relu().square().mean() + noise * self.network["first"].bias.sum()}
        terms["bright"] = (
            self.network["bright"](features).square().mean() if batch.frames[0, 0, 0, 0, 0] else 0.0 * noise
        )
        return terms


def parts():
    """The shares of every step, one after the other: eight frames of 2x2 px each; the first is dark."""
    for number in range(SHARES * STEPS):
        frames = np.random.default_rng(number).integers(1, 255, (1, 8, 2, 2, 3), dtype=np.uint8)
        frames[0, 0, 0, 0, 0] = number % SHARES
        yield TrainingBatch(frames)


@pytest.fixture(scope="module")
def alone():
    """A training by one worker: its state, its figures and what was exchanged."""
    return trained(exchange := Noting(SHARES)), exchange.given


def trained(exchange):
    method, metrics = Noisy(), []
    state = TrainingState.begin(method.network, CONFIG)
    own = [part for number, part in enumerate(parts()) if number % SHARES in exchange.shares]
    train(method, iter(own), CONFIG, metrics.append, state=state, exchange=exchange)
    return state_to_bytes(state), metrics


@pytest.mark.parametrize("shares", [range(2), range(2, 4), range(1, 2), range(3, 4), range(1, 4)], ids=str)
def test_a_worker_with_some_of_the_shares_has_the_same_state_as_one_with_all(alone, shares):
    (state, metrics), given = alone
    assert trained(OneOfSome(shares, given)) == (state, metrics)


def test_shares_are_added_in_their_order(monkeypatch):
    """A sum of floats in another order is another one."""
    monkeypatch.setattr("shls_core.training.shares._PIECE", 7)

    class Turned(Alone):
        def gather_vectors(self, own):
            return super().gather_vectors(own)[::-1]

    plain, turned = trained(Alone(SHARES)), trained(Turned(SHARES))
    assert plain[1][-1].loss != turned[1][-1].loss
    assert plain[1][-1].loss == pytest.approx(turned[1][-1].loss, rel=1e-4)


def test_pieces_change_nothing(alone, monkeypatch):
    monkeypatch.setattr("shls_core.training.shares._PIECE", 7)
    assert trained(Alone(SHARES)) == alone[0]


def test_a_step_is_that_of_the_mean_of_its_shares():
    """By hand: the shares one after the other through one network, as torch accumulates gradients."""
    method, by_hand = Noisy(), Noisy()
    state = TrainingState.begin(method.network, CONFIG)
    batches = list(islice(parts(), SHARES))
    with reproducible(1):
        metrics = take_step(state, method, batches, CONFIG, Alone(SHARES))
    by_hand.network.train()
    losses = []
    for share, batch in enumerate(batches):
        with seeded(_seed_of(share, CONFIG), 0, torch.device("cpu")):
            loss = sum(by_hand.loss(batch, 0).values())
        (loss / SHARES).backward()
        losses.append(loss.item())
    gradients = [value.grad for value in by_hand.network.parameters() if value.grad is not None]
    assert metrics.loss == pytest.approx(np.mean(losses))
    assert metrics.terms["bright"] > 0
    length = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    assert metrics.gradient_norm == pytest.approx(float(length))
    for mine, theirs in zip(by_hand.network.parameters(), method.network.parameters(), strict=True):
        assert (mine.grad is None) == (theirs.grad is None)
        if mine.grad is not None:
            torch.testing.assert_close(mine.grad, theirs.grad)
    for mine, theirs in zip(by_hand.network.buffers(), method.network.buffers(), strict=True):
        torch.testing.assert_close(mine, theirs)
    assert by_hand.network["norm"].num_batches_tracked == SHARES


def test_random_numbers_depend_on_seed_step_and_share_alone(alone):
    method = Noisy()
    train(method, parts(), CONFIG, lambda _: None)
    assert len(set(method.drawn)) == SHARES * STEPS
    only = Noisy()
    own = [part for number, part in enumerate(parts()) if number % SHARES == 2]
    train(only, iter(own), CONFIG, lambda _: None, exchange=OneOfSome(range(2, 3), alone[1]))
    assert only.drawn == method.drawn[2::SHARES]


def test_one_share_is_the_plain_step():
    """Written out: what a step was before there were shares, bit for bit."""
    plain = TrainingConfig(steps=STEPS, batch_size=1, learning_rate=1e-2, ema_decay=0.5, num_threads=1)
    method, by_hand = Noisy(), Noisy()
    state, expected = TrainingState.begin(method.network, plain), TrainingState.begin(by_hand.network, plain)
    train(method, parts(), plain, lambda _: None, state=state)
    with reproducible(1):
        for step, batch in enumerate(islice(parts(), STEPS)):
            with seeded(plain.seed, step, torch.device("cpu")):
                loss = torch.stack(list(by_hand.loss(batch, step).values())).sum()
            expected.optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(by_hand.network.parameters(), plain.gradient_clip)
            expected.optimiser.step()
            expected.average.update(by_hand.network)
            expected.losses.append(loss.item())
    assert state_to_bytes(state) == state_to_bytes(expected)


def test_a_loss_that_changes_another_buffer_is_found():
    class Counting(Noisy):
        def __init__(self):
            super().__init__()
            self.network.register_buffer("calls", torch.zeros(1))

        def loss(self, batch, step):
            self.network.calls += 1
            return super().loss(batch, step)

    method = Counting()
    with pytest.raises(AssertionError, match="changed a buffer that is none of a batch norm"):
        train(method, parts(), CONFIG, lambda _: None)


def test_a_single_share_is_not_recorded():
    plain = TrainingConfig(batch_size=6)
    assert TrainingWithShares(batch_size=6).model_dump(mode="json") == plain.model_dump(mode="json")
    assert TrainingWithShares(batch_size=6, shares=3).model_dump(mode="json")["shares"] == 3
    assert (num_shares(plain), num_shares(TrainingWithShares(batch_size=6, shares=3))) == (1, 3)


def test_shares_are_equal():
    with pytest.raises(ValidationError, match="that 4 shares cut into equal parts, got 6"):
        TrainingWithShares(batch_size=6, shares=4)
