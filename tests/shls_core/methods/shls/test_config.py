import pytest
from pydantic import ValidationError

from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.training.phases import Phase

REFINING = NetworkConfig(refinement=RefinementConfig(mode="roi"))


def test_refinement_after_superfeatures_is_a_second_phase():
    assert ShlsConfig().phases == (Phase(),)
    config = ShlsConfig(refinement_from=20, refinement_learning_rate=0.25)
    assert config.phases == (Phase(), Phase(20, 0.25, key="method.refinement_from"))


def test_a_learning_rate_of_no_phase_is_refused():
    told = "expected refinement_from > 0 with a refinement_learning_rate, got 0"
    with pytest.raises(ValidationError, match=told):
        ShlsConfig(refinement_learning_rate=0.1)


@pytest.mark.parametrize(
    ("network", "validates", "unread"),
    [
        (NetworkConfig(), False, {"memory", "correspondence_share"}),
        (NetworkConfig(), True, set()),
        (REFINING, False, set()),
        (REFINING, True, set()),
    ],
)
def test_training_reads_the_memory_with_refinement_or_validation(network, validates, unread):
    assert ShlsConfig(network=network).unread(validates) == unread


def test_use_reads_the_memory_and_takes_the_network_of_who_uses():
    trained = ShlsConfig(network=REFINING, temperature=0.1)
    use = ShlsConfig(memory=MemoryConfig(neighbours=5), temperature=0.2)
    assert use.use_facts() == {"name": "shls", "memory": use.memory.model_dump(mode="json")}
    assert trained.used_as(use) == ShlsConfig(memory=use.memory, temperature=0.1)


def test_a_contrast_is_a_name_or_weights_by_name():
    assert ShlsConfig(contrast="nt_xent") == ShlsConfig(contrast={"nt_xent": 1})
    for contrast in ({}, {"nt_xent": 0}, {"cosine": 1}):
        with pytest.raises(ValidationError):
            ShlsConfig(contrast=contrast)
    with pytest.raises(ValidationError, match=r"expected network\.correspondence_size > 0"):
        ShlsConfig(contrast="exact_warp")


def test_without_vectors_of_correspondence_nothing_is_written_of_them():
    written = ShlsConfig().model_dump(mode="json")
    assert written["contrast"] == "nt_xent"
    assert "points_per_frame" not in written
    assert "correspondence_size" not in written["network"]
    assert ShlsConfig.model_validate(written) == ShlsConfig()
    config = ShlsConfig(
        network=NetworkConfig(correspondence_size=8), contrast={"soft_neighbours": 1, "exact_warp": 0.5}
    )
    written = config.model_dump(mode="json")
    assert written["contrast"] == {"soft_neighbours": 1.0, "exact_warp": 0.5}
    assert (written["correspondence_share"], written["network"]["correspondence_size"]) == (0.5, 8)
    assert ShlsConfig.model_validate(written) == config
