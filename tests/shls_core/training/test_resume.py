"""A run that is ended between any two steps and gone on with ends like one that never was."""

import os
import signal
import threading

import pytest
import torch

from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train
from shls_core.training.state import TrainingState
from shls_core.training.state_bytes import restore_state, state_to_bytes
from shls_core.training.weights import weights_digest

CONFIG = TrainingConfig(
    steps=6,
    learning_rate=1e-2,
    schedule="cosine",
    warmup_steps=2,
    ema_decay=0.9,
    validate_every=2,
    checkpoint="best",
    num_threads=1,
)


def brightness(weights) -> float:
    """A score that depends on the weights alone, 0..1, and is highest in the middle of the run."""
    total = sum(float(value.double().abs().sum()) for value in weights.values() if value.is_floating_point())
    return (total * 7.919) % 1.0


class Ended(BaseException):
    """Somebody ends the run, as Ctrl-C or SIGTERM do."""


class EndsWhenCopied(dict):
    """Weights during whose first copy the run is ended by a signal."""

    is_whole = True

    def items(self):
        if self.is_whole:
            self.is_whole = False
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(0.01)  # any bytecode would let it in
        return super().items()


@pytest.fixture(autouse=True)
def sigterm_ends():
    def end(*_):
        raise Ended

    before = signal.signal(signal.SIGTERM, end)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def precision():
    """Numbers of the forward pass."""
    return "fp32"


@pytest.fixture
def run(small_shls, batches_from, precision):
    """Return a function that trains, and may end in a step, in a validation, or in what it keeps of that."""

    config = CONFIG.model_copy(update={"precision": precision})

    def run(
        saved=None,
        ends_at_step=None,
        ends_at_validation=None,
        ends_at_copy=None,
        save_every=None,
        dropout=False,
    ):
        method, kept = small_shls(0), []
        if dropout:
            plain = method.loss

            def noisy(batch, step):
                return {name: term * (1 + torch.rand(())) for name, term in plain(batch, step).items()}

            method.loss = noisy
        state = TrainingState.begin(method.network, config)
        if saved:
            restore_state(state, saved)

        def on_step(metrics):
            if metrics.step == ends_at_step:
                raise Ended

        def validate(weights):
            if state.step == ends_at_validation:
                raise Ended
            if state.step == ends_at_copy:
                state.average.state = EndsWhenCopied(weights)
            return brightness(weights)

        try:
            weights = train(
                method,
                batches_from(state.step),
                config,
                on_step,
                state=state,
                validate=validate,
                save=lambda state: kept.append(state_to_bytes(state)),
                save_every=save_every,
            )
        except Ended:
            return None, state, kept
        return weights, state, kept

    return run


def outcome(weights, state):
    found = (weights.averaged, state.network.state_dict(), weights.best)
    return (*map(weights_digest, found), tuple(state.losses), tuple(state.validations))


@pytest.mark.parametrize("dropout", [False, True])
def test_ended_after_any_step(run, dropout):
    whole = outcome(*run(dropout=dropout)[:2])
    for step in range(1, CONFIG.steps + 1):
        _, state, kept = run(ends_at_step=step, dropout=dropout)
        assert state.step == step
        weights, state, _ = run(saved=kept[-1], dropout=dropout)
        assert outcome(weights, state) == whole


def test_ended_in_every_validation(run):
    whole = outcome(*run()[:2])
    for step in (2, 4, 6):
        _, _, kept = run(ends_at_validation=step)
        assert outcome(*run(saved=kept[-1])[:2]) == whole


def test_ended_while_the_best_weights_are_kept(run):
    """A signal that comes between the note of a validation and the copy of its weights waits for both."""
    _, state, kept = run(ends_at_copy=2)  # the first is the best so far
    assert [validation.step for validation in state.validations] == [2]
    assert state.best is not None
    assert outcome(*run(saved=kept[-1])[:2]) == outcome(*run()[:2])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_ended_again_and_again(run):
    saved = None
    for step in range(1, CONFIG.steps + 1):
        _, _, kept = run(saved, ends_at_step=step)
        saved = kept[-1]
    assert outcome(*run(saved)[:2]) == outcome(*run()[:2])


def test_killed_after_a_saved_state_the_steps_since_are_done_again(run):
    weights, state, kept = run(save_every=4)
    assert len(kept) == 1
    assert outcome(*run(kept[0])[:2]) == outcome(weights, state)


def test_without_its_state_a_run_would_end_elsewhere(run, small_shls, batches_from):
    """What is saved is needed: weights alone do not do."""
    _, state, _ = run(ends_at_step=3)
    method = small_shls(0)
    method.network.load_state_dict(state.network.state_dict())
    other = TrainingState.begin(method.network, CONFIG)
    other.losses[:] = state.losses
    train(method, batches_from(3), CONFIG, lambda _: None, state=other, validate=brightness)
    assert weights_digest(method.network.state_dict()) != outcome(*run()[:2])[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_a_step_takes_effect_after_it(small_shls, batches_from, number):
    method, kept, seen = small_shls(0), [], []
    plain = method.loss
    config = TrainingConfig(steps=5, num_threads=1)

    def interrupted(batch, step):
        if len(seen) == 2:
            os.kill(os.getpid(), number)
            threading.Event().wait(0.01)  # any bytecode would let it in
        return plain(batch, step)

    method.loss = interrupted
    state = TrainingState.begin(method.network, config)

    def end(*_):
        raise Ended

    before = signal.signal(number, end)
    try:
        with pytest.raises(Ended):
            train(
                method,
                batches_from(0),
                config,
                seen.append,
                state=state,
                save=lambda state: kept.append(state.step),
            )
        assert signal.getsignal(number) is end
    finally:
        signal.signal(number, before)
    assert [metrics.step for metrics in seen] == [1, 2, 3]
    assert kept == [3]


def test_a_run_that_fails_or_has_done_nothing_saves_nothing(small_shls, batches_from):
    kept = []
    config = TrainingConfig(steps=3, num_threads=1)

    def failing(metrics):
        raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        train(small_shls(0), batches_from(0), config, failing, save=kept.append)

    def ended():
        raise Ended
        yield

    with pytest.raises(Ended):
        train(small_shls(0), ended(), config, lambda _: None, save=kept.append)
    assert kept == []
