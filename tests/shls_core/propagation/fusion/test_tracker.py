"""The memory fused with a model and with dense labels, through the propagator of both kinds of features."""

import numpy as np
import pytest
import torch
from textured_squares import SUPERPIXELS, squares

from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.propagator import shls_propagator
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.propagation.fusion.config import FusedMemoryConfig
from shls_core.propagation.fusion.tracker import FusedTracker
from shls_core.propagation.superpixel_memory.object_tracker import ObjectTracker
from shls_core.propagation.superpixel_memory.pooled_features import PooledFeatures
from shls_core.propagation.superpixel_memory.propagator import SuperpixelMemoryPropagator

OURS = {"pre_segmentation": "knn_vote", "neighbours": 3, "place_weight": 1.0, "inside_only": True}
DENSE = {"context": 2, "radius": 6, "neighbours": 4}
BOTH = {"discriminative": {"frames": 2}, "dense": DENSE}


class Colours:
    """The colours of every fourth pixel."""

    device = torch.device("cpu")
    stride = 4

    def encode(self, frame):
        return torch.tensor(frame[::4, ::4]).permute(2, 0, 1).float()


def propagator(kind, mode="off", **memory):
    config, divide = FusedMemoryConfig(**OURS, **memory), lambda frame: SUPERPIXELS
    if kind == "pooled":
        return SuperpixelMemoryPropagator(PooledFeatures(Colours()), config, divide)
    refinement = RefinementConfig(mode=mode, decoder_width=0.0625)
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125, refinement=refinement), seed=0)
    return shls_propagator(network, config, divide)


def segment(segmenter, frames, mask, given=()):
    """The masks of all frames; `given` holds masks of later frames by number."""
    segmenter.start(segmenter.prepare(frames[0]), mask)
    later = dict(given)
    masks = [mask]
    for number, frame in enumerate(frames[1:], start=1):
        prepared = segmenter.prepare(frame)
        masks.append(
            segmenter.introduce(prepared, later[number]) if number in later else segmenter.step(prepared)
        )
    return np.stack(masks)


def overlap(found, truth, label):
    return ((found == label) & (truth == label)).sum() / ((found == label) | (truth == label)).sum()


KINDS = pytest.mark.parametrize("kind", ["pooled", "shls"])
SWITCHES = pytest.mark.parametrize(
    "memory", [{"discriminative": {}}, {"dense": DENSE}, BOTH], ids=["model", "dense", "both"]
)


@KINDS
@SWITCHES
def test_two_objects_are_followed(kind, memory):
    frames, masks = squares(4)
    segmenter = propagator(kind, **memory)
    found = segment(segmenter, frames, masks[0])
    assert isinstance(segmenter._tracker, FusedTracker)
    last, least = (3, 0.9) if kind == "pooled" else (1, 0.6)  # the network is untrained
    assert min(overlap(found[last], masks[last], label) for label in (1, 2)) > least


@KINDS
def test_off_is_the_memory_as_it_was_and_so_is_everything_at_weight_0(kind):
    frames, masks = squares(4)
    as_it_was = propagator(kind)
    expected = segment(as_it_was, frames, masks[0])
    assert type(as_it_was._tracker) is ObjectTracker
    nothing = propagator(kind, discriminative={"weight": 0.0}, dense={**DENSE, "weight": 0.0})
    assert np.array_equal(segment(nothing, frames, masks[0]), expected)
    given = np.zeros_like(masks[2])
    given[36:, :12] = 5
    expected = segment(as_it_was, frames, masks[0], {2: given})
    assert np.array_equal(segment(nothing, frames, masks[0], {2: given}), expected)


@pytest.mark.parametrize("rule", ["knn_vote", "eq1"])
def test_names_of_objects_and_the_order_of_superpixels_do_not_matter(rule):
    frames, masks = squares(4)
    names = np.array([0, 7, 3], np.uint8)
    memory = {**OURS, "pre_segmentation": rule, **BOTH, "kmeans_iterations": 1, "max_centroids": 1}
    order = np.random.default_rng(1).permutation(int(SUPERPIXELS.max()) + 1).astype(np.uint16)
    found = []
    for divided, mask in ((SUPERPIXELS, masks[0]), (order[SUPERPIXELS], names[masks[0]])):
        segmenter = SuperpixelMemoryPropagator(
            PooledFeatures(Colours()), FusedMemoryConfig(**memory), lambda frame, divided=divided: divided
        )
        found.append(segment(segmenter, frames, mask))
    assert np.array_equal(found[1], names[found[0]])
    assert {1, 2} <= set(np.unique(found[0][-1]))


@KINDS
@SWITCHES
def test_an_object_that_appears_later_is_followed_from_then_on(kind, memory):
    frames, masks = squares(4)
    given = np.where(masks[1] == 2, 2, 0).astype(np.uint8)
    first = np.where(masks[0] == 1, 1, 0).astype(np.uint8)
    found = segment(propagator(kind, **memory), frames, first, {1: given})
    assert np.array_equal(found[1] == 2, given == 2)
    last, least = (3, 0.9) if kind == "pooled" else (2, 0.5)
    assert min(overlap(found[last], masks[last], label) for label in (1, 2)) > least


def test_a_first_frame_without_background_and_a_frame_without_objects_are_segmented():
    frames, masks = squares(4)
    everywhere = np.maximum(masks[0], 1)
    found = segment(propagator("pooled", **BOTH), frames, everywhere)
    assert set(np.unique(found)) <= {1, 2}
    frames[2] = frames[2, :1, :1]
    assert segment(propagator("pooled", **BOTH), frames, masks[0]).shape == masks.shape


@pytest.mark.parametrize("mode", ["whole_frame", "roi"])
def test_masks_are_refined_after_all_votes(mode):
    frames, masks = squares(4)
    found = segment(propagator("shls", mode, **BOTH), frames, masks[0])
    plain = segment(propagator("shls", **BOTH), frames, masks[0])
    assert found.shape == plain.shape
    assert not np.array_equal(found, plain)


@KINDS
def test_videos_leave_no_trace_and_the_same_video_gives_the_same_masks(kind):
    frames, masks = squares(4)
    used = propagator(kind, **BOTH)
    segment(used, frames[::-1].copy(), masks[3])
    again = segment(used, frames, masks[0])
    assert np.array_equal(again, segment(propagator(kind, **BOTH), frames, masks[0]))
