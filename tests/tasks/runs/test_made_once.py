import pytest

from tasks.runs.made_once import made_once

DIGEST, OTHER = "a" * 64, "b" * 64


def test_work_is_done_once_per_key(store):
    assert made_once(store, "kind", "key", lambda made: True, lambda: DIGEST) == (DIGEST, "computed")
    assert made_once(store, "kind", "key", lambda made: made == DIGEST, lambda: OTHER) == (DIGEST, "cached")
    assert made_once(store, "kind", "another", lambda made: True, lambda: OTHER) == (OTHER, "computed")
    assert made_once(store, "other kind", "key", lambda made: True, lambda: OTHER) == (OTHER, "computed")


def test_what_is_no_longer_whole_is_made_again(store):
    made_once(store, "kind", "key", lambda made: True, lambda: DIGEST)
    assert made_once(store, "kind", "key", lambda made: False, lambda: OTHER) == (OTHER, "computed")
    assert store.keys.get("kind", "key") == OTHER


def test_work_that_fails_is_not_recorded(store):
    with pytest.raises(ZeroDivisionError):
        made_once(store, "kind", "key", lambda made: True, lambda: str(1 / 0))
    assert store.keys.get("kind", "key") is None
