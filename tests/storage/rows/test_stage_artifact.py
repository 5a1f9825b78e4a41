import dataclasses

import pytest

from storage.objects.objects import object_path
from storage.records.manifests import StageManifest, put_record
from storage.rows.shards import put_shard
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import SALIENCY


def row(sample_id, top, reason=None):
    return dict.fromkeys(SCHEMAS[SALIENCY].arrow.names) | {
        "sample_id": sample_id,
        "row_key": f"key of {sample_id}",
        "digest": None if reason else f"digest of {sample_id}",
        "parents": [],
        "source_ids": [],
        "rejected": reason,
        "top": top,
    }


@pytest.fixture
def artifact(store):
    """Seven rows in two shards, whose order is not that of the sample ids."""
    shards = (
        [row("d", 4), row("a", 1), row("f", 6, "no salient object")],
        [row("c", 3, "too dark"), row("b", 2), row("g", 7, "no salient object"), row("e", 5)],
    )
    refs = tuple(put_shard(store.objects, schema_of(SALIENCY).arrow, rows) for rows in shards)
    manifest = StageManifest(
        stage=SALIENCY,
        parameters={},
        code_digest="",
        versions={},
        inputs={},
        content_digest="",
        rows=7,
        rejected=3,
        statistics={},
        shards=refs,
    )
    return StageArtifact(store.objects, put_record(store.objects, manifest))


def test_accepted_rows_come_with_the_place_where_they_lie(artifact):
    found = artifact.accepted(("top",))
    assert [address.sample_id for address, _ in found] == ["a", "b", "d", "e"]
    assert [columns for _, columns in found] == [{"top": 1}, {"top": 2}, {"top": 4}, {"top": 5}]
    first, second = (shard.digest for shard in artifact.manifest.shards)
    assert [(address.shard, address.index) for address, _ in found] == [
        (first, 0),  # inside a shard, too, rows lie by sample id
        (second, 0),
        (first, 1),
        (second, 2),
    ]
    assert dataclasses.astuple(found[0][0])[:3] == (SALIENCY, "a", "digest of a")


def test_columns_asked_for_may_be_none_or_those_of_the_address(artifact):
    assert artifact.accepted()[0][1] == {}
    address, columns = artifact.accepted(("row_key",))[1]
    assert (address.sample_id, columns) == ("b", {"row_key": "key of b"})


def test_tables_hold_all_rows_by_sample_id(artifact):
    table = artifact.table(["top", "rejected"])
    assert table.column_names == ["top", "rejected"]
    assert table["top"].to_pylist() == [1, 2, 3, 4, 5, 6, 7]
    assert artifact.table(["sample_id"])["sample_id"].to_pylist() == list("abcdefg")


def test_reasons_are_counted_the_most_frequent_first(artifact):
    assert list(artifact.rejected_reasons().items()) == [("no salient object", 2), ("too dark", 1)]


def test_where_nothing_was_rejected_there_is_no_reason(staged):
    artifact = StageArtifact(staged.store.objects, staged.outcomes["ingest"].artifact)
    assert artifact.rejected_reasons() == {}


def test_lost_shards_are_left_out(staged_copy, staged):
    artifact = StageArtifact(staged_copy.objects, staged.outcomes["sequences"].artifact)
    assert artifact.without_lost_shards() is artifact
    for shard in artifact.manifest.shards:
        before = len(artifact.without_lost_shards().table(["sample_id"]))
        (staged_copy.root / object_path(shard.digest)).unlink()
        fewer = artifact.without_lost_shards()
        assert len(fewer.table(["sample_id"])) == before - shard.rows
    assert fewer.accepted(("split",)) == []
    assert fewer.table(["split", "sample_id"]).column_names == ["split", "sample_id"]
