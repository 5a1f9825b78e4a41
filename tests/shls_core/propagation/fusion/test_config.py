import pytest
from pydantic import ValidationError

from shls_core.methods.registry import method_config
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.fusion.config import DenseVotesConfig, FusedMemoryConfig, VideoModelConfig
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.superpixel_memory.config import MemoryConfig


@pytest.mark.parametrize("dumped", [FusedMemoryConfig(), method_config("shls").memory])
def test_what_is_off_is_in_no_record(dumped):
    assert dumped.model_dump(mode="json") == MemoryConfig().model_dump(mode="json")
    assert not dumped.is_fused
    facts = PropagationConfig(method="superpixel_memory").facts()["superpixel_memory"]["memory"]
    assert facts.keys() == MemoryConfig.model_fields.keys()


@pytest.mark.parametrize("key", ["discriminative", "dense"])
@pytest.mark.parametrize(
    ("word", "is_on"), [(True, True), ("on", True), ({}, True), (False, False), ("off", False), (None, False)]
)
def test_a_switch_is_a_word_or_a_section(key, word, is_on):
    config = FusedMemoryConfig(**{key: word})
    assert config.is_fused is is_on
    assert FusedMemoryConfig(**config.model_dump(mode="json")) == config
    assert (key in config.model_dump()) is is_on


def test_sections_have_their_values_in_records():
    memory = method_config({"memory": {"discriminative": {"l2": 0.3}}}).use_facts()["memory"]
    assert memory["discriminative"] == VideoModelConfig(l2=0.3).model_dump(mode="json")
    with pytest.raises(ValidationError, match="l3"):
        FusedMemoryConfig(discriminative={"l3": 1})


def test_labels_are_carried_as_label_propagation_does_by_default():
    assert DenseVotesConfig().labels() == LabelPropagationConfig()
    assert DenseVotesConfig(weight=2.0, context=3).labels() == LabelPropagationConfig(context=3)
