import shutil
from pathlib import Path

import pytest

import storage.files.removal
from shls_core.errors import NameUnknown, ObjectMissing
from storage.canonical import digest_bytes
from storage.garbage_collection import collect, plan_collection
from storage.gate.config import GateConfig
from storage.gate.gate import validate
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.objects.objects import object_path
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import DatasetManifest, get_record, put_record
from storage.references import resolve
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from storage.verification.verify import verify_dataset, verify_store


@pytest.fixture(scope="module")
def two_once(tmp_path_factory, staged, photographs, stage_dataset):
    """A store with the dataset of eight photographs and the one of seven, and what is not in the second."""
    root = tmp_path_factory.mktemp("two")
    store = Store.open(shutil.copytree(staged.store.root, root / "store"))
    folder = Path(shutil.copytree(photographs, root / "photographs"))
    (folder / "coffee.png").unlink()
    seven = stage_dataset(store, folder).dataset
    for dataset in (staged.dataset, seven):
        validate(store, dataset, GateConfig(min_held_out_sequences=1))
        store.names.publish("photos", dataset)
    return store, seven


@pytest.fixture
def two(two_once, tmp_path):
    store, seven = two_once
    return Store.open(shutil.copytree(store.root, tmp_path / "two")), seven


def files(store, folder="objects"):
    return {str(path.relative_to(store.root)) for path in (store.root / folder).rglob("*") if path.is_file()}


def test_the_dataset_that_is_left_is_whole_and_shares_what_it_shared(staged, two):
    store, seven = two
    before = files(store)
    plan = plan_collection(store, keep=1)
    assert plan.datasets == (staged.dataset,)
    sizes = {path: (store.root / path).stat().st_size for path in before}
    collect(store, plan)
    gone = before - files(store)
    assert gone == {object_path(digest) for group in plan.objects for digest in group}
    assert plan.num_bytes == sum(sizes[path] for path in gone)
    assert verify_store(store).problems == ()
    assert verify_dataset(store, seven).num_objects == len(files(store))
    assert plan_collection(store, keep=1).num_objects == 0


def test_planning_changes_nothing(two):
    store, _ = two
    before = files(store, "")
    plan_collection(store, keep=1)
    assert files(store, "") == before


def test_a_removed_version_says_when_it_was_removed(staged, two):
    store, seven = two
    collect(store, plan_collection(store, keep=1))
    for reference in ("photos@v1", staged.dataset[:8]):
        with pytest.raises(NameUnknown, match=rf"{reference} was removed by `shls dataset gc` on \d{{4}}-"):
            resolve(store, reference, "dataset")
    assert resolve(store, "photos", "dataset") == seven


def test_what_was_removed_is_made_again_under_its_id(staged, two, photographs, stage_dataset):
    store, _ = two
    collect(store, plan_collection(store, keep=1))
    assert stage_dataset(store, photographs).dataset == staged.dataset
    assert resolve(store, "photos@v1", "dataset") == staged.dataset
    assert verify_store(store).problems == ()


@pytest.mark.parametrize(
    ("keep", "keep_tagged", "tagged", "removes"), [
        (2, True, False, False), (1, True, True, False), (1, False, True, False), (1, True, False, True),
    ],
)  # fmt: skip
def test_the_last_versions_of_every_name_stay(staged, two, keep, keep_tagged, tagged, removes):
    store, _ = two
    if tagged:
        store.names.tag("submitted", staged.dataset)
    assert (plan_collection(store, keep, keep_tagged).num_objects > 0) is removes


def test_all_tags_stay_or_only_the_last_ones(staged, two):
    store, seven = two
    store.names.tag("submitted", staged.dataset)
    store.names.tag("submitted", seven)
    assert plan_collection(store, 1, keep_tagged=True).datasets == ()
    assert plan_collection(store, 1, keep_tagged=False).datasets == (staged.dataset,)


def test_a_rolled_back_name_keeps_what_it_means(staged, two):
    store, seven = two
    store.names.roll_back("photos")
    assert plan_collection(store, keep=1).datasets == (seven,)


def test_a_checkpoint_keeps_its_weights_and_its_dataset(staged, two):
    store, _ = two
    weights = store.objects.put(b"weights")
    code = store.objects.put(b'{"module":"digest"}')
    record = CheckpointRecord(
        dataset=staged.dataset,
        configuration={},
        code_digest=code,
        versions={},
        device_kind="cpu",
        weights=weights,
        final_loss=0.5,
    )
    put_record(store.objects, record)
    assert plan_collection(store, keep=1).num_objects == 0


def test_verdicts_stay_with_their_dataset_and_go_with_it(staged, two):
    store, seven = two
    verdicts = {name: store.keys.get("verdict-of-dataset", name) for name in (staged.dataset, seven)}
    plan = plan_collection(store, keep=1)
    gone = {digest for group in plan.objects for digest in group}
    assert verdicts[staged.dataset] in gone
    assert verdicts[seven] not in gone
    assert f"keys/verdict-of-dataset/{staged.dataset}" in plan.key_paths


def test_what_names_an_object_goes_before_it(staged, two):
    store, _ = two
    plan = plan_collection(store, keep=1)
    place = {digest: number for number, group in enumerate(plan.objects) for digest in group}
    dataset = get_record(store.objects, staged.dataset, DatasetManifest)
    verdict = store.keys.get("verdict-of-dataset", staged.dataset)
    assert place[verdict] < place[staged.dataset] < place[dataset.stages["ingest"]]


class Killed(BaseException):
    """Stands for the end of the process."""


def test_killed_at_any_moment_it_leaves_a_whole_store_and_the_next_one_goes_on(two, monkeypatch):
    store, seven = two
    monkeypatch.setattr(storage.files.removal, "_AT_ONCE", 1)
    delete = storage.files.removal.obstore.delete
    total = plan_collection(store, keep=1)
    moments = len(total.key_paths) + total.num_objects
    killed = 0
    while plan_collection(store, keep=1).num_objects:
        calls = 0

        def delete_two_and_die(backend, paths):
            nonlocal calls
            if (calls := calls + 1) > 2:
                raise Killed
            delete(backend, paths)

        monkeypatch.setattr(storage.files.removal.obstore, "delete", delete_two_and_die)
        try:
            collect(store, plan_collection(store, keep=1))
        except Killed:
            killed += 1
        monkeypatch.setattr(storage.files.removal.obstore, "delete", delete)
        assert verify_store(store).problems == ()
    assert killed >= moments // 2 - 1
    assert verify_dataset(store, seven).problems == ()


def test_what_a_killed_writer_left_goes(two):
    store, seven = two
    # As obstore leaves it: no listing shows it.
    left = store.root / f"{object_path(seven)}#1"
    left.write_bytes(b"half")
    collect(store, plan_collection(store, keep=1))
    assert not left.exists()


def test_a_damaged_store_is_not_collected(two):
    store, seven = two
    artifact = get_record(store.objects, seven, DatasetManifest).stages["superpixels"]
    (store.root / object_path(artifact)).unlink()
    with pytest.raises(ObjectMissing, match="nothing was removed; `shls dataset verify` tells"):
        plan_collection(store, keep=1)


def test_no_row_descends_from_a_photograph_that_was_removed(staged, two, photographs):
    store, seven = two
    image = digest_bytes((photographs / "coffee.png").read_bytes())
    descended = descent(store, image)
    assert len(descended.of_stage("ingest")) == 1
    assert [(found.dataset, tuple(found.stages)) for found in descended.datasets] == [
        (staged.dataset, OF_STILLS)
    ]
    assert seven in History(store).records.of_kind("dataset")
