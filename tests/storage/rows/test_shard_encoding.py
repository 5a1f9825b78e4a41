import io

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.canonical import digest_bytes
from storage.rows.schemas.version_2 import as_stored, in_version_2
from storage.rows.shard_encoding import ROW_GROUP_ROWS, encode_shard, uncompressed
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import SALIENCY, SEQUENCES

# Of `rows(3)`, as the pyarrow in uv.lock (26.0.1) wrote them on x86-64. Another digest means that
# every shard gets another name, and every dataset another id: on purpose and in the changelog, or not at all.
GOLDEN = "f2127e5688089815da542c02fedb018e56c34dbe7409415e67e532ea735357ba"
# The same rows as version 2 wrote them: stand-ins of its shards are still made.
GOLDEN_OF_VERSION_2 = "4c3e8a3188829e0fead4c80acc9e06e02b4b554cb9efc476e345549515ccc7de"


def rows(count):
    return [
        dict.fromkeys(SCHEMAS[SALIENCY].arrow.names)
        | {
            "sample_id": f"{number:064x}",
            "row_key": f"{number + 1:064x}",
            "digest": f"{number + 2:064x}" if number else None,
            "parents": ["photograph"],
            "source_ids": ["photograph"],
            "rejected": None if number else "no salient object",
            "height": number,
            "mask": bytes([number]) * 50,
            "mask_share": number / 7,
        }
        for number in range(count)
    ]


@settings(max_examples=10)
@given(st.permutations(rows(20)))
def test_the_order_of_rows_changes_no_byte(permuted):
    assert encode_shard(schema_of(SALIENCY).arrow, permuted) == encode_shard(
        schema_of(SALIENCY).arrow, rows(20)
    )


def test_bytes_are_those_of_the_format_that_was_agreed_on():
    assert digest_bytes(encode_shard(schema_of(SALIENCY).arrow, rows(3))) == GOLDEN


def test_rows_of_version_2_are_encoded_as_version_2_did():
    schema = in_version_2(schema_of(SALIENCY)).arrow
    stored = [as_stored(row, schema) for row in rows(3)]
    assert digest_bytes(encode_shard(schema, stored)) == GOLDEN_OF_VERSION_2


def test_rows_come_back_by_sample_id_in_small_groups():
    expected = rows(2 * ROW_GROUP_ROWS + 1)
    file = pq.ParquetFile(io.BytesIO(encode_shard(schema_of(SALIENCY).arrow, expected[::-1])))
    assert file.read().to_pylist() == expected
    groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    assert groups == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 1]


@pytest.mark.parametrize("stage", [SALIENCY, SEQUENCES])
def test_payload_is_stored_as_it_is_and_the_rest_compressed(stage):
    schema = SCHEMAS[stage]
    row = dict.fromkeys(schema.arrow.names) | {
        "sample_id": "s",
        "row_key": "k",
        "parents": ["p"],
        "source_ids": ["i"],
    }
    group = pq.ParquetFile(io.BytesIO(encode_shard(schema_of(stage).arrow, [row]))).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    assert {column.path_in_schema.split(".")[0]: column.compression for column in columns} == {
        name: "UNCOMPRESSED" if name in uncompressed(schema.arrow) else "ZSTD" for name in schema.arrow.names
    }
    assert not any(column.has_dictionary_page for column in columns)


def test_no_rows_are_a_shard_too():
    assert pq.ParquetFile(io.BytesIO(encode_shard(schema_of(SALIENCY).arrow, []))).read().to_pylist() == []
