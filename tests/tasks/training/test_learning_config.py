"""How a record says what was learned: as it is written now, and as it was before methods could be chosen."""

import pytest
from pydantic import ValidationError

from shls_core.errors import ConfigError
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.section import ShlsSection
from shls_core.propagation.fusion.config import FusedMemoryConfig
from shls_core.training.config import TrainingConfig
from shls_core.training.shares_config import TrainingWithShares
from storage.canonical import digest_json
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import record_id
from tasks.checkpoints.pretrained import read_pretrained
from tasks.training.learning_config import LearningConfig, learning_of, recorded_sections, used_with


def record(configuration, **changes):
    fields = {"dataset": "d" * 64, "code_digest": "c" * 64, "versions": {}, "device_kind": "cpu"}
    return CheckpointRecord(
        **fields, configuration=configuration, weights="e" * 64, final_loss=1.0, **changes
    )


OLDER = {
    "network": {"width_multiplier": 0.5},
    "memory": {"neighbours": 5},
    "training": {
        "steps": 30,
        "seed": 4,
        "contrast": "soft_neighbours",
        "temperature": 0.1,
        "refinement_from": 20,
        "refinement_learning_rate": 0.01,
    },
}


def test_a_record_of_today_says_what_was_learned():
    learning = LearningConfig(method=ShlsSection(temperature=0.5), training=TrainingConfig(steps=3))
    said = record(learning.deciding(), method="shls")
    assert recorded_sections(said) == said.configuration
    assert learning_of(said) == learning


def test_a_record_without_a_method_is_of_shls_and_its_keys_are_where_they_are_now():
    learning = learning_of(record(OLDER))
    assert learning.method == ShlsSection(
        network=NetworkConfig(width_multiplier=0.5),
        memory=FusedMemoryConfig(neighbours=5),
        contrast="soft_neighbours",
        temperature=0.1,
        refinement_from=20,
        refinement_learning_rate=0.01,
    )
    assert learning.training == TrainingWithShares(steps=30, seed=4)
    assert OLDER["training"]["contrast"] == "soft_neighbours"  # what was read is not changed


def test_sections_that_an_older_record_does_not_have_are_left_out():
    assert recorded_sections(record({"network": {}})) == {
        "method": {"name": "shls", "network": {}},
        "training": {},
    }


def test_an_older_record_keeps_its_bytes_and_its_key():
    before = record(OLDER)
    said = before.model_dump(mode="json")
    assert "method" not in said
    names = ("dataset", "configuration", "code_digest", "versions", "device_kind")
    assert before.key == digest_json({name: said[name] for name in names})
    assert CheckpointRecord.model_validate(said) == before
    now = before.model_copy(update={"method": "shls"})
    assert (record_id(now), now.key) != (record_id(before), before.key)


def test_the_pretrained_record_is_read_as_it_is():
    learned = read_pretrained()
    learning = learning_of(learned.record)
    assert learned.record.method is None
    assert (learning.method.name, learning.method.contrast) == ("shls", {"soft_neighbours": 1.0})
    assert (learning.method.memory.neighbours, learning.training.steps) == (5, 8000)


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        (OLDER | {"memory": {"colour": "blue"}}, r"method\.memory\.colour: Extra inputs"),
        ({"training": {"stepps": 3}}, r"training\.stepps: Extra inputs"),
    ],
)
def test_what_this_version_does_not_know_is_told(configuration, told):
    with pytest.raises(ConfigError, match=rf"as this version has it, got .*: {told}"):
        learning_of(record(configuration))


def test_phases_have_to_fit_the_training():
    method = ShlsSection(refinement_from=5)
    with pytest.raises(ValidationError, match=r"expected method\.refinement_from below training\.steps"):
        LearningConfig(method=method, training=TrainingConfig(steps=5))
    assert LearningConfig(method=method, training=TrainingConfig(steps=6)).method is method


def test_the_memory_decides_where_training_reads_it():
    idle = LearningConfig(training=TrainingConfig(steps=3))
    validated = LearningConfig(training=TrainingConfig(steps=3, validate_every=1))
    assert "memory" not in idle.deciding()["method"]
    assert "memory" in validated.deciding()["method"]


def test_another_methods_configuration_is_refused():
    said = record(OLDER)
    assert used_with(said, ShlsSection()) == ShlsSection()
    with pytest.raises(ConfigError, match=r"of method dul, as checkpoint .* is, got one of shls"):
        used_with(said.model_copy(update={"method": "dul"}), ShlsSection())
