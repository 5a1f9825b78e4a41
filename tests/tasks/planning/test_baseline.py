import pytest

from shls_core.errors import NameUnknown
from storage.objects.objects import object_path
from storage.store import Store
from tasks.planning.baseline import Baseline


def test_the_latest_of_a_name_or_none(ten, tmp_path):
    latest = Baseline.latest(ten.store, "photos")
    assert latest.dataset == ten.store.names.resolve("photos")
    assert sorted(row["file_name"] for row in latest.photographs.values()) == [
        f"{number:02}.png" for number in range(10)
    ]
    assert len(latest.rows("sequences")) == 10
    assert Baseline.latest(ten.store, "others") is None
    assert Baseline.latest(Store.create(tmp_path / "empty"), "photos") is None
    with pytest.raises(NameUnknown):
        Baseline.of(ten.store, "others")


def test_what_is_lost_is_left_out(staging):
    baseline = Baseline.of(staging.store, "photos")
    lost = baseline.artifacts["ingest"].manifest.shards[0]
    (staging.store.root / object_path(lost.digest)).unlink()
    baseline = Baseline.of(staging.store, "photos")
    assert not baseline.is_whole("ingest")
    assert baseline.is_whole("saliency")
    assert len(baseline.photographs) == 10 - lost.rows
