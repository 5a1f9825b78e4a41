import os
import shutil

import pytest

from shls_core.errors import StoreUnwritable

DIGESTS = [letter * 64 for letter in "abcdef"]


def test_an_entry_leads_from_a_key_to_a_digest(any_store):
    store = any_store
    assert store.keys.get("stage", "key") is None
    store.keys.put("stage", "key", DIGESTS[0])
    assert store.keys.get("stage", "key") == DIGESTS[0]
    assert store.keys.get("other", "key") is None
    store.keys.put("stage", "key", DIGESTS[1])
    assert store.keys.get("stage", "key") == DIGESTS[1]


@pytest.mark.parametrize("damaged", [b"", b"a" * 63, b"a" * 63 + b"\xff", b"A" * 64, b"a" * 64 + b"\n"])
def test_a_damaged_entry_counts_as_none(store, damaged):
    store.keys.put("stage", "key", DIGESTS[0])
    (store.root / "keys" / "stage" / "key").write_bytes(damaged)
    assert store.keys.get("stage", "key") is None
    assert store.keys.recent("stage", 5) == []


def test_recent_entries_come_newest_first(store):
    assert store.keys.recent("stage", 3) == []
    for age, digest in enumerate(DIGESTS):
        store.keys.put("stage", f"key{age}", digest)
        os.utime(store.root / "keys" / "stage" / f"key{age}", (1000 - age, 1000 - age))
    store.keys.put("stage-shards", "key", "0" * 64)  # another kind, though it begins alike
    assert store.keys.recent("stage", 3) == DIGESTS[:3]
    assert store.keys.recent("stage", 99) == DIGESTS


def test_recent_entries_are_found_wherever_they_are(any_store):
    for number, digest in enumerate(DIGESTS):
        any_store.keys.put("stage", f"key{number}", digest)
    any_store.keys.put("stage-shards", "key", "0" * 64)
    assert sorted(any_store.keys.recent("stage", 99)) == DIGESTS
    assert set(any_store.keys.recent("stage", 2)) < set(DIGESTS)
    assert len(any_store.keys.recent("stage", 2)) == 2


def test_a_store_that_takes_no_entries_says_so(store):
    shutil.rmtree(store.root / "keys", ignore_errors=True)
    (store.root / "keys").write_text("not a folder")
    with pytest.raises(StoreUnwritable, match="expected to write keys/stage/key into the store: Generic"):
        store.keys.put("stage", "key", DIGESTS[0])
