"""The columns of footage: films and folders of frames, taken in as rows of a bounded number of frames."""

import pyarrow as pa

from storage.rows.schemas.stage_schema import BYTES_PER_FRAME, StageSchema

SCHEMA = StageSchema(
    reads=(),
    content=(
        pa.field("first", pa.int32()),  # number of the row's first frame among the kept frames of the video
        pa.field("height", pa.int32()),  # in px
        pa.field("width", pa.int32()),
        pa.field("fps", pa.float64()),  # kept frames per second
        pa.field("scene", pa.string()),  # videos of one scene stay on one side of the split
        pa.field("numbers", pa.list_(pa.int32())),  # of the frames in the file or folder, from 0
        pa.field("frames", BYTES_PER_FRAME),  # JPEG; of a folder: its files, unchanged
        pa.field("change", pa.list_(pa.float64())),  # 0..1, of each frame from the one before it
        pa.field("hashes", pa.list_(pa.string())),  # perceptual, 64 bits in hexadecimal
    ),
    notes=(
        pa.field("file_name", pa.string()),
        pa.field("source", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("consent", pa.string()),
    ),
    statistics=(
        pa.field("num_frames", pa.int32()),
        pa.field("num_lost", pa.int32()),  # frames of the row that are damaged or missing
        pa.field("num_bytes", pa.int64()),
    ),
)
