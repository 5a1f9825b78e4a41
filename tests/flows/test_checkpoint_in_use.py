import pytest

from flows.checkpoint_config import (
    config_in_use,
    config_of,
    find_checkpoint,
    parameters_in_use,
    tell_default_memory,
)
from flows.configuration import CONFIGS, load_config
from shls_core.errors import ConfigError
from shls_core.superpixels.config import SuperpixelConfig
from storage.objects.objects import object_path
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from tasks.checkpoints.pretrained import keep_pretrained


def test_the_pretrained_one_is_used_as_its_configuration_file_says(tmp_path):
    said = load_config(str(CONFIGS / "stills.yaml"))
    found = config_in_use(None, str(tmp_path / "none"), "pretrained")
    assert (found.network, found.memory, found.training) == (said.network, said.memory, said.training)


def test_without_a_configuration_each_checkpoint_is_used_as_it_was_trained(first_run, used_store):
    pretrained = keep_pretrained(str(used_store))
    said = load_config(str(first_run.config))
    newest = config_in_use(None, str(used_store), find_checkpoint(str(used_store))[1])
    assert (newest.network, newest.training) == (said.network, said.training)
    other = config_in_use(None, str(used_store), pretrained[:12])
    assert other.memory == config_in_use(None, "", "pretrained").memory != newest.memory
    assert config_in_use(str(first_run.config), str(used_store), pretrained) == said


def test_a_record_of_another_version_is_one_line(first_run):
    store = Store.open(first_run.store)
    record = get_record(store.objects, first_run.outcome.training.checkpoint, CheckpointRecord)
    odd = record.model_copy(update={"configuration": record.configuration | {"memory": {"colour": "blue"}}})
    with pytest.raises(ConfigError, match=r"version has it, got .*: memory\.colour: Extra inputs .*--config"):
        config_of(odd)


def test_a_checkpoint_divides_frames_as_its_dataset_and_goes_by_its_name(first_run, used_store):
    checkpoint = first_run.outcome.training.checkpoint
    used, said = config_in_use(None, str(used_store), checkpoint), load_config(str(first_run.config))
    assert (used.name, used.superpixels) == (said.name, said.superpixels)
    assert used.superpixels != SuperpixelConfig()
    (used_store / object_path(first_run.outcome.dataset.dataset)).unlink()
    assert config_in_use(None, str(used_store), checkpoint).superpixels == SuperpixelConfig()


def test_a_memory_that_training_did_not_read_is_told_of(first_run, used_store, capsys):
    trained = first_run.outcome.training.checkpoint
    tell_default_memory(None, str(used_store), trained)
    assert f"memory       the default one: training {trained[:12]} read none" in capsys.readouterr().err
    tell_default_memory(str(first_run.config), str(used_store), trained)
    tell_default_memory(None, str(used_store), "pretrained")
    tell_default_memory(None, str(used_store), keep_pretrained(str(used_store)))
    assert capsys.readouterr().err == ""


def test_the_ledger_keeps_what_the_use_of_a_checkpoint_reads(first_run):
    kept = parameters_in_use(load_config(str(first_run.config)))
    assert kept.keys() == {"name", "memory", "superpixels", "propagation", "execution"}
