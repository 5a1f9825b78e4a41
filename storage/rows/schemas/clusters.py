"""The columns of clusters: pseudo-masks of clips, made with the features of a checkpoint."""

import pyarrow as pa

from storage.rows.schemas.stage_schema import BYTES_PER_FRAME, StageSchema
from storage.rows.stage_names import CLIPS

NO_OBJECT = "no_object"
"""The reason why a clip is rejected; the gate counts it."""

SCHEMA = StageSchema(
    reads=(CLIPS,),
    content=(
        pa.field("height", pa.int32()),  # in cells
        pa.field("width", pa.int32()),
        pa.field("frame_height", pa.int32()),  # in px, of the frames whose features were clustered
        pa.field("frame_width", pa.int32()),
        pa.field("clusters", BYTES_PER_FRAME),  # uint8 (h, w), zstd: 0 background, 1.. pseudo-objects by size
    ),
    statistics=(
        pa.field("num_frames", pa.int32()),
        pa.field("num_clusters", pa.int32()),
        pa.field("largest_share", pa.float64()),  # of the cells of the clip
        pa.field("smallest_share", pa.float64()),
        pa.field("kept_share", pa.float64()),
    ),
)
