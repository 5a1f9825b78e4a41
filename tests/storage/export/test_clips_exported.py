"""Clips as tar shards: their frames as stored, and where they were taken from."""

import io
import json
import tarfile

import pytest

from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.export.sample_members import CLIPS_WITHOUT
from storage.export.webdataset import export_webdataset
from storage.gate.verdicts import Verdict
from storage.records.manifests import DatasetManifest, get_record, put_record
from storage.rows.dataset import Dataset
from storage.rows.shards import RowReader


def passed(store, dataset):
    verdict = put_record(store.objects, Verdict(dataset=dataset, passed=True, findings=()))
    store.keys.put("verdict-of-dataset", dataset, verdict)
    return store


def members(path):
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}


def test_every_clip_is_exported_with_its_frames_and_its_place(staged_clips, staged_clips_copy, tmp_path):
    dataset = staged_clips.dataset
    index = export_webdataset(passed(staged_clips_copy, dataset), dataset, tmp_path / "out")
    reader = RowReader(staged_clips_copy.objects)
    accepted = Dataset(staged_clips_copy.objects, dataset)["clips"].accepted(
        ("split", "video_id", "first", "num_frames")
    )
    assert (index.num_sequences, index.num_clips) == (0, len(accepted))
    found = {shard.split: members(tmp_path / "out" / shard.path) for shard in index.shards}
    assert {shard.path for shard in index.shards} == {f"clips/{split}/00000.tar" for split in found}
    assert set(found) <= {TRAIN, HELD_OUT}
    for address, row in accepted:
        of_clip = {
            name.partition(".")[2]: data
            for name, data in found[row["split"]].items()
            if name.startswith(address.sample_id)
        }
        frames = reader.row(address.shard, address.index, ("frames",))["frames"]
        assert [of_clip.pop(f"frame{time:02d}.jpg") for time in range(len(frames))] == frames
        facts = json.loads(of_clip.pop("clip.json"))
        assert (facts["video_id"], facts["first"]) == (row["video_id"], row["first"])
        assert len(facts["numbers"]) == row["num_frames"]
        assert of_clip == {}
    assert CLIPS_WITHOUT == ("masks", "superpixels", "recipe")


@pytest.fixture
def of_both(staged, staged_clips_copy):
    """A dataset with the stages of photographs and of videos."""
    for stage in get_record(staged.store.objects, staged.dataset, DatasetManifest).stages.values():
        staged_clips_copy.objects.put(staged.store.objects.get(stage))
        for shard in json.loads(staged.store.objects.get(stage))["shards"]:
            staged_clips_copy.objects.put(staged.store.objects.get(shard["digest"]))
    return staged_clips_copy


def test_a_dataset_of_both_sources_is_exported_whole(staged, staged_clips, of_both, tmp_path):
    stages = {
        **get_record(staged.store.objects, staged.dataset, DatasetManifest).stages,
        **get_record(of_both.objects, staged_clips.dataset, DatasetManifest).stages,
    }
    dataset = put_record(of_both.objects, DatasetManifest(stages=stages))
    index = export_webdataset(passed(of_both, dataset), dataset, tmp_path / "out")
    assert index.num_sequences == len(Dataset(of_both.objects, dataset).samples())
    assert index.num_clips == len(Dataset(of_both.objects, dataset)["clips"].accepted())
    paths = [shard.path for shard in index.shards]
    assert paths == sorted(paths, key=lambda path: path.startswith("clips/"))
