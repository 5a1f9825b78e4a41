import io
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from openlineage.client.serde import Serde

from storage.objects.objects import object_path
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord, EvaluationRecord
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from storage.tables.ledger import Run
from tasks.openlineage.catalogue import Catalogue
from tasks.openlineage.datasets import input_datasets, output_datasets

MADE_BY = {"configuration": {}, "code_digest": "c", "versions": {}, "device_kind": "cpu"}


def run(kind="dataset", **facts):
    began = datetime(2026, 1, 2, tzinfo=UTC)
    configuration = {"name": "photos", "ingest": {"images": "/photographs"}}
    return Run(
        **{
            "run_id": "1",
            "kind": kind,
            "status": "completed",
            "started_at": began,
            "seconds": 1,
            "configuration": configuration,
        }
        | facts
    )


def read(store, **facts):
    datasets = input_datasets(Catalogue(store, "photos"), run("train", **facts))
    return {dataset["name"]: dataset for dataset in map(Serde.to_dict, datasets)}


def made(store, **facts):
    datasets = output_datasets(Catalogue(store, "photos"), run(**facts))
    return {dataset["name"]: dataset for dataset in map(Serde.to_dict, datasets)}


def tables_of(store, dataset):
    """The manifest and all rows of every stage, read without the code under test."""
    found = {}
    for stage in OF_STILLS:
        artifact = get_record(store.objects, dataset, DatasetManifest).stages[stage]
        manifest = get_record(store.objects, artifact, StageManifest)
        shards = [store.objects.get(shard.digest) for shard in manifest.shards]
        found[stage] = artifact, shards, pa.concat_tables(pq.read_table(io.BytesIO(data)) for data in shards)
    return found


def put_checkpoint(store, dataset, kind="checkpoint"):
    record = CheckpointRecord(kind=kind, dataset=dataset, weights="w", final_loss=1.0, **MADE_BY)
    return put_record(store.objects, record)


def test_a_dataset_is_made_with_its_stages_each_in_its_version(judged, staged):
    outputs = made(judged, outputs=[staged.dataset])
    top = f"{judged.root}/photos"
    assert list(outputs) == [*(f"{top}/{stage}" for stage in OF_STILLS), top]
    assert {dataset["namespace"] for dataset in outputs.values()} == {"file"}
    artifacts = [staged.outcomes[stage].artifact for stage in OF_STILLS]
    versions = [dataset["facets"]["version"]["datasetVersion"] for dataset in outputs.values()]
    assert versions == [*artifacts, staged.dataset]


def test_columns_and_statistics_are_those_of_the_shards(judged, staged):
    outputs = made(judged, outputs=[staged.dataset])
    for stage, (_, shards, table) in tables_of(judged, staged.dataset).items():
        facets = outputs[f"{judged.root}/photos/{stage}"]["facets"]
        told = [(field["name"], field["type"]) for field in facets["schema"]["fields"]]
        assert [name for name, _ in told] == table.column_names
        assert [kind for _, kind in told] == [
            str(kind).replace("element: ", "") for kind in table.schema.types
        ]
        metrics = facets["dataQualityMetrics"]
        assert metrics["rowCount"] == table.num_rows
        assert metrics["fileCount"] == len(shards)
        assert metrics["bytes"] == sum(map(len, shards))
        assert metrics["columnMetrics"]
        for column, figures in metrics["columnMetrics"].items():
            values = table[column]
            assert (figures["count"], figures["nullCount"]) == (len(values.drop_null()), values.null_count)
            assert figures["sum"] == pytest.approx(pc.sum(values).as_py())
            assert (figures["min"], figures["max"]) == (pc.min(values).as_py(), pc.max(values).as_py())


def test_edges_between_stages_are_told_though_one_run_makes_them(judged, staged):
    outputs = made(judged, outputs=[staged.dataset])
    top = f"{judged.root}/photos"
    sources = {
        name.removeprefix(f"{top}/"): [source["name"].removeprefix(f"{top}/") for source in facet["inputs"]]
        for name, facet in ((name, dataset["facets"]["lineage"]) for name, dataset in outputs.items())
    }
    assert sources == {
        "ingest": ["/photographs"],
        "saliency": ["ingest"],
        "sequences": ["ingest", "saliency"],
        "superpixels": ["sequences"],
        top: list(OF_STILLS),
    }


def test_what_was_written_is_not_what_was_found(judged, staged):
    stages = [outcome.model_dump() for outcome in staged.outcomes.values()]
    stages[1] |= {"status": "partial", "rows_computed": 3, "shards_computed": 2}
    stages[2] |= {"status": "cached", "rows_computed": 0, "shards_computed": 0}
    outputs = made(judged, outputs=[staged.dataset], details={"stages": stages})
    ingest, saliency, sequences, _ = (
        outputs[f"{judged.root}/photos/{stage}"]["outputFacets"]["outputStatistics"] for stage in OF_STILLS
    )
    _, shards, table = tables_of(judged, staged.dataset)["ingest"]
    assert (ingest["rowCount"], ingest["fileCount"]) == (table.num_rows, len(shards))
    assert ingest["size"] == sum(map(len, shards))
    assert (saliency["rowCount"], saliency["fileCount"], "size" in saliency) == (3, 2, False)
    assert (sequences["rowCount"], sequences["fileCount"], sequences["size"]) == (0, 0, 0)


def test_other_names_are_those_of_people_and_the_place_of_the_record(judged, staged):
    judged.names.tag("submitted", staged.dataset)
    facets = made(judged, outputs=[staged.dataset])[f"{judged.root}/photos"]["facets"]
    told = {(each["name"], each["type"]) for each in facets["symlinks"]["identifiers"]}
    place = judged.root / object_path(staged.dataset)
    assert told == {
        (f"{judged.root}/photos@v1", "TABLE"),
        (f"{judged.root}/submitted@v1", "TABLE"),
        (str(place), "LOCATION"),
    }
    assert place.is_file()


def test_what_is_read_has_statistics_and_what_the_gate_found(judged, staged):
    inputs = read(judged, inputs=[staged.dataset])
    facets = {stage: inputs[f"{judged.root}/photos/{stage}"]["inputFacets"] for stage in OF_STILLS}
    assert {stage: set(found) for stage, found in facets.items()} == {
        "ingest": {"dataQualityMetrics"},
        "saliency": {"dataQualityMetrics", "dataQualityAssertions"},
        "sequences": {"dataQualityMetrics", "dataQualityAssertions"},
        "superpixels": {"dataQualityMetrics"},
    }
    (well,) = facets["saliency"]["dataQualityAssertions"]["assertions"]
    (amiss,) = facets["sequences"]["dataQualityAssertions"]["assertions"]
    assert (well["success"], well["column"], well["actual"]) == (True, "mask_share", "0 of 8 rows outside")
    assert (well["name"], well["expected"]) == (
        "saliency.mask_share: ExpectColumnValuesToBeBetween",
        '{"max_value": 0.9, "min_value": 0.002}',
    )
    assert (amiss["success"], amiss["severity"]) == (False, "error")
    assert "column" not in amiss  # the gate's own figure
    top = inputs[f"{judged.root}/photos"]
    assert top["inputFacets"] == {}
    assert top["facets"]["version"]["datasetVersion"] == staged.dataset


def test_photographs_are_read_by_the_run_that_makes_a_dataset_alone(store):
    (dataset,) = input_datasets(Catalogue(store), run("dataset"))
    assert (dataset.namespace, dataset.name) == ("file", "/photographs")
    assert input_datasets(Catalogue(store), run("train")) == []
    bundled = run("dataset", configuration={"ingest": {"images": "skimage"}})
    (dataset,) = input_datasets(Catalogue(store), bundled)
    assert (dataset.namespace, dataset.name) == ("pkg:pypi/scikit-image", "skimage/data")
    relative = run("dataset", configuration={"ingest": {"images": "photographs"}})
    (dataset,) = input_datasets(Catalogue(store), relative)
    assert dataset.name == str(Path.cwd() / "photographs")


def test_checkpoints_and_scores_are_called_after_the_dataset(judged, staged):
    checkpoint = put_checkpoint(judged, staged.dataset)
    evaluation = put_record(
        judged.objects,
        EvaluationRecord(
            checkpoint=checkpoint,
            dataset=staged.dataset,
            num_sequences=1,
            num_frames=1,
            scores={},
            baselines={},
            objects=(),
            **MADE_BY,
        ),
    )
    benchmark = put_record(
        judged.objects,
        BenchmarkRecord(
            checkpoint=checkpoint,
            benchmark="DAVIS-2017",
            split="val",
            material="m",
            scores={},
            objects=(),
            **MADE_BY,
        ),
    )
    other = put_checkpoint(judged, "d" * 64)
    joined = put_record(
        judged.objects,
        BenchmarkRecord(
            checkpoint=checkpoint,
            joined_with=other,
            benchmark="DAVIS-2016",
            split="val",
            material="m",
            scores={},
            objects=(),
            **MADE_BY,
        ),
    )
    outputs = made(judged, kind="evaluate", outputs=[checkpoint, evaluation, benchmark, joined])
    top = f"{judged.root}/photos"
    sources = {
        name: [each["name"] for each in dataset["facets"]["lineage"]["inputs"]]
        for name, dataset in outputs.items()
    }
    assert sources == {
        f"{top}/checkpoint": [top],
        f"{top}/evaluation": [f"{top}/checkpoint", top],
        f"{top}/benchmark/DAVIS-2017-val": [f"{top}/checkpoint"],
        f"{top}/benchmark/DAVIS-2016-val": [f"{top}/checkpoint", f"{judged.root}/unpublished/checkpoint"],
    }
    assert outputs[f"{top}/checkpoint"]["facets"]["datasetType"]["datasetType"] == "MODEL"


def test_a_pretrained_checkpoint_is_called_as_the_run_calls_its_dataset(store):
    pretrained = put_checkpoint(store, "d" * 64, kind="pretrained")
    named = [artifact.name for artifact in Catalogue(store, "pretrained").artifacts(pretrained)]
    assert named == ["pretrained/checkpoint"]


@pytest.mark.parametrize(
    ("published", "own", "called"),
    [
        ((), None, "unpublished"),
        ((), "mine", "mine"),
        (("photos", "later"), None, "photos"),
        (("photos", "later"), "later", "later"),
        (("photos",), "mine", "photos"),
    ],
)
def test_a_dataset_is_called_as_the_run_calls_it_or_as_it_was_first_published(
    staged, staged_copy, published, own, called
):
    for name in published:
        staged_copy.names.publish(name, staged.dataset)
    *_, dataset = Catalogue(staged_copy, own).artifacts(staged.dataset)
    assert dataset.name == called


def test_an_id_of_something_else_is_told_as_it_is(judged):
    note = judged.objects.put(b"no record")
    outputs = made(judged, outputs=[note, "1" * 64])
    assert list(outputs) == [f"{judged.root}/other/{note}", f"{judged.root}/other/{'1' * 64}"]
    place, nowhere = (dataset["facets"].get("symlinks") for dataset in outputs.values())
    assert place["identifiers"][0]["name"] == str(judged.root / object_path(note))
    assert nowhere is None


def test_a_bucket_is_its_own_namespace(bucket):
    store = Store.create(f"{bucket}/a/store")
    dataset = store.objects.put(b"no record")
    (output,) = output_datasets(Catalogue(store), run(outputs=[dataset]))
    assert (output.namespace, output.name) == (bucket, f"a/store/other/{dataset}")
