from dataclasses import replace

import numpy as np
import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.dul import training_loss
from shls_core.methods.dul.config import DulConfig, DulNetworkConfig, ViewsConfig
from shls_core.methods.dul.network import DulNetwork
from shls_core.methods.dul.training_loss import DulMethod
from shls_core.methods.dul.views import main_cells
from shls_core.methods.network_weights import new_network
from shls_core.methods.registry import method_config
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train
from shls_core.training.method import TrainableMethod
from shls_core.training.reproducible import seeded
from shls_core.training.state import TrainingState
from shls_core.training.state_bytes import restore_state, state_to_bytes

CPU = torch.device("cpu")


def loss_of(config, clips, step=0, seed=0):
    network = new_network(DulNetwork, config.network, seed=0).train()
    with seeded(seed, step, CPU):
        terms = DulMethod(network, config).loss(TrainingBatch(frames=clips), step)
    return network, terms


def test_it_is_a_method_with_two_terms(tiny, clips):
    network, terms = loss_of(tiny, clips)
    assert isinstance(DulMethod(network, tiny), TrainableMethod)
    assert list(terms) == ["space_time", "cross_view"]
    most = np.log(2 * 4) + 2 / tiny.temperature  # the surprise of the most dissimilar of eight anchors
    assert 0 < terms["space_time"].item() < most
    torch.stack(list(terms.values())).sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_only_the_reference_of_the_other_view_carries_a_gradient(tiny, clips, monkeypatch):
    made = []
    embeddings = type(new_network(DulNetwork, tiny.network, 0)).embeddings

    def kept(network, images):
        made.append((images.shape[0], torch.is_grad_enabled()))
        return embeddings(network, images)

    monkeypatch.setattr(type(new_network(DulNetwork, tiny.network, 0)), "embeddings", kept)
    loss_of(tiny, clips)
    # Two clips: three frames of the main view and one reference of the other; then its two other frames.
    assert made == [(2 * 4, True), (2 * 2, False)]


def test_the_cross_view_term_has_its_weight(tiny, clips):
    one = loss_of(tiny, clips)[1]
    other = loss_of(tiny.model_copy(update={"cross_view_weight": 0.3}), clips)[1]
    assert other["space_time"] == one["space_time"]
    assert other["cross_view"].item() == pytest.approx(3 * one["cross_view"].item(), rel=1e-5)


def test_draws_depend_on_seed_and_step_alone(tiny, clips):
    first = loss_of(tiny, clips)[1]["space_time"]
    torch.manual_seed(99)
    assert loss_of(tiny, clips)[1]["space_time"] == first
    assert loss_of(tiny, clips, step=1)[1]["space_time"] != first
    assert loss_of(tiny, clips, seed=1)[1]["space_time"] != first


@pytest.mark.parametrize("norm", ["batch", "running"])
def test_the_network_stays_in_training_mode(tiny, clips, norm):
    network, _ = loss_of(tiny.model_copy(update={"regularising_norm": norm}), clips)
    assert all(module.training for module in network.modules())
    passes = {"batch": 2, "running": 1}[norm]
    assert network.backbone.stem[1].num_batches_tracked == passes


def test_clips_of_one_frame_learn_from_the_cross_view_term(tiny, clips):
    views = tiny.views.model_copy(update={"num_frames": 1})
    network, terms = loss_of(tiny.model_copy(update={"views": views}), clips)
    assert terms["space_time"].item() == 0.0
    torch.stack(list(terms.values())).sum().backward()
    assert network.backbone.stem[0].weight.grad.abs().sum() > 0


@pytest.mark.parametrize("shape", [(2, 4, 32, 44, 3), (2, 2, 40, 44, 3)])
def test_clips_that_are_too_small_or_short_are_an_input_error(tiny, shape):
    with pytest.raises(InputError, match=r"expected clips of at least 3 frames of 33x33 px"):
        loss_of(tiny, np.zeros(shape, np.uint8))


def test_grids_finer_than_the_cells_are_refused():
    with pytest.raises(ValueError, match=r"at most 5, the cells of a crop of 33 px, got 8 and 4"):
        method_config({"name": "dul", "views": {"crop": 33}})


def test_a_run_that_goes_on_ends_like_one_that_was_not_interrupted(tiny, clips):
    config = TrainingConfig(steps=4, batch_size=2, learning_rate=1e-3, num_threads=1)
    batches = [TrainingBatch(frames=np.roll(clips, step, axis=2)) for step in range(4)]

    def trained(stop=None):
        network = new_network(DulNetwork, tiny.network, seed=0)
        state = TrainingState.begin(network, config)
        if stop:
            part = config.model_copy(update={"steps": stop})
            train(DulMethod(network, tiny), batches, part, lambda row: None, state=state)
            saved = state_to_bytes(state)
            network = new_network(DulNetwork, tiny.network, seed=7)
            state = TrainingState.begin(network, config)
            restore_state(state, saved)
        train(DulMethod(network, tiny), batches[state.step :], config, lambda row: None, state=state)
        return network.state_dict()

    whole, resumed = trained(), trained(stop=2)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_no_gradient_reaches_the_other_frames_of_the_regularising_view(tiny, clips, monkeypatch):
    def lengths(config):
        """Return the lengths of the gradients of main views, references of the other view, other frames."""
        outputs, network = [], new_network(DulNetwork, config.network, seed=0).train()
        embeddings = type(network).embeddings

        def kept(network, images):
            outputs.append(embeddings(network, images))
            if outputs[-1].requires_grad:
                outputs[-1].retain_grad()
            return outputs[-1]

        with monkeypatch.context() as patched, seeded(0, 0, CPU):
            patched.setattr(type(network), "embeddings", kept)
            terms = DulMethod(network, config).loss(TrainingBatch(frames=clips), 0)
        torch.stack(list(terms.values())).sum().backward()
        together, others = outputs
        of_clips = together.grad.unflatten(0, (2, 4))
        return of_clips[:, :3].norm().item(), of_clips[:, 3].norm().item(), others.requires_grad

    main, reference, others = lengths(tiny)
    assert main > 0
    assert reference > 0
    assert not others
    main, reference, others = lengths(tiny.model_copy(update={"cross_view_weight": 0.0}))
    assert main > 0
    assert reference == 0
    assert not others


class Oracle(DulNetwork):
    """Recognises every pixel by its colour: red is the row, green the column, blue names the clip."""

    def embeddings(self, images):
        colours = images * self.normalised.deviation + self.normalised.mean
        cells = colours[:, :, ::8, ::8].flatten(2).transpose(1, 2) * 255
        rows, columns = cells[..., 0] / 40, cells[..., 1] / 40
        turns = torch.stack([rows.sin(), rows.cos(), columns.sin(), columns.cos()], dim=2)
        blue = torch.eye(2)[(cells[..., 2] > 128).long()]
        return torch.nn.functional.normalize(torch.cat([turns, 2 * blue], dim=2), dim=2)


def test_a_network_that_recognises_every_pixel_has_almost_no_loss(monkeypatch):
    rows, columns = np.mgrid[:121, :121].astype(np.uint8)
    still = np.stack([np.stack([rows, columns, np.full_like(rows, blue)], axis=2) for blue in (0, 255)])
    frames = np.repeat(still[:, None], 3, axis=1)
    config = DulConfig(
        network=DulNetworkConfig(width_multiplier=0.0625, embedding_size=6),
        views=ViewsConfig(num_frames=3, crop=121),
        grid=4,
        temperature=0.004,
    )
    method = DulMethod(Oracle(config.network), config)

    def largest(term):
        values = []
        for step in range(12):
            with seeded(0, step, CPU):
                values.append(method.loss(TrainingBatch(frames=frames), step)[term].item())
        return max(values)

    assert largest("cross_view") / config.cross_view_weight < 0.1
    # Half-way between two anchors the other view may name the other one.
    assert largest("space_time") < 0.5
    # Views whose mirroring is not brought back have no such network.
    monkeypatch.setattr(
        training_loss, "main_cells", lambda view, *rest: main_cells(replace(view, flipped=False), *rest)
    )
    assert largest("cross_view") / config.cross_view_weight > 1
