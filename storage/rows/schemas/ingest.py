"""The columns of ingested photographs."""

import pyarrow as pa

from storage.rows.schemas.stage_schema import StageSchema

SCHEMA = StageSchema(
    reads=(),
    content=(
        pa.field("image", pa.binary()),  # the original file
        pa.field("height", pa.int32()),  # after the decode rule, in px
        pa.field("width", pa.int32()),
        pa.field("scene", pa.string()),  # photographs of one scene stay on one side of the split
        pa.field("perceptual_hash", pa.string()),  # 64 bits in hexadecimal; null for a flat image
    ),
    notes=(
        pa.field("file_name", pa.string()),
        pa.field("source", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("consent", pa.string()),
    ),
    statistics=(pa.field("num_bytes", pa.int64()),),
)
