import pytest
import torch

from shls_core.errors import TrainingDiverged
from shls_core.training.config import TrainingConfig
from shls_core.training.exchange import Alone
from shls_core.training.phases import Phase
from shls_core.training.state import TrainingState
from shls_core.training.step import take_step
from shls_core.training.weights import weights_digest


@pytest.fixture
def step(small_shls, batches_from):
    """Return a function that takes one step and returns the state after it, and its figures."""

    def take(**changes):
        method, config = small_shls(0), TrainingConfig(num_threads=1, **changes)
        state = TrainingState.begin(method.network, config)
        return state, take_step(state, method, [next(batches_from(0))], config, Alone())

    return take


def test_in_low_precision_the_loss_is_nearly_the_same_and_the_weights_stay_float32(step):
    (whole, exact), (state, low) = step(), step(precision="bf16")
    assert low.loss == pytest.approx(exact.loss, rel=0.05)
    assert low.loss != exact.loss
    assert {value.dtype for value in state.network.parameters()} == {torch.float32}
    assert weights_digest(state.average.state) != weights_digest(whole.average.state)
    assert weights_digest(state.average.state) == weights_digest(step(precision="bf16")[0].average.state)


def test_random_numbers_depend_on_seed_and_step_alone(small_shls, batches_from):
    def drawn(seed, steps):
        method, numbers = small_shls(0), []
        plain = method.loss

        def noting(batch, step):
            numbers.append(float(torch.rand(())))
            return plain(batch, step)

        method.loss = noting
        config = TrainingConfig(seed=seed, num_threads=1)
        state, batches = TrainingState.begin(method.network, config), batches_from(0)
        for _ in range(steps):
            take_step(state, method, [next(batches)], config, Alone())
        return numbers

    before = torch.get_rng_state()
    first, again, other = drawn(0, 3), drawn(0, 3), drawn(1, 3)
    assert torch.equal(torch.get_rng_state(), before)
    assert first == again
    assert len({*first, *other}) == 6


def test_a_step_that_diverges_changes_no_weight_and_no_average(small_shls, batches_from):
    method, config = small_shls(0), TrainingConfig(num_threads=1)
    plain = method.loss
    method.loss = lambda batch, step: {"nt_xent": plain(batch, step)["nt_xent"] * torch.nan}
    state = TrainingState.begin(method.network, config)
    parameters = dict(method.network.named_parameters())
    before = weights_digest(parameters), weights_digest(state.average.state)
    with pytest.raises(TrainingDiverged, match=r"got loss nan .* \(step 1\)"):
        take_step(state, method, [next(batches_from(0))], config, Alone())
    assert state.step == 0
    assert (weights_digest(parameters), weights_digest(state.average.state)) == before


def test_a_long_gradient_is_cut_to_the_length_configured(step):
    state, metrics = step(gradient_clip=1e-3)
    gradients = [value.grad for value in state.network.parameters() if value.grad is not None]
    length = torch.linalg.vector_norm(torch.cat([gradient.flatten() for gradient in gradients]))
    assert metrics.gradient_norm > 1e-2
    assert float(length) == pytest.approx(1e-3, rel=1e-3)


def test_what_a_method_does_after_a_step_is_averaged(small_shls, batches_from):
    class Following(type(small_shls(0))):
        def after_step(self, step):
            seen.append((step, weights_digest(self.network.state_dict())))
            with torch.no_grad():
                self.network.superfeature_head.fuse.bias.fill_(7.0)

    seen = []
    method, config = small_shls(0), TrainingConfig(num_threads=1, ema_decay=0.0)
    method.__class__ = Following
    state = TrainingState.begin(method.network, config)
    before = weights_digest(method.network.state_dict())
    take_step(state, method, [next(batches_from(0))], config, Alone())
    [(step, stepped)] = seen
    assert step == 0
    assert stepped not in (before, weights_digest(method.network.state_dict()))
    assert state.average.state["superfeature_head.fuse.bias"].tolist() == [7.0]


def test_every_phase_begins_rate_and_average_anew(small_shls, batches_from):
    method, config = small_shls(0), TrainingConfig(steps=6, learning_rate=0.1, num_threads=1)
    method.phases = (Phase(), Phase(2, 0.01), Phase(5, 0.001))
    state, batches = TrainingState.begin(method.network, config), batches_from(0)
    found = []
    for _ in range(6):
        metrics = take_step(state, method, [next(batches)], config, Alone())
        found.append((metrics.learning_rate, state.average.num_updates))
    assert found == [(0.1, 1), (0.1, 2), (0.01, 1), (0.01, 2), (0.01, 3), (0.001, 1)]
