import shutil

import pytest

from storage.canonical import digest_bytes
from storage.descendants import Descendants, descendants
from storage.learned import CheckpointRecord
from storage.manifest import put_record
from storage.store import Store


@pytest.fixture
def checkpoint():
    """Return a function that stores a checkpoint of a dataset."""

    def put(store, dataset):
        return put_record(
            store.objects,
            CheckpointRecord(
                dataset=dataset,
                configuration={},
                code_digest="0" * 64,
                versions={},
                device_kind="cpu",
                weights=store.objects.put(b"weights"),
                final_loss=0.5,
            ),
        )

    return put


def test_datasets_and_checkpoints_with_and_without(
    staged, staged_copy: Store, photographs, stage_dataset, tmp_path, checkpoint
):
    store = staged_copy
    images = {path.name: digest_bytes(path.read_bytes()) for path in photographs.iterdir()}
    folder = shutil.copytree(photographs, tmp_path / "seven")
    (folder / "coffee.png").unlink()
    seven = stage_dataset(store, folder).dataset
    old, new = checkpoint(store, staged.dataset), checkpoint(store, seven)
    found = descendants(store, [images["coffee.png"], images["chelsea.jpg"], "0" * 64])
    assert found == {
        images["coffee.png"]: Descendants((staged.dataset,), (old,)),
        images["chelsea.jpg"]: Descendants(tuple(sorted((staged.dataset, seven))), tuple(sorted((old, new)))),
        "0" * 64: Descendants(),
    }


def test_of_nothing_nothing_descends(store):
    assert descendants(store, []) == {}
