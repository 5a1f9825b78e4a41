"""Trials and previews: the real stages on a handful, and nothing of it stays."""

import csv
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from shls_core.errors import NameUnknown
from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from storage.canonical import digest_bytes
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from tasks.runs.execution_config import StagingConfig
from tasks.stages.handful import evenly_spread
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.superpixels import SuperpixelsStage
from tasks.staging.preview import few_photographs, preview_samples
from tasks.staging.samples import RejectedSample, Sample
from tasks.staging.trial import try_stages

STAGING = StagingConfig(seed=1)


def stages(crops_per_image=0):
    return (
        IngestStage(IngestConfig(images="elsewhere", max_side=96)),
        SaliencyStage(SaliencyConfig(), CropConfig(crops_per_image=crops_per_image), 96, seed=1),
        SequencesStage(
            SynthesisConfig(frame_size=48, num_frames=2, sequences_per_template=3),
            HeldOutConfig(),
            96,
            seed=1,
        ),
        SuperpixelsStage(SuperpixelConfig(num_superpixels=20)),
    )


def files_in(folder):
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """A place for temporary folders, empty again after each test."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert not list(place.iterdir())


def test_a_handful_is_the_same_every_time_whatever_the_names(photographs, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for number, path in enumerate(sorted(photographs.iterdir())):
        shutil.copy(path, other / f"{8 - number}{path.suffix}")
    chosen = []
    for folder in (photographs, other):
        with few_photographs(IngestConfig(images=str(folder)), "nowhere", "photos", 3) as some:
            images = [path for path in some.folder.rglob("*") if path.suffix in (".png", ".jpg")]
            chosen.append(sorted(digest_bytes(path.read_bytes()) for path in images))
    ids = sorted(digest_bytes(path.read_bytes()) for path in photographs.iterdir())
    assert chosen == [[ids[0], ids[2], ids[5]]] * 2


def test_without_a_folder_the_photographs_of_the_latest_dataset_are_taken_with_their_notes(
    staged, staged_copy, photographs
):
    staged_copy.names.publish("photos", staged.dataset)
    with few_photographs(IngestConfig(), str(staged_copy.root), "photos", 3) as some:
        with (some.folder / "photographs.csv").open(newline="") as file:
            notes = list(csv.DictReader(file))
        assert len(notes) == 3
        for note in notes:
            original = photographs / note["file_name"]
            assert (some.folder / note["file_name"]).read_bytes() == original.read_bytes()
            assert note["scene"] == digest_bytes(original.read_bytes())


def test_without_either_it_says_what_it_wants(store):
    with (
        pytest.raises(
            NameUnknown, match=r"expected photographs in --images, or a dataset photos in .*neither"
        ),
        few_photographs(IngestConfig(), str(store.root), "photos", 3),
    ):
        pass


def test_samples_hold_what_there_is_to_look_at(photographs):
    with few_photographs(IngestConfig(images=str(photographs)), "nowhere", "photos", 3) as some:
        samples = preview_samples(some.folder, stages(), STAGING, 96, 3)
        again = preview_samples(some.folder, stages(), STAGING, 96, 3)
    assert len(samples) == 3
    for sample, same in zip(samples, again, strict=True):
        assert isinstance(sample, Sample)
        assert (photographs / sample.file_name).is_file()
        assert len(sample.source_file_names) == sample.facts["num_pasted"] + sample.facts["num_left_out"]
        assert all((photographs / name).is_file() for name in sample.source_file_names)
        assert sample.split in ("train", "held_out")
        assert sample.photograph.shape == (96, 96, 3)
        assert sample.saliency_map.shape == sample.pseudo_mask.shape == (96, 96)
        assert sample.frames.shape[1:] == (48, 48, 3)
        assert len(sample.frames) == len(sample.masks) == len(sample.superpixel_maps) >= 2
        assert sample.masks[0].max() >= 1
        assert sample.facts["num_objects"] == len(np.unique(sample.masks[0])) - (0 in sample.masks[0])
        assert np.array_equal(sample.frames, same.frames)
        assert np.array_equal(sample.superpixel_maps, same.superpixel_maps)


def test_what_was_rejected_is_among_them_with_its_reason(photographs, tmp_path):
    folder = Path(shutil.copytree(photographs, tmp_path / "photographs"))
    (folder / "notes.txt").write_text("no image")
    with few_photographs(IngestConfig(images=str(folder)), "nowhere", "photos", 9) as some:
        samples = preview_samples(some.folder, stages(), STAGING, 96, 9)
    assert len(samples) == 9
    (rejected,) = [sample for sample in samples if isinstance(sample, RejectedSample)]
    assert (rejected.file_name, rejected.reason) == ("notes.txt", "ingest: not an image")
    assert rejected.photograph is None


def test_of_many_rows_of_a_photograph_one_is_tried(photographs, tmp_path):
    store = Store.create(tmp_path / "store")
    made = list(try_stages(store, photographs, stages(crops_per_image=5), STAGING, 4))
    for outcome, seconds in made:
        artifact = StageArtifact(store.objects, outcome.artifact)
        first = [row["source_ids"][0] for row in artifact.table(["source_ids"]).to_pylist()]
        assert len(set(first)) == len(first) <= 4
        assert 0 < seconds < outcome.seconds


@pytest.mark.parametrize(("total", "count"), [(0, 3), (1, 3), (3, 3), (10, 3), (10, 1), (7, 6)])
def test_a_few_are_spread_evenly(total, count):
    chosen = evenly_spread(range(total), count)
    assert len(chosen) == min(total, count)
    assert chosen == sorted(set(chosen))
    gaps = np.diff([*chosen, total]) if chosen else np.array([1])
    assert gaps.max() - gaps.min() <= 1
