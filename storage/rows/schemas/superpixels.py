"""The columns of superpixel maps."""

import pyarrow as pa

from storage.rows.schemas.stage_schema import BYTES_PER_FRAME, StageSchema
from storage.rows.stage_names import SEQUENCES

SCHEMA = StageSchema(
    reads=(SEQUENCES,),
    content=(
        pa.field("height", pa.int32()),
        pa.field("width", pa.int32()),
        pa.field("superpixel_maps", BYTES_PER_FRAME),  # uint16 (H, W), zstd: labels 0..R-1
    ),
    statistics=(
        pa.field("num_frames", pa.int32()),
        pa.field("min_superpixels", pa.int32()),  # over the frames of the sequence
        pa.field("max_superpixels", pa.int32()),
        pa.field("min_superpixel_px", pa.int32()),
        pa.field("mean_superpixel_px", pa.float64()),
    ),
)
