import pyarrow as pa
import pytest

from storage.rows.shard_encoding import uncompressed
from storage.rows.stage_graph import SCHEMAS, STAGES
from storage.rows.stage_names import INGEST, SEQUENCES, SUPERPIXELS

ROW = {
    "split": "train",
    "height": 8,
    "width": 9,
    "frames": [b"ab", b"c"],
    "masks": [b"d", b"e"],
    "warps": [b"f", b"g"],
}
DIGEST = SCHEMAS[SEQUENCES].content_digest(ROW)


@pytest.mark.parametrize(
    "change",
    [
        {"split": "held_out"},
        {"height": 9},
        {"width": 8},
        {"frames": [b"a", b"bc"]},
        {"frames": [b"c", b"ab"]},
        {"frames": [b"abc"]},
        {"frames": [b"ab", b"c", b"d"], "masks": [b"e"]},
        {"frames": []},
        {"masks": None},
        {"warps": [b"f", b"h"]},
    ],
)
def test_every_content_column_and_where_its_values_end_is_in_the_digest(change):
    assert SCHEMAS[SEQUENCES].content_digest(ROW | change) != DIGEST


def test_notes_statistics_and_the_head_are_not_in_the_digest():
    others = {field.name: "another" for field in SCHEMAS[SEQUENCES].arrow} | ROW
    assert SCHEMAS[SEQUENCES].content_digest(others) == DIGEST


def test_every_stage_says_who_a_row_is_and_what_it_came_from():
    head = ["sample_id", "row_key", "digest", "parents", "source_ids", "rejected"]
    for stage in STAGES:
        schema = SCHEMAS[stage].arrow
        assert schema.names[:6] == head
        assert len(set(schema.names)) == len(schema.names)
        assert [name for name in head if not schema.field(name).nullable] == [
            "sample_id",
            "row_key",
            "parents",
            "source_ids",
        ]


def test_statistics_are_numbers_for_the_gate_never_bytes():
    for stage in STAGES:
        assert all(
            pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
            for field in SCHEMAS[stage].statistics
        )


def test_columns_whose_values_are_compressed_are_stored_as_they_are():
    assert uncompressed(SCHEMAS[INGEST].arrow) == ("image",)
    assert uncompressed(SCHEMAS[SEQUENCES].arrow) == ("frames", "masks", "warps")
    assert uncompressed(SCHEMAS[SUPERPIXELS].arrow) == ("superpixel_maps",)
