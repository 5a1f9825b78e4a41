"""Whether a dataset is still what its configuration and its folder give."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import cv2
import pytest
import yaml

from flows.backfill import configurations, prices
from flows.configuration import PipelineConfig, load_config
from flows.status.freshness import freshness, recorded_configuration
from storage.provenance.environment import current_environment
from storage.records.manifests import StageManifest, get_record
from storage.store import Store
from storage.tables.ledger import Run


def record_build(store, configuration, outputs):
    run = Run(
        run_id="again",
        kind="dataset",
        status="completed",
        started_at=datetime.now(UTC),
        seconds=1,
        configuration=configuration,
        outputs=outputs,
    )
    store.ledger.record(run, current_environment())


@pytest.fixture
def used(first_run, used_store, photographs, tmp_path):
    """A copy of the store of the first run, and a folder of its photographs whose build is recorded there."""
    folder = tmp_path / "folder"
    shutil.copytree(photographs, folder)
    store = Store.open(used_store)
    (built,) = [run for run in store.ledger.runs() if run["kind"] == "dataset"]
    configuration = json.loads(built["configuration"])
    configuration["ingest"]["images"] = str(folder)
    record_build(store, configuration, built["outputs"])
    return store, folder, built["outputs"][0]


def test_the_folder_as_it_was_is_fresh(used):
    store, _, dataset = used
    assert freshness(store, "tiny", dataset).model_dump() == {"state": "fresh", "reasons": (), "since": None}


def test_a_photograph_more_makes_it_stale_since_it_arrived(used):
    store, folder, dataset = used
    image = cv2.imread(str(folder / "coffee.png"))
    before = datetime.now(UTC) - timedelta(seconds=2)
    cv2.imwrite(str(folder / "new.png"), image[:, ::-1])
    found = freshness(store, "tiny", dataset)
    assert found.state == "stale"
    assert found.reasons[0] == "1 photograph added (new.png)"
    assert before <= datetime.fromisoformat(found.since) <= datetime.now(UTC)


def test_a_photograph_less_makes_it_stale_and_no_file_says_since_when(used):
    store, folder, dataset = used
    (folder / "coffee.png").unlink()
    found = freshness(store, "tiny", dataset)
    assert (found.state, found.since) == ("stale", None)
    assert found.reasons[0] == "1 photograph removed (coffee.png)"


def test_what_cannot_be_known_is_not_called_fresh(used):
    store, folder, dataset = used
    shutil.rmtree(folder)
    found = freshness(store, "tiny", dataset)
    assert found.state == "unknown"
    assert str(folder) in found.reasons[0]
    assert freshness(store, "other", dataset).reasons == ("no completed run of this store built it",)


def test_the_configuration_is_that_of_the_last_completed_run(used, first_run):
    store, folder, _ = used
    found = recorded_configuration(store, "tiny")
    assert found.ingest.images == str(folder)
    assert found.synthesis == load_config(str(first_run.config)).synthesis
    assert yaml.safe_load(first_run.config.read_text())["name"] == found.name
    assert recorded_configuration(store, "other") is None


def test_a_dataset_with_clusters_is_compared_with_its_clusters(staged_clusters, videos, tmp_path):
    store = Store.open(shutil.copytree(staged_clusters.store.root, tmp_path / "clusters"))
    artifact = staged_clusters.outcomes["clusters"].artifact
    recorded = get_record(store.objects, artifact, StageManifest).parameters
    config = PipelineConfig.model_validate(
        {
            "name": "films",
            "staging": {"seed": 1, "rows_per_shard": 2},
            "footage": {"videos": str(videos)},
            "clips": {"side": 48, "max_frames": 12},
            "held_out": {"share": 0.3},
            "clusters": recorded["clusters"] | {"checkpoint": recorded["checkpoint"]},
            "training": {"num_threads": 1},
            "execution": {"backend": "serial", "device": "cpu"},
        }
    )
    store.names.publish("films", staged_clusters.dataset)
    record_build(store, config.model_dump(mode="json"), (staged_clusters.dataset,))
    assert freshness(store, "films", staged_clusters.dataset).state == "fresh"
    (price,) = prices({"films": config}, store.location)
    assert (price.status, price.rows_to_compute) == ("fresh", 0)


def test_drift_that_was_accepted_once_is_not_accepted_again(used):
    store, _, dataset = used
    (built,) = [run for run in store.ledger.runs() if run["run_id"] == "again"]
    configuration = json.loads(built["configuration"])
    configuration["gate"]["drift"]["enforced"] = False
    record_build(store, configuration, [dataset])
    assert not recorded_configuration(store, "tiny").gate.drift.enforced
    chosen = configurations(["tiny"], store.location, lambda config: config)["tiny"]
    assert chosen.gate.drift.enforced
