"""`--checkpoint untrained`, and masks carried by features alone."""

import html
import json

import numpy as np
import pytest
import yaml

from flows.configuration import load_config
from shls_core.files.masks.label_files import read_mask
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.training.weights import weights_digest
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from storage.verification.verify import verify_store


def one_line(result):
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


@pytest.mark.parametrize("options", [(), ("--snap",), ("--features", "layer3")])
def test_features_of_random_weights_carry_masks_without_a_store(shls, clip, first_run, tmp_path, options):
    nowhere, out = tmp_path / "nowhere", tmp_path / "out"
    how = ("--checkpoint", "untrained", "--config", first_run.config, "--propagation", "label_propagation")
    result = shls("segment", *clip, *how, *options, "--out", out, "--store", nowhere, "--json")
    assert result.exit_code == 0, result.stderr
    assert not nowhere.exists()
    last = np.zeros((64, 96), np.uint8)
    last[20:44, 30:60] = 1
    found = read_mask(out / "masks" / "2.png")
    assert (found & last).sum() / (found | last).sum() > 0.6


def test_random_weights_are_those_of_a_configuration(shls, clip, tmp_path):
    how = ("--checkpoint", "untrained", "--out", tmp_path / "out")
    assert "expected --config FILE with --checkpoint untrained" in one_line(shls("segment", *clip, *how))


def test_features_that_a_network_does_not_have_are_one_line(shls, clip, first_run, tmp_path):
    how = ("--propagation", "label_propagation", "--features", "layer9", "--store", first_run.store)
    told = one_line(shls("segment", *clip, "--out", tmp_path / "out", *how))
    assert "expected features of layer1, layer2, layer3, layer4 with SHLS, got 'layer9'" in told
    told = one_line(shls("segment", *clip, "--out", tmp_path / "out", *how[2:]))
    assert "expected --propagation label_propagation or superpixel_memory with --features, got own" in told


@pytest.fixture
def evaluate(shls, davis_benchmark, first_run, tmp_path):
    def run(out, *options):
        where = ("--out", tmp_path / out, "--store", tmp_path / "new", "--config", first_run.config)
        result = shls("evaluate", "--davis", davis_benchmark[0], *where, *options, "--json")
        assert result.exit_code == 0, result.stderr
        store = Store.open(tmp_path / "new")
        return store, get_record(store.objects, json.loads(result.stdout)["evaluation"], BenchmarkRecord)

    return run


def test_a_benchmark_records_the_propagation_and_what_it_reads(evaluate, first_run, shls, tmp_path):
    random = ("--checkpoint", "untrained")
    store, own = evaluate("own", *random)
    assert own.configuration.keys() == {"method", "propagation", "superpixels", "max_side"}
    assert own.configuration["method"].keys() == {"name", "memory"}
    assert own.configuration["propagation"] == {"method": "own", "refinement": None, "num_superpixels": None}

    _, labels = evaluate("labels", *random, "--propagation", "label_propagation")
    assert labels.checkpoint == own.checkpoint
    assert labels.configuration.keys() == {"propagation", "max_side"}
    assert labels.configuration["propagation"].keys() == {"method", "label_propagation"}
    assert labels.code_digest != own.code_digest
    assert not labels.versions.keys() & {"faiss-cpu", "faiss-gpu", "fast-slic"}

    _, snapped = evaluate("snapped", *random, "--propagation", "label_propagation", "--snap")
    assert snapped.configuration.keys() == {"propagation", "superpixels", "max_side"}
    assert snapped.versions.keys() & {"fast-slic"}
    assert verify_store(store).problems == ()

    network = load_config(str(first_run.config)).method.network
    record = get_record(store.objects, own.checkpoint, CheckpointRecord)
    assert record.weights == weights_digest(new_network(ShlsNetwork, network, 0).state_dict())
    assert (record.is_untrained, record.step, record.method) == (True, 0, "shls")
    up = shls("lineage", "up", own.checkpoint, "--store", tmp_path / "new")
    assert up.exit_code == 0, up.stderr
    assert f"checkpoint {own.checkpoint[:12]}" in up.stdout


@pytest.mark.slow
def test_the_page_has_the_commands_that_make_such_scores_again(evaluate, shls, tmp_path):
    options = ("--propagation", "label_propagation", "--max-side", 40)
    _, record = evaluate("first", "--checkpoint", "untrained", *options)
    page = html.unescape((tmp_path / "first" / "report.html").read_text())
    command = page.split("cat > use.yaml <<'END'\n")[1]
    use, rest = command.split("END\n", 1)
    assert "--checkpoint untrained --max-side 40 --config use.yaml" in rest
    (tmp_path / "use.yaml").write_text(use)
    assert yaml.safe_load(use)["propagation"]["method"] == "label_propagation"
    how = ("--checkpoint", "untrained", "--config", tmp_path / "use.yaml", "--max-side", 40)
    _, again = evaluate("again", *how)
    assert again.configuration == record.configuration
    assert (again.checkpoint, again.scores) == (record.checkpoint, record.scores)


def test_held_out_sequences_may_be_scored_by_features(shls, first_run, used_store):
    at = ("--store", used_store, "--json")
    scored = []
    for options in ((), ("--snap",)):
        result = shls("evaluate", "--propagation", "label_propagation", *options, *at)
        assert result.exit_code == 0, result.stderr
        scored.append(json.loads(result.stdout))
    own = first_run.outcome.evaluation
    assert own.evaluation not in [one["evaluation"]["id"] for one in scored]
    assert all(0 < one["evaluation"]["J&F-Mean"] <= 1 for one in scored)
    # Copying depends on no propagation; each has an untrained network of its own.
    assert all(one["baselines"]["copy_first_mask"] == own.copy_first_mask for one in scored)
    assert scored[0]["baselines"]["untrained"] != own.untrained
