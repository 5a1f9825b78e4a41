"""The columns of clips: pieces of footage without a cut."""

import pyarrow as pa

from storage.rows.schemas.stage_schema import BYTES_PER_FRAME, StageSchema
from storage.rows.stage_names import FOOTAGE

STATIC = "static"
TOO_SHORT = "too_short"
DARK_OR_FLAT = "dark_or_flat"
"""Reasons why a piece of footage is rejected; the gate counts them."""

SCHEMA = StageSchema(
    reads=(FOOTAGE,),
    content=(
        pa.field("split", pa.string()),  # train or held_out
        pa.field("height", pa.int32()),  # in px
        pa.field("width", pa.int32()),
        pa.field("numbers", pa.list_(pa.int32())),  # of the frames in the video's file or folder, from 0
        pa.field("frames", BYTES_PER_FRAME),  # JPEG
    ),
    notes=(
        pa.field("video_id", pa.string()),
        pa.field("first", pa.int32()),  # number of the first frame among the kept frames of the video
    ),
    statistics=(
        pa.field("num_frames", pa.int32()),
        pa.field("motion", pa.float64()),  # mean absolute difference of luma between frames, in grey levels
        pa.field("moving_share", pa.float64()),  # share of blocks that change
        pa.field("mean_luma", pa.float64()),  # 0..255
        pa.field("luma_deviation", pa.float64()),
    ),
)
