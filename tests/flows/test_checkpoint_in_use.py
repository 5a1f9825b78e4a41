import pytest
import torch

from flows import checkpoint_in_use as module
from flows.checkpoint_config import config_of
from flows.checkpoint_in_use import checkpoint_in_use
from flows.configuration import CONFIGS, load_config
from shls_core.errors import ConfigError, InputError
from shls_core.methods.shls.section import ShlsSection
from shls_core.superpixels.config import SuperpixelConfig
from storage.objects.objects import object_path
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from tasks.checkpoints.pretrained import keep_checkpoint, read_pretrained


def keep_pretrained(store):
    return keep_checkpoint(Store.create(store), read_pretrained())


def use(store, checkpoint=None, config=None):
    return checkpoint_in_use(checkpoint, config, str(store))


def test_the_pretrained_one_is_used_as_its_configuration_file_says(tmp_path):
    said = load_config(str(CONFIGS / "stills.yaml"))
    found = use(tmp_path / "none", "pretrained").config
    training = said.training.model_copy(
        update={"precision": "bf16"}
    )  # of the processor that it was learned on
    assert (found.method, found.training.model_dump()) == (said.method, training.model_dump())


def test_only_the_checkpoint_of_the_project_is_used_as_the_project_uses_it(tmp_path):
    memory = use("", "pretrained").config.method.memory
    assert memory.discriminative is not None
    learned = read_pretrained()
    assert "discriminative" not in learned.record.configuration["memory"]
    other = learned._replace(record=learned.record.model_copy(update={"step": 7}))
    kept = keep_checkpoint(Store.create(tmp_path / "store"), other)
    found = use(tmp_path / "store", kept).config.method.memory
    assert found == memory.model_copy(update={"discriminative": None})


def test_without_a_configuration_each_checkpoint_is_used_as_it_was_trained(first_run, used_store):
    pretrained = keep_pretrained(used_store)
    said = load_config(str(first_run.config))
    newest = use(used_store).config
    assert (newest.method, newest.training) == (said.method, said.training)
    other = use(used_store, pretrained[:12]).config
    assert other.method.memory == use("", "pretrained").config.method.memory != newest.method.memory
    assert use(used_store, pretrained, str(first_run.config)).config == said


def test_a_record_of_another_version_is_one_line(first_run):
    store = Store.open(first_run.store)
    record = get_record(store.objects, first_run.outcome.training.checkpoint, CheckpointRecord)
    method = record.configuration["method"] | {"memory": {"colour": "blue"}}
    odd = record.model_copy(update={"configuration": record.configuration | {"method": method}})
    told = r"version has it, got .*: method\.memory\.colour: Extra inputs .*--config"
    with pytest.raises(ConfigError, match=told):
        config_of(odd)
    older = {"network": {}, "memory": {"colour": "blue"}, "training": {}}
    with pytest.raises(ConfigError, match=told):
        config_of(record.model_copy(update={"method": None, "configuration": older}))


def test_a_record_from_before_there_was_a_choice_is_used_as_it_says(first_run):
    store = Store.open(first_run.store)
    record = get_record(store.objects, first_run.outcome.training.checkpoint, CheckpointRecord)
    method, training = (dict(record.configuration[section]) for section in ("method", "training"))
    moved = ("contrast", "temperature", "refinement_from", "refinement_learning_rate")
    older = {
        "network": method["network"],
        "memory": {"neighbours": 7},
        "training": training | {key: method[key] for key in moved} | {"temperature": 0.5},
    }
    before = record.model_copy(update={"method": None, "configuration": older})
    assert b'"method"' not in before.model_dump_json().encode()
    config, now = config_of(before), config_of(record)
    assert config.training == now.training
    assert config.method == ShlsSection.model_validate(
        method | {"memory": {"neighbours": 7}, "temperature": 0.5}
    )


def test_a_checkpoint_divides_frames_as_its_dataset_and_goes_by_its_name(first_run, used_store):
    checkpoint = first_run.outcome.training.checkpoint
    used, said = use(used_store, checkpoint).config, load_config(str(first_run.config))
    assert (used.name, used.superpixels) == (said.name, said.superpixels)
    assert used.superpixels != SuperpixelConfig()
    (used_store / object_path(first_run.outcome.dataset.dataset)).unlink()
    assert use(used_store, checkpoint).config.superpixels == SuperpixelConfig()


def test_a_memory_that_training_did_not_read_is_told_of(first_run, used_store, capsys):
    trained = first_run.outcome.training.checkpoint
    use(used_store, trained).print_default_use()
    assert f"memory       default: training {trained[:12]} recorded none" in capsys.readouterr().err
    use(used_store, trained, str(first_run.config)).print_default_use()
    use(used_store, "pretrained").print_default_use()
    use(used_store, keep_pretrained(used_store)).print_default_use()
    use(used_store, trained).with_options("label_propagation").print_default_use()
    assert capsys.readouterr().err == ""


def test_the_ledger_keeps_what_the_use_of_a_checkpoint_reads(first_run):
    used = use(first_run.store, config=str(first_run.config))
    kept = used.parameters()
    assert kept.keys() == {"name", "method", "superpixels", "propagation", "execution"}
    assert kept["method"] == {"name": "shls", "memory": used.config.method.memory.model_dump(mode="json")}


def test_a_configuration_of_another_method_is_refused(first_run, monkeypatch):
    store = Store.open(first_run.store)
    record = get_record(store.objects, first_run.outcome.training.checkpoint, CheckpointRecord)
    other = record.model_copy(update={"method": "other"})
    monkeypatch.setattr(module, "get_record", lambda *_: other)
    told = r"expected a configuration of method other, as checkpoint .* is, got one of shls"
    with pytest.raises(ConfigError, match=told):
        use(first_run.store, config=str(first_run.config))
    with pytest.raises(ConfigError, match=r"expected a method of .*shls.*, got 'other'; say with --config"):
        config_of(other.model_copy(update={"configuration": {"method": {"name": "other"}, "training": {}}}))


def test_a_store_is_opened_once_and_what_was_found_is_handed_on(first_run, monkeypatch):
    opened = []

    class Counting(Store):
        @classmethod
        def open(cls, location):
            opened.append(location)
            return super().open(location)

    monkeypatch.setattr(module, "Store", Counting)
    found = use(first_run.store)
    changed = found.with_options(num_superpixels=30).with_changes(execution={"workers": 3})
    assert checkpoint_in_use(changed, None, "elsewhere") is changed
    assert changed.kept() is changed
    assert changed.network(torch.device("cpu")).config == found.config.method.network
    changed.on_videos().segmenter(changed.network(torch.device("cpu")))
    assert (changed.config.execution.workers, changed.config.propagation.num_superpixels) == (3, 30)
    assert opened == [str(first_run.store)]


def test_the_pretrained_one_needs_a_store_where_records_name_it(tmp_path):
    found = use(tmp_path / "new", "pretrained")
    assert found.store is None
    assert not (tmp_path / "new").exists()
    kept = found.kept()
    assert kept.store.objects.verify(found.id)
    assert kept.store.objects.verify(found.record.weights)


def test_options_of_label_propagation_want_it(first_run):
    found = use(first_run.store)
    assert found.with_options().config == found.config
    with pytest.raises(InputError, match="expected --propagation label_propagation with --snap, got own"):
        found.with_options(snap=True)
    with pytest.raises(
        ConfigError,
        match=r"^propagation\.method: .*'own', 'label_propagation' or 'superpixel_memory', got 'x'",
    ):
        found.with_options("x")
    with pytest.raises(InputError, match="expected --propagation label_propagation with --snap, got superp"):
        found.with_options("superpixel_memory", snap=True)
    pooled = found.with_options("superpixel_memory", "layer3").config.propagation
    assert (pooled.method, pooled.superpixel_memory.features) == ("superpixel_memory", "layer3")
    chosen = found.with_options("label_propagation", "layer3", snap=True).config.propagation
    assert (chosen.method, chosen.label_propagation.features) == ("label_propagation", "layer3")
    assert chosen.label_propagation.snap == "superpixels"


def test_to_who_looks_on_it_is_an_id_and_a_configuration(first_run):
    found = use(first_run.store)
    assert found.model_dump(mode="json") == {
        "id": found.id,
        "config": found.config.model_dump(mode="json"),
        "is_configured": False,
        "location": str(first_run.store),
    }


def test_adaptation_is_an_option_and_in_the_ledger_only_where_it_is_on(first_run):
    found = use(first_run.store)
    adapting = found.with_options(adapt=True)
    assert (found.config.adaptation.mode, adapting.config.adaptation.mode) == ("off", "after_video")
    assert adapting.parameters().keys() - found.parameters().keys() == {"adaptation"}
    for choice in (adapting.on_sequences(), adapting.on_videos().how):
        assert choice.adaptation == adapting.config.adaptation
    configured = found.with_changes(adaptation={"mode": "after_video"})
    assert configured.with_options().config.adaptation.mode == "after_video"
