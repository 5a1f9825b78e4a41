"""The columns of saliency maps and pseudo-masks."""

import pyarrow as pa

from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_names import INGEST

LOW_CONFIDENCE = "low_confidence"
"""The reason of rejection of a pseudo-mask with low confidence; the gate counts these."""

SCHEMA = StageSchema(
    reads=(INGEST,),
    content=(
        pa.field("image_id", pa.string()),
        pa.field("top", pa.int32()),  # the part of the photograph that was processed, in px
        pa.field("left", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("width", pa.int32()),
        pa.field("scene", pa.string()),
        pa.field("saliency_map", pa.binary()),  # uint8 (H, W), zstd
        pa.field("mask", pa.binary()),  # uint8 (H, W), zstd: 0 background, 1..K
    ),
    statistics=(
        pa.field("num_objects", pa.int32()),
        pa.field("mask_share", pa.float64()),
        pa.field("confidence", pa.float64()),  # 0..1, of the pseudo-mask
    ),
)
