import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shls_core.errors import ObjectCorrupted
from storage.records.manifests import ShardRef
from storage.rows.shard_encoding import ROW_GROUP_ROWS, encode_shard
from storage.rows.shards import RowReader, read_columns
from storage.rows.stage_graph import SCHEMAS
from storage.verification.shards import ShardDisagrees, verified_rows

INGEST = SCHEMAS["ingest"].arrow


def rows(count, **changes):
    row = dict.fromkeys(INGEST.names) | {
        "row_key": "a" * 64,
        "parents": [],
        "source_ids": [],
        "rejected": "corrupt",
    }
    return [row | {"sample_id": f"{number:064d}"} | changes for number in range(count)]


def written(table_rows, **options):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(table_rows, schema=INGEST), sink, **options)
    return sink.getvalue().to_pybytes()


def test_a_shard_of_the_project_is_inside_its_bounds(store):
    data = encode_shard(INGEST, rows(2 * ROW_GROUP_ROWS + 3))
    digest = store.objects.put(data)
    assert read_columns(store.objects, digest, ["sample_id"]).num_rows == 2 * ROW_GROUP_ROWS + 3
    ref = ShardRef(digest=digest, rows=35, rejected=35, bytes=len(data))
    assert verified_rows(data, "ingest", ref).digests == {}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (written(rows(200_000), compression="zstd", row_group_size=1 << 30), "has 200000 rows instead of 16"),
        (
            written(rows(4, image=bytes(40 << 20)), compression="zstd", use_dictionary=False),
            "grow to 1677",
        ),
        (written(rows(20), row_group_size=5), "has 5 rows instead of 16"),
    ],
    ids=["rows", "value", "groups"],
)
def test_what_grows_out_of_bounds_is_refused_before_it_is_read(store, data, what):
    digest = store.objects.put(data)
    with pytest.raises(ObjectCorrupted, match=what):
        read_columns(store.objects, digest, ["rejected"])
    with pytest.raises(ObjectCorrupted, match=what):
        RowReader(store.objects).row(digest, 0, ["image"])
    found = pq.ParquetFile(pa.BufferReader(data)).metadata.num_rows
    ref = ShardRef(digest=digest, rows=found, rejected=found, bytes=len(data))
    with pytest.raises(ShardDisagrees, match=what):
        verified_rows(data, "ingest", ref)


@pytest.mark.parametrize("head", [{"sample_id": "../../x"}, {"parents": ["/etc"]}, {"source_ids": ["x\x1b"]}])
def test_ids_that_are_no_digests_are_refused(head):
    data = encode_shard(INGEST, rows(1, **head))
    with pytest.raises(ShardDisagrees, match="where an id of 64 digits has to be"):
        verified_rows(data, "ingest", ShardRef(digest="0" * 64, rows=1, rejected=1, bytes=len(data)))


def test_numbers_that_are_not_finite_are_told():
    schema = SCHEMAS["saliency"]
    floats = [field.name for field in schema.content if field.type == pa.float64()]
    row = dict.fromkeys(schema.arrow.names) | dict.fromkeys(floats, float("nan"))
    row |= {"sample_id": "1" * 64, "row_key": "2" * 64, "digest": "3" * 64, "parents": [], "source_ids": []}
    data = encode_shard(schema.arrow, [row])
    with pytest.raises(ShardDisagrees):
        verified_rows(data, "saliency", ShardRef(digest="0" * 64, rows=1, rejected=0, bytes=len(data)))
