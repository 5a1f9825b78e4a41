"""The saliency stage: which detector made a row is part of the row's identity, by content."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from shls_core.errors import InputError, MissingComponent, TooManyRejected
from shls_core.photographs.crops import CropConfig
from shls_core.saliency.config import DetectorNetworkConfig, SaliencyConfig
from storage.rows.codecs import decode_map
from storage.rows.shards import RowReader
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages import detectors
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.staging.build_stage import build_stage

SERIAL = ExecutionConfig(backend="serial")
NETWORK = DetectorNetworkConfig(input_side_px=64, mean=(0, 0, 0), std=(1, 1, 1), stretch=True)


@pytest.fixture
def ingested(store, photographs):
    stage = IngestStage(IngestConfig(images=str(photographs), max_side=96))
    return store, build_stage(store, stage, {}, StagingConfig(), SERIAL).artifact


@pytest.fixture
def build(ingested):
    """Return a function that builds the stage with a saliency of one's own."""
    store, artifact = ingested

    def run(crops_per_image=0, execution=SERIAL, max_rejected_share=0.9, **saliency):
        crops = CropConfig(crops_per_image=crops_per_image)
        saliency = {"min_confidence": 0.0, "network": NETWORK} | saliency
        stage = SaliencyStage(SaliencyConfig(**saliency), crops, max_side=96, seed=1)
        staging = StagingConfig(rows_per_shard=2, max_rejected_share=max_rejected_share)
        return build_stage(store, stage, {"ingest": artifact}, staging, execution)

    return run


@pytest.fixture
def rows(ingested):
    """Return a function that reads some columns of an artifact's accepted rows."""
    store, _ = ingested

    def read(outcome, *columns):
        reader = RowReader(store.objects)
        accepted = StageArtifact(store.objects, outcome.artifact).accepted()
        return [reader.row(address.shard, address.index, columns) for address, _ in accepted]

    return read


@pytest.fixture
def manifest(ingested):
    return lambda outcome: StageArtifact(ingested[0].objects, outcome.artifact).manifest


@pytest.fixture(params=["torchscript", "onnx"])
def model(request, tmp_path, torchscript_network, onnx_network):
    """A kind of network, and a file that holds one."""
    make = {"torchscript": torchscript_network, "onnx": onnx_network}[request.param]
    path = tmp_path / "network.bin"
    path.write_bytes(make())
    return request.param, path, make


@pytest.fixture
def maps(tmp_path, photographs):
    """A folder with a map for each photograph: a bright square, at each photograph's size."""
    folder = tmp_path / "maps"
    folder.mkdir()
    for number, path in enumerate(sorted({path.stem for path in photographs.iterdir()})):
        drawn = np.zeros((120, 120), np.uint16)
        drawn[20 + 10 * number : 70 + 10 * number, 30:80] = 65535
        assert cv2.imwrite(str(folder / f"{path}.png"), drawn)
    return folder


def test_a_network_is_named_by_its_content_and_not_by_its_file(build, manifest, model, tmp_path):
    kind, path, make = model
    first = build(detector=f"{kind}:{path}")
    assert (first.status, first.rejected) == ("computed", 0)
    elsewhere = tmp_path / "deep" / "other.name"
    elsewhere.parent.mkdir()
    shutil.copy(path, elsewhere)
    assert build(detector=f"{kind}:{elsewhere}").artifact == first.artifact

    saliency = manifest(first).parameters["saliency"]
    assert saliency["detector"] == kind
    assert saliency["digest"] == detectors.digest_bytes(path.read_bytes())
    assert str(path) not in manifest(first).model_dump_json()

    path.write_bytes(make(scale=0.5))
    assert build(detector=f"{kind}:{path}").status == "computed"


def test_versions_name_what_ran_and_nothing_else(build, manifest, model):
    kind, path, _ = model
    runs = {"torchscript": "torch", "onnx": "onnxruntime"}
    versions = manifest(build(detector=f"{kind}:{path}")).versions.keys()
    assert versions & set(runs.values()) == {runs[kind]}
    assert not manifest(build()).versions.keys() & set(runs.values())
    assert "network" not in manifest(build()).parameters["saliency"]


def test_a_network_sees_the_photograph(build, rows, model):
    kind, path, _ = model
    outcome = build(detector=f"{kind}:{path}", sharpening={"side_px": 0})
    for row in rows(outcome, "saliency_map", "height", "width", "confidence"):
        found = decode_map(row["saliency_map"], row["height"], row["width"], np.uint8)
        assert found.min() < 20  # nearly: the map was enlarged since it was stretched
        assert found.max() > 235
        assert 0 < row["confidence"] <= 1


@pytest.mark.slow
def test_workers_make_the_same_rows(build, ingested, model, monkeypatch, tmp_path):
    kind, path, _ = model
    monkeypatch.chdir(path.parent)  # workers run elsewhere
    serial = build(detector=f"{kind}:{path.name}")
    store, artifact = ingested
    fresh = Store.open(shutil.copytree(store.root, tmp_path / "copy"))
    shutil.rmtree(fresh.root / "keys", ignore_errors=True)
    config = SaliencyConfig(detector=f"{kind}:{path.name}", min_confidence=0.0, network=NETWORK)
    stage = SaliencyStage(config, CropConfig(), max_side=96, seed=1)
    on_ray = build_stage(
        fresh, stage, {"ingest": artifact}, StagingConfig(rows_per_shard=2), ExecutionConfig(workers=2)
    )
    assert on_ray.artifact == serial.artifact


def test_a_missing_or_wrong_file_is_one_line(build, tmp_path, model):
    kind, path, _ = model
    with pytest.raises(InputError, match=r"expected a file at .*nowhere: No such file"):
        build(detector=f"{kind}:{tmp_path / 'nowhere'}")
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match=r"expected a.* network in .*, got 14 other bytes"):
        build(detector=f"{kind}:{path}")


def test_a_file_that_changes_during_the_run_stops_it(model):
    kind, path, make = model
    digest = detectors.digest_bytes(path.read_bytes())
    path.write_bytes(make(scale=0.5))
    with pytest.raises(InputError, match="changed while it was read"):
        detectors.ready_detector(SaliencyConfig(detector=f"{kind}:{path}"), str(path), digest)


def test_a_package_that_is_missing_is_told_before_anything_is_made(build, model, monkeypatch):
    kind, path, _ = model
    monkeypatch.setattr(detectors, "find_spec", lambda name: None)
    with pytest.raises(MissingComponent, match="install it with: pip install"):
        build(detector=f"{kind}:{path}")


def test_maps_of_a_folder_become_masks(build, rows, maps):
    outcome = build(detector=f"maps:{maps}", sharpening={"side_px": 0})
    assert outcome.rejected == 0
    for row in rows(outcome, "mask", "height", "width", "confidence"):
        mask = decode_map(row["mask"], row["height"], row["width"], np.uint8)
        assert (mask > 0).mean() == pytest.approx((50 / 120) ** 2, rel=0.1)
        assert row["confidence"] > 0.95


def test_crops_cut_the_map(build, rows, maps):
    outcome = build(detector=f"maps:{maps}", sharpening={"side_px": 0}, crops_per_image=3)
    whole = {
        row["image_id"]: decode_map(row["saliency_map"], row["height"], row["width"], np.uint8)
        for row in rows(build(detector=f"maps:{maps}", sharpening={"side_px": 0}), *COLUMNS)
    }
    cut = rows(outcome, *COLUMNS)
    assert len(cut) > 10
    for row in cut:
        part = np.s_[row["top"] : row["top"] + row["height"], row["left"] : row["left"] + row["width"]]
        found = decode_map(row["saliency_map"], row["height"], row["width"], np.uint8)
        np.testing.assert_array_equal(found, whole[row["image_id"]][part])


COLUMNS = ("image_id", "saliency_map", "top", "left", "height", "width")


def test_a_changed_map_changes_its_row_alone(build, maps):
    assert build(detector=f"maps:{maps}").status == "computed"
    assert build(detector=f"maps:{shutil.copytree(maps, maps.parent / 'moved')}").status == "cached"
    path = sorted(maps.iterdir())[0]
    drawn = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert cv2.imwrite(str(path), np.roll(drawn, 10, axis=1))
    again = build(detector=f"maps:{maps}")
    assert again.status == "partial"
    assert again.rows_computed == 2  # a PNG and a JPEG share this name


def test_a_photograph_without_a_map_is_a_rejected_row(build, maps, ingested):
    sorted(maps.iterdir())[0].unlink()
    outcome = build(detector=f"maps:{maps}")
    reasons = StageArtifact(ingested[0].objects, outcome.artifact).rejected_reasons()
    assert reasons == {"no saliency map": 2}


def test_masks_of_little_confidence_are_rejected_with_that_reason(build, rows, ingested):
    confidences = sorted(row["confidence"] for row in rows(build(), "confidence"))
    middle = (confidences[3] + confidences[4]) / 2
    outcome = build(min_confidence=middle)
    reasons = StageArtifact(ingested[0].objects, outcome.artifact).rejected_reasons()
    assert reasons == {"low_confidence": 4}
    assert sorted(row["confidence"] for row in rows(outcome, "confidence")) == confidences[4:]
    with pytest.raises(TooManyRejected, match="8 x low_confidence"):
        build(min_confidence=1.0)


def test_paths_of_the_user_are_taken_from_where_the_command_runs(build, maps, monkeypatch):
    monkeypatch.chdir(maps.parent)
    assert build(detector=f"maps:{Path(maps.name)}").rejected == 0


def test_what_finds_no_counterpart_is_counted(build, maps):
    first, *_ = sorted(maps.iterdir())
    first.rename(maps / "unknown.png")
    outcome = build(detector=f"maps:{maps}")
    # A PNG and a JPEG share the name of the map that is gone.
    assert outcome.unmatched == {"photographs without a map": 2, "maps without a photograph": 1}
    assert build(crops_per_image=0).unmatched == {}


def test_cut_outs_become_masks(build, rows, maps):
    for path in maps.iterdir():
        drawn = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        dark = np.full((*drawn.shape, 3), 20, np.uint8)
        assert cv2.imwrite(str(path), np.dstack([dark, (drawn // 257).astype(np.uint8)]))
    outcome = build(detector=f"maps:{maps}", sharpening={"side_px": 0})
    assert outcome.rejected == 0
    for row in rows(outcome, "mask", "height", "width"):
        mask = decode_map(row["mask"], row["height"], row["width"], np.uint8)
        assert (mask > 0).mean() == pytest.approx((50 / 120) ** 2, rel=0.1)
