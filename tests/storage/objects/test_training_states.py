import re

import pytest

from storage.garbage_collection import collect, plan_collection
from storage.objects.training_states import TrainingStates, training_states
from storage.verification.verify import verify_store

DATASET, KEY = "d" * 64, "e" * 64


@pytest.fixture
def states(store):
    return TrainingStates(store.backend, DATASET, KEY)


def files(store):
    return sorted(path for path in (store.root / "training").rglob("*") if path.is_file())


def test_the_newest_state_is_the_one_that_is_kept(store, states):
    assert states.newest() is None
    states.put(9, b"nine")
    states.put(10, b"ten")
    assert states.newest().data == b"ten"
    (path,) = files(store)
    assert re.fullmatch(
        rf"training/{DATASET}/{KEY}/000000010-[0-9a-f]{{64}}\.safetensors", str(path.relative_to(store.root))
    )
    states.put(10, b"ten")
    assert states.newest().data == b"ten"


def test_other_runs_are_left_alone(store, states):
    other = TrainingStates(store.backend, DATASET, "f" * 64)
    states.put(1, b"one")
    other.put(2, b"two")
    states.discard()
    states.discard()
    assert (states.newest(), other.newest().data) == (None, b"two")
    assert [(found.key, found.step) for found in training_states(store.backend)] == [("f" * 64, 2)]


def test_a_damaged_state_is_not_gone_on_from(store, states):
    states.put(2, b"two")
    (path,) = files(store)
    older = path.with_name(path.name.replace("000000002", "000000001"))
    older.write_bytes(b"two")  # as it lies between the writing of one and the removal of the other
    path.write_bytes(b"twO")
    assert states.newest().data == b"two"
    older.write_bytes(b"t")
    assert states.newest() is None


def test_a_store_with_a_state_in_it_verifies(store, states):
    states.put(1, b"one")
    assert verify_store(store).problems == ()


def test_gc_removes_states_of_runs_that_are_over_or_whose_dataset_is_gone(staged_copy, staged):
    staged_copy.names.publish("photos", staged.dataset)
    going_on, over = "1" * 64, "2" * 64
    for dataset, key in ((staged.dataset, going_on), (staged.dataset, over), (DATASET, KEY)):
        TrainingStates(staged_copy.backend, dataset, key).put(1, key.encode())
    checkpoint = staged_copy.objects.put(b"stands for a checkpoint")
    staged_copy.keys.put("checkpoints", over, checkpoint)
    collection = plan_collection(staged_copy, keep=1)
    assert {path.split("/")[2] for path in collection.state_paths} == {over, KEY}
    left = staged_copy.root / "training" / DATASET / f"left#{1}"
    left.write_bytes(b"of a killed writer")
    collect(staged_copy, collection)
    assert [state.key for state in training_states(staged_copy.backend)] == [going_on]
    assert not left.exists()
