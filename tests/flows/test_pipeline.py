import json

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter, FlowRunFilterId

from flows.configuration import load_config
from flows.pipeline import pipeline
from shls_core.photographs.split import HELD_OUT, split_of
from storage.files.inventory import EVENTS_FILE
from storage.gate.verdicts import newest_verdict
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord
from storage.records.manifests import DatasetManifest, get_record
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import OF_STILLS
from storage.store import Store

KINDS = ["dataset", "train", "evaluate"]
SCORES = ("J&F-Mean", "J-Mean", "F-Mean")


def object_names(store):
    return sorted(path.name for path in (store / "objects").rglob("*") if path.is_file())


def test_everything_is_computed_once(first_run):
    stages = first_run.outcome.dataset.stages
    assert [stage.name for stage in stages] == list(OF_STILLS)
    for stage in stages:
        assert stage.status == "computed"
        assert stage.rows_computed == stage.rows
        assert stage.shards_computed == stage.shards > 1
    assert first_run.outcome.training.status == "computed"
    assert first_run.outcome.evaluation.status == "computed"


def test_the_dataset_is_published_with_a_passed_verdict(first_run):
    store = Store.open(first_run.store)
    dataset = first_run.outcome.dataset
    assert dataset.name == "tiny@v1"
    assert store.names.resolve("tiny") == dataset.dataset
    assert newest_verdict(store, dataset.dataset).passed
    manifest = get_record(store.objects, dataset.dataset, DatasetManifest)
    assert [manifest.stages[stage.name] for stage in dataset.stages] == [
        stage.artifact for stage in dataset.stages
    ]


def test_the_checkpoint_says_what_it_was_trained_on(first_run):
    store = Store.open(first_run.store)
    record = get_record(store.objects, first_run.outcome.training.checkpoint, CheckpointRecord)
    assert record.dataset == first_run.outcome.dataset.dataset
    assert record.configuration["training"]["steps"] == 3
    assert store.objects.verify(record.weights)


def test_held_out_sequences_are_scored_beside_the_baselines(first_run):
    store, config = Store.open(first_run.store), load_config(str(first_run.config))
    outcome = first_run.outcome.evaluation
    masks = StageArtifact(store.objects, first_run.outcome.dataset.stages[1].artifact).accepted(("scene",))
    held_out = sum(split_of(row["scene"], config.held_out) == HELD_OUT for _, row in masks)
    assert 0 < outcome.num_sequences <= held_out < len(masks)
    assert outcome.num_frames == outcome.num_sequences * (config.held_out.num_frames - 2)
    for scores in (outcome.scores, outcome.copy_first_mask, outcome.untrained):
        assert all(0 < scores[name] < 1 for name in SCORES)
        assert scores["J&F-Mean"] == pytest.approx((scores["J-Mean"] + scores["F-Mean"]) / 2)
    assert outcome.scores != outcome.untrained
    record = get_record(store.objects, outcome.evaluation, EvaluationRecord)
    assert record.checkpoint == first_run.outcome.training.checkpoint


def test_the_ledger_tells_what_came_of_what(first_run):
    dataset, train, evaluate = Store.open(first_run.store).ledger.runs()
    outcome = first_run.outcome
    assert [run["kind"] for run in (dataset, train, evaluate)] == KINDS
    assert {run["status"] for run in (dataset, train, evaluate)} == {"completed"}
    assert (dataset["inputs"], dataset["outputs"]) == ([], [outcome.dataset.dataset])
    assert (train["inputs"], train["outputs"]) == (dataset["outputs"], [outcome.training.checkpoint])
    assert (evaluate["inputs"], evaluate["outputs"]) == (train["outputs"], [outcome.evaluation.evaluation])
    assert dataset["verdict"] == "passed"
    assert json.loads(dataset["configuration"])["name"] == "tiny"
    assert [stage["status"] for stage in json.loads(dataset["details"])["stages"]] == ["computed"] * 4


def test_others_are_told_of_the_whole_and_of_its_parts(first_run):
    store = Store.open(first_run.store)
    lines = (first_run.store / EVENTS_FILE).read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert [(event["eventType"], event["job"]["name"]) for event in events] == [
        ("START", "tiny.pipeline"),
        *((state, f"tiny.{kind}") for kind in KINDS for state in ("START", "COMPLETE")),
        ("COMPLETE", "tiny.pipeline"),
    ]
    pipeline, *parts = (event for event in events if event["eventType"] == "START")
    assert [event["run"]["runId"] for event in parts] == [run["run_id"] for run in store.ledger.runs()]
    for event in parts:
        assert event["run"]["facets"]["parent"]["run"]["runId"] == pipeline["run"]["runId"]
        assert event["run"]["facets"]["processing_engine"]["name"] == "Prefect"
    for event, flow in zip((pipeline, *parts), ("pipeline", "regenerate", "train", "evaluate"), strict=True):
        assert f"def {flow}(" in event["job"]["facets"]["sourceCode"]["sourceCode"]
    made = {output["name"]: output["facets"] for event in events for output in event["outputs"]}
    assert {facets["version"]["datasetVersion"] for facets in made.values()} == {
        *(stage.artifact for stage in first_run.outcome.dataset.stages),
        first_run.outcome.dataset.dataset,
        first_run.outcome.training.checkpoint,
        first_run.outcome.evaluation.evaluation,
    }


def test_prefect_shows_progress_a_table_per_stage_and_the_result(first_run, photographs):
    found = {}
    with get_client(sync_client=True) as client:
        for run in Store.open(first_run.store).ledger.runs():
            flow_run = client.read_flow_run(run["run_id"])
            assert flow_run.state.is_completed()
            of_run = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run.id]))
            artifacts = client.read_artifacts(artifact_filter=ArtifactFilter(), flow_run_filter=of_run)
            found[run["kind"]] = {artifact.key: artifact for artifact in artifacts}
    assert {key: artifact.type for key, artifact in found["dataset"].items()} == {
        **{f"progress-{stage}": "progress" for stage in OF_STILLS},
        **{f"stage-{stage}": "table" for stage in OF_STILLS},
        "dataset-report": "markdown",
    }
    assert {artifact.data for artifact in found["dataset"].values() if artifact.type == "progress"} == {100}
    table = {row["what"]: row["value"] for row in json.loads(found["dataset"]["stage-saliency"].data)}
    assert (table["rows"], table["status"]) == (str(len(list(photographs.iterdir()))), "computed")
    assert "mask_share, mean" in table
    assert set(found["train"]) == {"progress-train", "progress-verify", "training", "checkpoint-report"}
    assert set(found["evaluate"]) == {"progress-evaluate", "result"}
    shown = f"| trained | {100 * first_run.outcome.evaluation.scores['J&F-Mean']:.1f} |"
    assert shown in found["evaluate"]["result"].data


def test_a_second_run_makes_nothing_again(first_run, used_store):
    before = object_names(used_store)
    again = pipeline(str(first_run.config), str(used_store))
    first = first_run.outcome
    assert {stage.status for stage in again.dataset.stages} == {"cached"}
    assert {stage.rows_computed for stage in again.dataset.stages} == {0}
    assert (again.training.status, again.evaluation.status) == ("cached", "cached")
    assert (again.dataset.dataset, again.dataset.name) == (first.dataset.dataset, "tiny@v1")
    assert again.training.checkpoint == first.training.checkpoint
    assert again.evaluation.evaluation == first.evaluation.evaluation
    assert again.evaluation.scores == first.evaluation.scores
    assert object_names(used_store) == before
    assert len(Store.open(used_store).ledger.runs()) == 6


def test_other_steps_train_anew_on_the_same_dataset(first_run, used_store, config_file):
    longer = pipeline(str(config_file(training={"steps": 4})), str(used_store))
    assert {stage.status for stage in longer.dataset.stages} == {"cached"}
    assert longer.training.status == longer.evaluation.status == "computed"
    assert longer.training.checkpoint != first_run.outcome.training.checkpoint
