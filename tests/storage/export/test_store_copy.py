import pytest

from shls_core.errors import GateError, ObjectCorrupted
from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.export.store_copy import export_store
from storage.gate.verdicts import Verdict, require_passed
from storage.objects.objects import object_path
from storage.records.manifests import put_record
from storage.rows.loader import SequenceLoader
from storage.store import Store
from storage.verification.verify import verify_store


@pytest.fixture
def passed_store(staged_copy, staged):
    verdict = put_record(staged_copy.objects, Verdict(dataset=staged.dataset, passed=True, findings=()))
    staged_copy.keys.put("verdict-of-dataset", staged.dataset, verdict)
    return staged_copy


def test_what_is_exported_is_a_store_of_one_dataset(passed_store, staged, tmp_path):
    foreign = passed_store.objects.put(b"of another dataset")
    num_objects = export_store(passed_store, [staged.dataset], tmp_path / "out")
    exported = Store.open(tmp_path / "out")
    assert len(list((tmp_path / "out" / "objects").glob("*/*"))) == num_objects
    assert verify_store(exported).problems == ()
    require_passed(exported, staged.dataset)
    assert not exported.objects.exists(foreign)
    for split in (TRAIN, HELD_OUT):
        one, two = (
            SequenceLoader(store.objects, staged.dataset, split) for store in (passed_store, exported)
        )
        assert one.sample_ids == two.sample_ids
        assert (one.read(0).frames == two.read(0).frames).all()


def test_a_dataset_that_did_not_pass_is_refused(staged_copy, staged, tmp_path):
    with pytest.raises(GateError, match="never validated"):
        export_store(staged_copy, [staged.dataset], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_dataset_is_refused(passed_store, staged, tmp_path):
    path = passed_store.root / object_path(staged.outcomes["superpixels"].artifact)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ObjectCorrupted, match="has changed since it was written"):
        export_store(passed_store, [staged.dataset], tmp_path / "out")
