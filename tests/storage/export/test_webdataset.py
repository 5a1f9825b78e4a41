import gc
import io
import json
import tarfile
import warnings

import cv2
import numpy as np
import pytest
import webdataset

from shls_core.errors import GateError, InputError, StoreUnwritable
from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.canonical import digest_bytes
from storage.export import webdataset as export
from storage.export.webdataset import export_webdataset
from storage.gate.verdicts import Verdict
from storage.records.manifests import put_record
from storage.rows.dataset import Dataset
from storage.rows.loader import SequenceLoader
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store


def judged(store, dataset, passed):
    """Let a dataset have a verdict, as the gate leaves it."""
    verdict = put_record(store.objects, Verdict(dataset=dataset, passed=passed, findings=()))
    store.keys.put("verdict-of-dataset", dataset, verdict)
    return store


@pytest.fixture
def passed_store(staged_copy, staged):
    return judged(staged_copy, staged.dataset, passed=True)


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def from_webdataset(paths):
    """The samples that webdataset itself finds in tar files, decoded by hand."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its files open
        samples = list(webdataset.WebDataset([str(path) for path in paths], shardshuffle=False))
        gc.collect()
    for sample in samples:
        times = range(sum(name.startswith("frame") for name in sample))

        def image(name, flags, sample=sample):
            return cv2.imdecode(np.frombuffer(sample[name], np.uint8), flags)

        yield (
            sample,
            np.stack([image(f"frame{t}.jpg", cv2.IMREAD_COLOR)[..., ::-1] for t in times]),
            np.stack([image(f"mask{t}.png", cv2.IMREAD_UNCHANGED) for t in times]),
            np.stack([image(f"superpixels{t}.png", cv2.IMREAD_UNCHANGED) for t in times]),
        )


def test_webdataset_reads_what_the_loader_reads(passed_store, staged, tmp_path):
    index = export_webdataset(passed_store, staged.dataset, tmp_path / "out", samples_per_shard=2)
    rows = StageArtifact(passed_store.objects, staged.outcomes["sequences"].artifact).accepted(("recipe",))
    recipes = {address.sample_id: row["recipe"] for address, row in rows}
    for split, num_frames in ((TRAIN, 3), (HELD_OUT, 4)):
        paths = sorted((tmp_path / "out" / split).glob("*.tar"))
        assert [str(path.relative_to(tmp_path / "out")) for path in paths] == [
            shard.path for shard in index.shards if shard.split == split
        ]
        found = list(from_webdataset(paths))
        expected = list(SequenceLoader(passed_store.objects, staged.dataset, split))
        assert [sample["__key__"] for sample, *_ in found] == [sequence.sample_id for sequence in expected]
        for (sample, frames, masks, maps), sequence in zip(found, expected, strict=True):
            assert len(frames) == num_frames
            assert np.array_equal(frames, sequence.frames)
            assert np.array_equal(masks, sequence.masks)
            assert (maps.dtype, masks.dtype) == (np.uint16, np.uint8)
            assert np.array_equal(maps, sequence.stored["superpixel_maps"])
            assert sample["recipe.json"].decode() == recipes[sequence.sample_id]


def test_the_index_names_the_dataset_and_every_file(passed_store, staged, tmp_path):
    index = export_webdataset(passed_store, staged.dataset, tmp_path / "out", samples_per_shard=3)
    files = files_of(tmp_path / "out")
    written = json.loads(files.pop("index.json"))
    assert written == index.model_dump(mode="json")
    assert (written["dataset"], written["format"]) == (staged.dataset, "webdataset")
    assert {shard["path"]: shard["digest"] for shard in written["shards"]} == {
        path: digest_bytes(data) for path, data in files.items()
    }
    assert all(1 <= shard["samples"] <= 3 for shard in written["shards"])


def test_equal_datasets_give_equal_bytes(passed_store, staged, tmp_path):
    for name in ("one", "two"):
        export_webdataset(passed_store, staged.dataset, tmp_path / name)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    for name, data in files_of(tmp_path / "one").items():
        if name.endswith(".tar"):
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                members = tar.getmembers()
            assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}


def test_one_side_alone(passed_store, staged, tmp_path):
    (tmp_path / "out").mkdir()  # an empty folder will do
    export_webdataset(passed_store, staged.dataset, tmp_path / "out", splits=[HELD_OUT])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {HELD_OUT, "index.json"}


def test_a_dataset_that_did_not_pass_is_refused(staged_copy, staged, tmp_path):
    with pytest.raises(GateError, match="never validated"):
        export_webdataset(staged_copy, staged.dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_alone(passed_store, staged, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="expected a new or empty folder"):
        export_webdataset(passed_store, staged.dataset, tmp_path / "out")
    assert files_of(tmp_path / "out") == {"mine.txt": b"mine"}


def test_what_fails_half_way_leaves_nothing(passed_store, staged, tmp_path, monkeypatch):
    write_shard, done = export._write_shard, []

    def failing(*arguments):
        if done:
            raise OSError("no space left on device")
        done.append(write_shard(*arguments))
        return done[-1]

    monkeypatch.setattr(export, "_write_shard", failing)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StoreUnwritable, match="no space left"):
        export_webdataset(passed_store, staged.dataset, tmp_path / "out", samples_per_shard=1)
    assert done
    assert sorted(tmp_path.iterdir()) == before


def test_a_split_without_sequences_is_told(passed_store, staged, tmp_path, monkeypatch):
    monkeypatch.setattr(Dataset, "samples", lambda *_: [])
    with pytest.raises(InputError, match=r"expected train sequences in dataset .*, found none"):
        export_webdataset(passed_store, staged.dataset, tmp_path / "out", splits=[TRAIN])


def test_the_store_is_only_read(passed_store, staged, tmp_path):
    before = files_of(passed_store.root)
    export_webdataset(Store.open(passed_store.root), staged.dataset, tmp_path / "out")
    assert files_of(passed_store.root) == before
