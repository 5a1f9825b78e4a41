import numpy as np
import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.momentum_memory import training_loss
from shls_core.methods.momentum_memory.network import MomentumNetwork
from shls_core.methods.momentum_memory.training_loss import MomentumMemoryMethod
from shls_core.methods.network_weights import new_network
from shls_core.training.batch import TrainingBatch
from shls_core.training.clip_batch import ClipBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train
from shls_core.training.method import TrainableMethod
from shls_core.training.reproducible import seeded
from shls_core.training.state import TrainingState
from shls_core.training.state_bytes import restore_state, state_to_bytes

CPU = torch.device("cpu")
PAIRS, MEMORY = 0, 2
"""A step of each stage."""


def loss_of(config, clips, step=PAIRS, seed=0, batch=TrainingBatch):
    network = new_network(MomentumNetwork, config.network, seed=0).train()
    with seeded(seed, step, CPU):
        terms = MomentumMemoryMethod(network, config).loss(batch(frames=clips), step)
    return network, terms


@pytest.mark.parametrize("similarity", ["dot", "cosine"])
@pytest.mark.parametrize("reconstruct_at", ["full", "grid"])
@pytest.mark.parametrize("step", [PAIRS, MEMORY])
def test_it_is_a_method_with_one_term(tiny, clips, step, similarity, reconstruct_at):
    config = tiny.model_copy(update={"similarity": similarity, "reconstruct_at": reconstruct_at})
    network, terms = loss_of(config, clips, step)
    assert isinstance(MomentumMemoryMethod(network, tiny), TrainableMethod)
    assert list(terms) == ["reconstruction"]
    assert 0 < terms["reconstruction"].item() < 2 * config.loss_scale
    terms["reconstruction"].backward()
    assert all(weight.grad is not None for weight in network.query.parameters())
    assert all(weight.grad is None for weight in network.reference.parameters())


def test_draws_depend_on_seed_and_step_alone(tiny, clips):
    first = loss_of(tiny, clips)[1]["reconstruction"]
    torch.manual_seed(99)
    assert loss_of(tiny, clips)[1]["reconstruction"] == first
    assert loss_of(tiny, clips, step=1)[1]["reconstruction"] != first
    assert loss_of(tiny, clips, seed=1)[1]["reconstruction"] != first


def encodings(config, clips, step):
    """What each encoder is given, and whether its features have a gradient."""
    seen = []
    network = new_network(MomentumNetwork, config.network, seed=0).train()
    for name in ("query", "reference"):
        encoder = network.get_submodule(name)
        encoder.register_forward_hook(
            lambda module, images, out, name=name: seen.append((name, images[0], out.requires_grad))
        )
    with seeded(0, step, CPU):
        MomentumMemoryMethod(network, config).loss(TrainingBatch(frames=clips), step)
    return sorted(seen, key=lambda one: one[0])


def test_pairs_have_one_encoder_and_a_memory_has_two(tiny, clips):
    def shown(config, step):
        return [(name, len(images), learns) for name, images, learns in encodings(config, clips, step)]

    assert shown(tiny, PAIRS) == [("query", 2 * 2, True)]
    assert shown(tiny, MEMORY) == [("query", 2, True), ("reference", 2 * 2, False)]
    assert shown(tiny.model_copy(update={"memory_from": None}), 99) == [("query", 2 * 2, True)]


@pytest.mark.parametrize("step", [PAIRS, MEMORY, 3, 4, 5])
def test_no_encoder_is_given_the_colour_that_is_reconstructed(tiny, clips, step, monkeypatch):
    reconstructed = []
    original = training_loss.channel_of
    monkeypatch.setattr(
        training_loss,
        "channel_of",
        lambda lab, channels: reconstructed.append(channels) or original(lab, channels),
    )
    for _, images, _ in encodings(tiny, clips, step):
        by_clip = images.reshape(2, -1, 3, 21, 21)
        for frames, channel in zip(by_clip, reconstructed[0].tolist(), strict=True):
            assert channel in (1, 2)
            given = [bool(frames[:, number].any()) for number in range(3)]
            assert given == [number != channel for number in range(3)]


def test_clips_that_are_cut_are_used_as_they_are(tiny):
    """A clip of equal frames in one colour has nothing to reconstruct wrongly, however it is encoded."""
    frames = np.full((2, 3, 21, 21, 3), (200, 40, 90), np.uint8)
    for step in (PAIRS, MEMORY):
        assert loss_of(tiny, frames, step, batch=ClipBatch)[1]["reconstruction"].item() < 1e-9
    frames[:, -1] = (20, 200, 30)  # the last frame is the one that a memory reconstructs
    assert loss_of(tiny, frames, MEMORY, batch=ClipBatch)[1]["reconstruction"].item() > 5


def test_sequences_that_are_too_short_are_an_input_error(tiny):
    with pytest.raises(InputError, match=r"at least 3 frames \(method.views.num_frames\), got 2"):
        loss_of(tiny, np.zeros((2, 2, 24, 30, 3), np.uint8))


CONFIG = TrainingConfig(steps=5, batch_size=2, learning_rate=1e-3, num_threads=1)


def batches(clips):
    return [TrainingBatch(frames=np.roll(clips, step, axis=2)) for step in range(CONFIG.steps)]


def trained(tiny, clips, stop=None, on_state=lambda state: None):
    """Train, perhaps interrupted after some steps: from then on with what was saved alone."""
    network = new_network(MomentumNetwork, tiny.network, seed=0)
    state = TrainingState.begin(network, CONFIG)
    if stop:
        part = CONFIG.model_copy(update={"steps": stop})
        train(MomentumMemoryMethod(network, tiny), batches(clips), part, lambda row: None, state=state)
        on_state(state)
        saved = state_to_bytes(state)
        network = new_network(MomentumNetwork, tiny.network, seed=7)
        state = TrainingState.begin(network, CONFIG)
        restore_state(state, saved)
    rest = batches(clips)[state.step :]
    averaged = train(MomentumMemoryMethod(network, tiny), rest, CONFIG, lambda row: None, state=state)
    return network, state, averaged.averaged


@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_a_run_that_goes_on_ends_like_one_that_was_not_interrupted(tiny, clips, stop):
    """Within the pair stage, between the stages, and within the memory stage."""
    whole, resumed = trained(tiny, clips), trained(tiny, clips, stop)
    for one, other in zip(
        (whole[0].state_dict(), whole[2]), (resumed[0].state_dict(), resumed[2]), strict=True
    ):
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_copy_is_the_trained_encoder_until_the_memory_begins_and_follows_it_then(tiny, clips):
    def equal(state):
        copied = state.network.reference.state_dict()
        of_trained = state.network.query.state_dict().items()
        seen.append(all(torch.equal(value, copied[name]) for name, value in of_trained))

    seen = []
    trained(tiny, clips, 2, equal)
    trained(tiny, clips, 3, equal)
    assert seen == [True, False]


def test_the_copy_has_no_state_in_the_optimiser_and_its_own_statistics(tiny, clips):
    network, state, _ = trained(tiny, clips)
    with_state = {id(weight) for weight in state.optimiser.state}
    assert with_state == {id(weight) for weight in network.query.parameters()}
    counted = [buffer for name, buffer in network.reference.named_buffers() if "num_batches" in name]
    of_query = [buffer for name, buffer in network.query.named_buffers() if "num_batches" in name]
    assert [int(one) for one in counted] == [int(one) for one in of_query] == [5] * len(counted)
    means = [
        (one, other)
        for (name, one), other in zip(network.reference.named_buffers(), network.query.buffers(), strict=True)
        if name.endswith("running_mean")
    ]
    assert not any(torch.equal(one, other) for one, other in means)
