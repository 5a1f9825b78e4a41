import shutil

import pytest

from storage.gate.gate import Verdict
from storage.kinds import KeyKind
from storage.records.manifests import put_record
from storage.store import Store


@pytest.fixture
def both(staged, staged_clips, tmp_path):
    """A store with the dataset of photographs and the dataset of clips; both have passed the gate."""
    root = shutil.copytree(staged_clips.store.root, tmp_path / "both")
    store = Store.open(shutil.copytree(staged.store.root, root, dirs_exist_ok=True))
    for dataset in (staged.dataset, staged_clips.dataset):
        verdict = put_record(store.objects, Verdict(dataset=dataset, passed=True, findings=()))
        store.keys.put(KeyKind.VERDICT_OF_DATASET, dataset, verdict)
    return store
