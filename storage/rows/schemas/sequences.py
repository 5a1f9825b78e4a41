"""The columns of pseudo-sequences."""

from dataclasses import replace

import pyarrow as pa

from storage.rows.schemas.stage_schema import BYTES_PER_FRAME, StageSchema
from storage.rows.stage_names import INGEST, SALIENCY

SCHEMA = StageSchema(
    reads=(INGEST, SALIENCY),
    content=(
        pa.field("split", pa.string()),  # train or held_out
        pa.field("height", pa.int32()),
        pa.field("width", pa.int32()),
        pa.field("frames", BYTES_PER_FRAME),  # JPEG
        pa.field("masks", BYTES_PER_FRAME),  # uint8 (H, W), zstd
        pa.field("warps", BYTES_PER_FRAME),  # float64 (K+1, 3, 3): from each label's layer to the frame
    ),
    notes=(
        pa.field("template_id", pa.string()),
        pa.field("pasted_ids", pa.list_(pa.string())),  # pseudo-masks whose objects were to be pasted
        pa.field("recipe", pa.string()),  # JSON: every drawn parameter
    ),
    statistics=(
        pa.field("num_frames", pa.int32()),
        pa.field("num_objects", pa.int32()),  # in the first frame
        pa.field("num_pasted", pa.int32()),
        pa.field("num_left_out", pa.int32()),
        pa.field("has_clone", pa.int32()),  # 0 or 1
        pa.field("mask_share", pa.float64()),  # over all frames
        pa.field("occluded_share", pa.float64()),  # largest of any object in any frame
        pa.field("num_leaves", pa.int32()),
        pa.field("num_returns", pa.int32()),
    ),
)

WITHOUT_WARPS = replace(SCHEMA, content=tuple(field for field in SCHEMA.content if field.name != "warps"))
"""The columns before warps were kept; such shards are read, too."""
