"""Two networks in one propagation, made as every propagation is."""

import numpy as np
import pytest
from textured_squares import SUPERPIXELS, squares

from shls_core.errors import InputError
from shls_core.methods.dul.config import DulConfig, DulNetworkConfig
from shls_core.methods.dul.network import DulNetwork
from shls_core.methods.in_use import propagator_of, use_modules
from shls_core.methods.joined import check_joins
from shls_core.methods.low_precision import Bfloat16Backbone
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.section import ShlsSection
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.fusion.tracker import FusedTracker
from shls_core.propagation.joined_config import JoinedConfig
from shls_core.propagation.superpixel_memory.object_tracker import ObjectTracker
from storage.provenance.code_digest import import_closure

MEMORY = {"pre_segmentation": "knn_vote", "neighbours": 3, "place_weight": 1.0, "inside_only": True}
MODEL = {**MEMORY, "discriminative": {"frames": 2, "l2": 1e-3}}
VOTES = {"context": 2, "radius": 6, "neighbours": 4}
DUL = DulConfig(network=DulNetworkConfig(width_multiplier=0.0625, embedding_size=8))


@pytest.fixture(scope="module")
def dul():
    return new_network(DulNetwork, DUL.network, seed=1)


@pytest.fixture(scope="module")
def shls():
    return new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)


def segment(segmenter, frames, mask, given=()):
    """The masks of all frames; `given` holds masks of later frames by number."""
    segmenter.start(segmenter.prepare(frames[0]), mask)
    later, masks = dict(given), [mask]
    for number, frame in enumerate(frames[1:], start=1):
        prepared = segmenter.prepare(frame)
        masks.append(
            segmenter.introduce(prepared, later[number]) if number in later else segmenter.step(prepared)
        )
    return np.stack(masks)


def both(first, second, memory=MODEL, method="own", **joined):
    joined = {"side": 96, **joined}
    propagation = PropagationConfig.model_validate(
        {"method": method, "superpixel_memory": {"memory": memory}, "joined": joined}
    )
    config = ShlsSection.model_validate({"memory": memory})
    return propagator_of(first, config, propagation, lambda frame: SUPERPIXELS, second and (second, DUL))


def overlap(found, truth, label):
    return ((found == label) & (truth == label)).sum() / ((found == label) | (truth == label)).sum()


@pytest.mark.parametrize("method", ["own", "superpixel_memory"])
@pytest.mark.parametrize("votes", [None, VOTES], ids=["joined", "votes"])
def test_two_objects_are_followed_and_the_same_video_gives_the_same_masks(shls, dul, method, votes):
    frames, masks = squares(3)
    segmenter = both(shls, dul, method=method, votes=votes)
    found = segment(segmenter, frames, masks[0])
    assert isinstance(segmenter._tracker, FusedTracker)
    assert min(overlap(found[1], masks[1], label) for label in (1, 2)) > 0.6  # the networks are untrained
    segment(segmenter, frames[::-1].copy(), masks[2])
    assert np.array_equal(segment(segmenter, frames, masks[0]), found)


@pytest.mark.parametrize("method", ["own", "superpixel_memory"])
def test_a_second_network_without_weight_changes_no_mask(shls, dul, method):
    frames, masks = squares(3)
    alone = segment(both(shls, None, MEMORY, method), frames, masks[0])
    segmenter = both(shls, dul, MEMORY, method, share=1e-6)
    assert np.array_equal(segment(segmenter, frames, masks[0]), alone)
    assert type(segmenter._tracker) is ObjectTracker
    assert not np.array_equal(segment(both(shls, dul, MEMORY, method), frames, masks[0]), alone)


@pytest.mark.parametrize("votes", [None, VOTES], ids=["joined", "votes"])
def test_an_object_that_appears_later_is_followed_from_then_on(shls, dul, votes):
    frames, masks = squares(3)
    given = np.where(masks[1] == 2, 2, 0).astype(np.uint8)
    first = np.where(masks[0] == 1, 1, 0).astype(np.uint8)
    found = segment(both(shls, dul, votes=votes), frames, first, {1: given})
    assert np.array_equal(found[1] == 2, given == 2)
    assert min(overlap(found[2], masks[2], label) for label in (1, 2)) > 0.5


def test_votes_are_those_of_label_propagation_on_features_of_their_own(shls, dul):
    segmenter = both(shls, dul, MEMORY, votes={**VOTES, "features": "layer3"})
    assert segmenter._features._votes is segmenter._features._second
    other = both(shls, dul, MEMORY, votes={**VOTES, "weight": 2.0})
    assert other._features._votes._name == "layer4"
    frames, masks = squares(3)
    segment(other, frames, masks[0])
    dense = other._tracker._dense
    assert (dense._labels.features, dense._labels.context, other._tracker._config.dense.weight) == (
        "layer4",
        2,
        2.0,
    )


def test_refinement_stays_that_of_the_first_network(dul):
    refinement = RefinementConfig(mode="whole_frame", decoder_width=0.0625)
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125, refinement=refinement), seed=0)
    frames, masks = squares(3)
    refined = segment(both(network, dul), frames, masks[0])
    assert refined.shape == masks.shape
    assert both(network, dul)._features.refiner() is not None


def test_both_backbones_compute_in_bfloat16(shls, dul):
    frames, masks = squares(3)
    config = ShlsSection.model_validate({"memory": MODEL})
    propagation = PropagationConfig(precision="bf16", joined=JoinedConfig(side=96))
    segmenter = propagator_of(shls, config, propagation, lambda frame: SUPERPIXELS, (dul, DUL))
    networks = (segmenter._features._first._network, segmenter._features._second._network)
    assert all(isinstance(network.backbone, Bfloat16Backbone) for network in networks)
    found = segment(segmenter, frames, masks[0])
    assert min(overlap(found[1], masks[1], label) for label in (1, 2)) > 0.5
    assert not any(isinstance(network.backbone, Bfloat16Backbone) for network in (shls, dul))


def test_what_is_no_superpixel_memory_joins_nothing(shls, dul):
    labels = PropagationConfig(method="label_propagation")
    told = (
        "expected a superpixel memory to join .*got a first one of method shls with --propagation label_pro"
    )
    with pytest.raises(InputError, match=told):
        propagator_of(shls, ShlsSection(), labels, None, (dul, DUL))
    with pytest.raises(InputError, match="of method dul with its own propagation"):
        propagator_of(dul, DUL, PropagationConfig(), None, (shls, ShlsSection()))
    check_joins(DUL, PropagationConfig(method="superpixel_memory"))
    twice = PropagationConfig.model_validate({"joined": {"votes": "on"}})
    with pytest.raises(InputError, match=r"expected memory\.dense or propagation\.joined\.votes, got both"):
        check_joins(ShlsSection.model_validate({"memory": {"dense": "on"}}), twice)


def test_features_that_the_second_network_lacks_are_named(shls, dul):
    with pytest.raises(InputError, match=r"expected features of layer1, .*embedding with DUL, got 'layer9'"):
        both(shls, dul, features="layer9")


def test_votes_are_a_switch_and_nothing_of_the_section_is_recorded_at_its_defaults():
    assert JoinedConfig(votes="off").votes is JoinedConfig(votes=False).votes is None
    assert JoinedConfig(votes="on") == JoinedConfig(votes=True) == JoinedConfig(votes={})
    assert "joined" not in PropagationConfig().model_dump()
    assert PropagationConfig(joined={"share": 2.0}).model_dump()["joined"]["share"] == 2.0


def test_the_code_of_both_methods_makes_the_masks():
    alone = set(import_closure(*use_modules(ShlsSection(), PropagationConfig())))
    closure = set(import_closure(*use_modules(ShlsSection(), PropagationConfig(), DUL)))
    joining = {"shls_core.propagation.fusion.joined_features", "shls_core.methods.dul.network"}
    assert alone < closure
    assert joining <= closure - alone
