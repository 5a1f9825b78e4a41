"""The whole way of Mask-VOS on films as a user goes it: DUL, then rounds of clusters and training."""

import json
import shutil

import pytest
import yaml

from flows.alternate import alternate, config_of_round
from flows.configuration import PipelineConfig
from flows.train import train
from shls_core.errors import ConfigError, InputError

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


@pytest.mark.slow
def test_rounds_that_were_interrupted_are_those_that_were_not(files, told, shls, tmp_path, monkeypatch):
    told("dataset", "build", "--config", files["dul"])
    first = told("train", "--config", files["dul"])["checkpoint"]
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    rounds = ("alternate", "--config", files["mask_vos"], "--starts-from", first)

    # The first run ends between the clusters and the training of the second round.
    trained = []

    def stops(config, *others):
        if config.name == "films_round_2":
            raise InputError("stopped")
        trained.append(config.name)
        return train(config, *others)

    monkeypatch.setattr("flows.alternate.train", stops)
    stopped = shls(*rounds, "--store", tmp_path / "a")
    assert (stopped.exit_code, trained) == (1, ["films_round_1"])
    monkeypatch.setattr("flows.alternate.train", train)
    resumed, whole = told(*rounds), told(*rounds, store=tmp_path / "b")
    assert resumed["rounds"][0]["training"]["status"] == "cached"
    ids = [
        [(one["dataset"]["dataset"], one["training"]["checkpoint"]) for one in run["rounds"]]
        for run in (resumed, whole)
    ]
    assert ids[0] == ids[1]
    assert [one["dataset"]["name"] for one in whole["rounds"]] == ["films_round_1@v1", "films_round_2@v1"]
    assert whole["checkpoint"] == ids[0][1][1]
    assert [one["starts_from"] for one in whole["rounds"]] == [first, ids[0][0][1]]

    seen = told("lineage", "down", "film-1.mp4")["checkpoints"]
    assert {one["checkpoint"] for one in seen} == {first, *(checkpoint for _, checkpoint in ids[0])}
    assert told("audit", "--replay", "2")["problems"] == []


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
