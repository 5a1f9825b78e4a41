"""What is recorded of a use is what its masks depend on."""

from dataclasses import replace

import pytest
import torch

from shls_core.adaptation.config import AdaptationConfig
from shls_core.errors import InputError
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.section import ShlsSection
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.label_propagator import LabelPropagator
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.propagator import SuperpixelMemoryPropagator
from shls_core.superpixels.config import SuperpixelConfig
from storage.provenance.code_digest import import_closure
from tasks.scoring.segmenter_choice import PropagationChoice, SegmenterChoice

SNAP = LabelPropagationConfig(snap="superpixels")
LABELS = PropagationConfig(method="label_propagation")
SNAPPED = PropagationConfig(method="label_propagation", label_propagation=SNAP, num_superpixels=50)


@pytest.fixture(scope="module")
def network():
    return new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.0625), seed=0)


def test_own_propagation_on_videos_reads_memory_and_superpixels():
    config = ShlsConfig(memory=MemoryConfig(neighbours=5))
    how = PropagationChoice(config, PropagationConfig(num_superpixels=9), SuperpixelConfig(sigma=2))
    assert SegmenterChoice("c", how, 427).facts() == {
        "method": {"name": "shls", "memory": config.memory.model_dump(mode="json")},
        "propagation": {"method": "own", "refinement": None, "num_superpixels": 9},
        "superpixels": SuperpixelConfig(sigma=2).model_dump(mode="json"),
        "max_side": 427,
    }
    assert {"faiss", "fast-slic"} <= set(how.packages())


def test_stored_superpixels_are_no_choice():
    how = PropagationChoice(ShlsConfig(), PropagationConfig(num_superpixels=9))
    assert how.facts().keys() == {"method", "propagation"}
    assert "num_superpixels" not in how.facts()["propagation"]
    assert how.columns == ("frames", "masks", "superpixel_maps")
    assert how.divide() is None
    assert how.packages() == ("faiss",)


@pytest.mark.parametrize("changed", [{"memory": MemoryConfig(neighbours=5)}, {"temperature": 0.5}])
def test_label_propagation_reads_nothing_of_the_method_but_features(changed):
    how = PropagationChoice(ShlsConfig(**changed), LABELS, SuperpixelConfig())
    labels = LabelPropagationConfig().model_dump(mode="json")
    assert how.facts() == {"propagation": {"method": "label_propagation", "label_propagation": labels}}
    assert how.columns == ("frames", "masks")
    assert (tuple(how.packages()), how.divide()) == ((), None)


def test_labels_that_snap_read_superpixels():
    how = PropagationChoice(ShlsConfig(), SNAPPED, SuperpixelConfig())
    assert how.facts()["superpixels"] == SuperpixelConfig().model_dump(mode="json")
    assert how.facts()["propagation"]["num_superpixels"] == 50
    assert how.columns == ("frames", "masks", "superpixel_maps")
    assert how.divide() is not None
    assert "faiss" not in how.packages()


def test_the_code_is_that_of_the_propagation():
    def closure(*choice):
        return set(import_closure(*PropagationChoice(ShlsConfig(), *choice).modules()))

    slic, memory = "shls_core.superpixels.slic_fast", "shls_core.propagation.superpixel_memory.bank"
    own, labels = closure(PropagationConfig(), SuperpixelConfig()), closure(LABELS, SuperpixelConfig())
    assert {slic, memory} <= own
    assert not {slic, memory} & labels
    assert {"shls_core.propagation.label_propagator", "shls_core.methods.backbone"} <= labels
    assert slic in closure(SNAPPED, SuperpixelConfig())
    assert slic not in closure(PropagationConfig())


def test_propagators_are_made_in_one_place(network):
    own = PropagationChoice(ShlsSection(), PropagationConfig(), SuperpixelConfig())
    assert isinstance(own.propagator(network), SuperpixelMemoryPropagator)
    labels = PropagationChoice(ShlsConfig(), SNAPPED, SuperpixelConfig())
    assert isinstance(labels.propagator(network), LabelPropagator)
    with pytest.raises(InputError, match="expected a network with refinement for mode roi, got one without"):
        PropagationChoice(ShlsSection(), PropagationConfig(refinement="roi")).propagator(network)
    assert next(network.parameters()).device == torch.device("cpu")


def test_a_number_that_would_be_ignored_is_refused():
    watershed = SuperpixelConfig(segmenter="watershed")
    with pytest.raises(InputError, match="expected no number of superpixels with watershed"):
        PropagationChoice(ShlsConfig(), PropagationConfig(num_superpixels=9), watershed).divide()
    assert PropagationChoice(ShlsConfig(), LABELS, watershed).divide() is None


def test_adaptation_is_recorded_only_where_it_is_on(network):
    off = PropagationChoice(ShlsConfig(), LABELS)
    on = replace(off, adaptation=AdaptationConfig(mode="after_video", steps=7))
    assert "adaptation" not in off.facts()
    assert off.adaptation_on(torch.device("cpu")) is None
    assert on.facts() == {**off.facts(), "adaptation": on.adaptation.model_dump(mode="json")}
    assert {"shls_core.adaptation.learning", "shls_core.adaptation.unet"} <= set(
        import_closure(*on.modules())
    )
    assert on.modules()[: len(off.modules())] == off.modules()
    assert on.adaptation_on(torch.device("cpu")).config.steps == 7
