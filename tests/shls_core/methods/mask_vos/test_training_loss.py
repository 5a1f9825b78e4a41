import dataclasses

import numpy as np
import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.mask_vos.network import MaskVosNetwork
from shls_core.methods.mask_vos.training_loss import MaskVosMethod
from shls_core.methods.network_weights import new_network
from shls_core.training.batch import TrainingBatch
from shls_core.training.clip_batch import ClipBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train
from shls_core.training.reproducible import seeded


def terms(config, batch, step=0):
    network = new_network(MaskVosNetwork, config.network, seed=0).train()
    with seeded(0, step, torch.device("cpu")):
        return MaskVosMethod(network, config).loss(batch, step), network


def test_the_terms_are_those_of_the_configuration(tiny, batch):
    found, _ = terms(tiny, batch)
    assert list(found) == ["short_term", "long_term", "segmentation"]
    assert all(term.isfinite() and term > 0 for term in found.values())
    of_dul, _ = terms(tiny.model_copy(update={"correspondence": "dul"}), batch)
    assert list(of_dul) == ["space_time", "cross_view", "segmentation"]


def test_without_segmentation_no_masks_are_read(tiny, batch):
    config = tiny.model_copy(update={"segmentation_weight": 0.0})
    found, network = terms(config, TrainingBatch(frames=batch.frames))
    assert list(found) == ["short_term", "long_term"]
    torch.stack(list(found.values())).sum().backward()
    assert all(value.grad is None for value in network.decoder.parameters())


def test_every_weight_learns_from_segmentation(tiny, batch):
    found, network = terms(tiny, batch)
    found["segmentation"].backward()
    still = [
        name
        for name, value in network.named_parameters()
        if value.grad is None or not value.grad.abs().sum() > 0
    ]
    # Of the two hidden units that attention has at this width, none may be above 0.
    assert [name for name in still if "attention.of_channels" not in name] == []


def test_only_the_projection_of_the_visual_encoder_learns_where_its_backbone_is_kept(tiny, batch):
    config = tiny.model_copy(update={"train_encoder": False})
    network = new_network(MaskVosNetwork, config.network, seed=0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    train(
        MaskVosMethod(network, config),
        [batch] * 2,
        TrainingConfig(steps=2, ema_decay=0.0, learning_rate=1e-2),
        lambda row: None,
    )
    after = network.state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"projection", "mask_encoder", "decoder"}


def test_clips_without_objects_teach_correspondence_alone(tiny, batch):
    empty = dataclasses.replace(batch, masks=np.zeros_like(batch.masks))
    found, network = terms(tiny, empty)
    assert found["segmentation"].item() == 0
    torch.stack(list(found.values())).sum().backward()
    assert network.backbone.stem[0].weight.grad.abs().sum() > 0


def test_the_last_frame_alone_is_a_switch(tiny, batch):
    last, _ = terms(tiny.model_copy(update={"supervised_frames": "last"}), batch)
    both, _ = terms(tiny, batch)
    assert last["segmentation"].item() != both["segmentation"].item()
    torch.testing.assert_close(last["long_term"], both["long_term"])


def test_other_objects_are_background(tiny, batch):
    config = tiny.model_copy(update={"targets": 1})
    found = terms(config, batch)[0]["segmentation"].item()
    alone = [
        terms(config, dataclasses.replace(batch, masks=batch.masks * (batch.masks == label)))[0]
        for label in (1, 7, 3)
    ]
    assert found in [one["segmentation"].item() for one in alone]


def test_equal_steps_give_equal_terms_and_other_steps_others(tiny, batch):
    one, other, later = (terms(tiny, batch, step)[0] for step in (0, 0, 1))
    assert {name: term.item() for name, term in one.items()} == {
        name: term.item() for name, term in other.items()
    }
    assert one["short_term"].item() != later["short_term"].item()


def test_clips_that_are_cut_out_are_taken_as_they_are(tiny, batch):
    cut = ClipBatch(frames=batch.frames[:, :3, :33, :33], masks=batch.masks[:, :3, :33, :33])
    found, _ = terms(tiny, cut)
    assert all(term.isfinite() for term in found.values())


def test_small_clips_are_refused(tiny, batch):
    with pytest.raises(InputError, match=r"at least 3 frames of 33x33 px \(method.views\), got 5 of 44x20"):
        terms(tiny, TrainingBatch(frames=batch.frames[:, :, :20], masks=batch.masks[:, :, :20]))
