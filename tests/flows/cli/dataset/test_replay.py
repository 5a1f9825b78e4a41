"""`shls dataset replay` on the staged dataset: no flow runs, so no server is needed."""

import json

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from storage.records.manifests import DatasetManifest, get_record, put_record
from storage.rows.stage_artifact import StageArtifact


def run(*arguments):
    return CliRunner().invoke(app, ["dataset", "replay", *map(str, arguments)])


@pytest.fixture
def sample(staged):
    artifact = StageArtifact(staged.store.objects, staged.outcomes["sequences"].artifact)
    return artifact.accepted()[0][0].sample_id


@pytest.fixture
def published(staged, staged_copy):
    """The store of the staged dataset, in which it has a name."""
    staged_copy.names.publish("photos", staged.dataset)
    return staged_copy


def test_the_dataset_published_last_is_meant(published, sample):
    done = run(sample[:8], "--store", published.root)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("identical: ")
    assert done.stdout.endswith(f"frames, masks and superpixel maps of {sample[:12]}\n")


def test_one_object_for_scripts_and_pictures_for_people(published, staged, sample, tmp_path):
    done = run(sample, "--dataset", "photos@v1", "--store", published.root, "--json", "--out", tmp_path / "o")
    told = json.loads(done.stdout)
    assert (told["status"], told["sample"], told["dataset"]) == ("identical", sample, staged.dataset)
    assert [stage["name"] for stage in told["stages"]] == ["sequences", "superpixels"]
    assert len(list((tmp_path / "o").glob("*.png"))) == 3 * told["num_frames"]


def test_a_difference_is_told_and_the_exit_code_is_1(published, staged, sample):
    objects = published.objects
    dataset = get_record(objects, staged.dataset, DatasetManifest)
    manifest = StageArtifact(objects, dataset.stages["superpixels"]).manifest
    other = manifest.parameters | {"num_superpixels": 20}
    changed = put_record(objects, manifest.model_copy(update={"parameters": other}))
    reference = put_record(objects, DatasetManifest(stages=dataset.stages | {"superpixels": changed}))
    done = run(sample, "--dataset", reference[:10], "--store", published.root)
    assert done.exit_code == 1
    assert done.stdout.startswith("superpixels: different: superpixel map 0, superpixel map 1")


def test_a_difference_on_other_packages_is_not_comparable_and_the_exit_code_is_3(published, staged, sample):
    objects = published.objects
    dataset = get_record(objects, staged.dataset, DatasetManifest)
    manifest = StageArtifact(objects, dataset.stages["superpixels"]).manifest
    elsewhere = {
        "parameters": manifest.parameters | {"num_superpixels": 20},
        "versions": manifest.versions | {"fast-slic": "0.1"},
    }
    changed = put_record(objects, manifest.model_copy(update=elsewhere))
    reference = put_record(objects, DatasetManifest(stages=dataset.stages | {"superpixels": changed}))
    done = run(sample, "--dataset", reference[:10], "--store", published.root)
    assert (done.exit_code, done.stdout.split(": ")[:2]) == (3, ["superpixels", "not comparable"])


def test_what_cannot_be_replayed_is_one_line(staged, published, tmp_path):
    for arguments, told in (
        (("123456", "--store", published.root), "error: expected the id of a sequence of dataset"),
        (("123456", "--store", staged.store.root), "error: expected a published dataset in"),
        (("123456", "--store", tmp_path / "none"), "error: expected a store at"),
    ):
        done = run(*arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith(told)
        assert done.stderr.count("\n") == 1
