"""The whole way of Mask-VOS on films as a user goes it: DUL, then rounds of clusters and training."""

import json
import shutil

import pytest
import yaml

from flows.alternate import alternate, config_of_round
from flows.configuration import PipelineConfig
from shls_core.errors import ConfigError
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import DatasetManifest, StageManifest, get_record
from storage.rows.dataset import Dataset
from storage.rows.stage_names import CLIPS, CLUSTERS
from storage.store import Store

SECTIONS = {
    "name": "films",
    "staging": {"seed": 1, "rows_per_shard": 2},
    "ingest": {"images": None},
    "clips": {"side": 48, "max_frames": 12},
    "held_out": {"share": 0.3},
    "gate": {"max_no_object_share": 1.0},
    "source": "clips",
    "training": {"steps": 3, "batch_size": 2, "num_threads": 1},
    "execution": {"backend": "serial", "device": "cpu"},
}
NETWORK = {"width_multiplier": 0.0625, "embedding_size": 8}
DUL = {
    "name": "dul",
    "network": NETWORK,
    "views": {"num_frames": 3, "crop": 33, "short_side": [36, 44]},
    "grid": 2,
    "cross_view_grid": 2,
}
MASK_VOS = {
    "name": "mask_vos",
    "network": {**NETWORK, "decoder_width": 0.0625},
    "views": {"crop": 33, "short_side": [36, 44], "long_gap": 3},
    "grid": 2,
    "cross_view_grid": 2,
}


@pytest.fixture
def files(tmp_path, videos):
    paths = {}
    for name, method in (("dul", DUL), ("mask_vos", MASK_VOS)):
        content = SECTIONS | {"footage": {"videos": str(videos)}, "method": method}
        if name == "mask_vos":
            content |= {"rounds": 2, "clusters": {"max_share": 0.9, "min_share": 0.0}}
        paths[name] = tmp_path / f"{name}.yaml"
        paths[name].write_text(yaml.safe_dump(content), encoding="utf-8")
    return paths


@pytest.fixture
def told(shls, tmp_path):
    def tell(*arguments, store=tmp_path / "a", code=0):
        done = shls(*arguments, "--store", store, "--json")
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    return tell


def test_rounds_from_films_to_a_withdrawal(files, told, shls, tmp_path, monkeypatch):
    told("dataset", "build", "--config", files["dul"])
    first = told("train", "--config", files["dul"])["checkpoint"]
    shutil.copytree(tmp_path / "a", tmp_path / "b")

    # Interrupted between the clusters and the training of the second round.
    trained, real = [], __import__("flows.alternate", fromlist=["train"]).train

    def stops(config, *others):
        if config.name.endswith("_2"):
            raise KeyboardInterrupt
        trained.append(config.name)
        return real(config, *others)

    monkeypatch.setattr("flows.alternate.train", stops)
    interrupted = shls(
        "alternate", "--config", files["mask_vos"], "--starts-from", first, "--store", tmp_path / "a"
    )
    assert interrupted.exit_code == 130
    assert trained == ["films_round_1"]
    monkeypatch.setattr("flows.alternate.train", real)
    resumed = told("alternate", "--config", files["mask_vos"], "--starts-from", first)
    whole = told("alternate", "--config", files["mask_vos"], "--starts-from", first, store=tmp_path / "b")
    assert resumed["rounds"][0]["training"]["status"] == "cached"
    ids = [
        [(one["dataset"]["dataset"], one["training"]["checkpoint"]) for one in run["rounds"]]
        for run in (resumed, whole)
    ]
    assert ids[0] == ids[1]
    assert [one["dataset"]["name"] for one in whole["rounds"]] == ["films_round_1@v1", "films_round_2@v1"]
    (_, second), (dataset, third) = ids[0]

    store = Store.open(str(tmp_path / "a"))
    record = get_record(store.objects, third, CheckpointRecord)
    assert (record.starts_from, record.pseudo_masks_by) == (second, second)
    assert get_record(store.objects, second, CheckpointRecord).starts_from == first
    stage = get_record(
        store.objects, get_record(store.objects, dataset, DatasetManifest).stages[CLUSTERS], StageManifest
    )
    assert stage.parameters["checkpoint"] == second
    stages = Dataset(store.objects, dataset).stages
    assert len(stages[CLUSTERS].accepted()) + stage.rejected == len(stages[CLIPS].accepted())

    assert told("train", "--reproduce", third)["verdict"] == "agrees"
    assert told("audit", "--replay", "2")["problems"] == []
    assert told("dataset", "verify")["problems"] == []
    above = told("lineage", "up", third)
    assert {first, second} <= {node["id"] for node in above["nodes"]}

    # What the first checkpoint saw, the last one saw: steps are counted through all of them.
    seen = told("lineage", "down", "film-1.mp4")["checkpoints"]
    assert {one["checkpoint"] for one in seen} == {first, second, third}
    by_id = {one["checkpoint"]: one for one in seen}
    assert [by_id[one]["steps"] for one in (first, second, third)] == [3, 6, 9]
    assert by_id[third]["times_drawn"] >= by_id[second]["times_drawn"] >= by_id[first]["times_drawn"]

    # Nothing that a checkpoint learned from is collected.
    told("dataset", "gc", "--keep", "1", "--yes")
    assert store.objects.exists(first)

    told("dataset", "withdraw", "film-1.mp4", "--reason", "consent revoked")
    (video,) = [
        one
        for one in History(store).withdrawn
        if {first, second, third} == {exposure.checkpoint for exposure in descent(store, one).exposures}
    ]
    assert video
    refused = shls(
        "train",
        "--config",
        files["mask_vos"],
        "--starts-from",
        third,
        "--dataset",
        dataset,
        "--store",
        tmp_path / "a",
    )
    assert refused.exit_code == 1
    assert "withdrawn" in refused.stderr
    audit = (
        told("audit", code=None)
        if False
        else json.loads(shls("audit", "--store", tmp_path / "a", "--json").stdout)
    )
    assert {first, second, third} == set(audit["outstanding"][0]["checkpoints"])


def config(**changes):
    return PipelineConfig.model_validate(
        {"source": "clips", "method": MASK_VOS, "footage": {"videos": "films"}, "ingest": {"images": None}}
        | changes
    )


def test_a_round_clusters_with_the_checkpoint_it_starts_from():
    of_round = config_of_round(config(name="films", clusters={"num_clusters": 7}), 3, "c" * 64)
    assert of_round.name == "films_round_3"
    assert of_round.starts_from == of_round.clusters.checkpoint == "c" * 64
    assert of_round.clusters.num_clusters == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "expected starts_from, the checkpoint that the first round clusters with, got none"),
        ({"method": DUL}, "expected source: clips and a method that learns from clusters"),
        (
            {"source": "stills", "method": {**MASK_VOS, "pseudo_masks": "shards"}},
            "expected source: clips and a method that learns from clusters.* got source: stills",
        ),
    ],
)
def test_what_cannot_alternate_is_refused(store, changes, message):
    with pytest.raises(ConfigError, match=message):
        alternate.fn(config(**changes), store.location)
