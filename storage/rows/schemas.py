"""The columns of every stage: what a row of its shards holds.

Every row has the same head: who it is, what made it, what it came from, and why it was rejected, if it was.
A rejected row keeps its head and its notes and has no payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from storage.canonical import canonical_json, digest_parts

INGEST, SALIENCY, SEQUENCES, SUPERPIXELS = "ingest", "saliency", "sequences", "superpixels"
STAGES = (INGEST, SALIENCY, SEQUENCES, SUPERPIXELS)

LOW_CONFIDENCE = "low_confidence"
"""Why a pseudo-mask of little confidence is rejected; the gate counts these."""

_HEAD = (
    pa.field("sample_id", pa.string(), nullable=False),
    # Hash of stage, parameters, code, versions and the digests of the rows this row read.
    pa.field("row_key", pa.string(), nullable=False),
    # Hash of the content; null in a rejected row.
    pa.field("digest", pa.string()),
    # Sample ids, in the stages before, of the rows this row read.
    pa.field("parents", pa.list_(pa.string()), nullable=False),
    # The photographs this row descends from.
    pa.field("image_ids", pa.list_(pa.string()), nullable=False),
    pa.field("rejected", pa.string()),
)


@dataclass(frozen=True)
class StageSchema:
    """The columns of one stage, by what they are for.

    Attributes
    ----------
    content
        What the row is: the columns its digest covers, and all that later stages may read.
    notes
        What people want to know of it; no row of a later stage is made from them.
    statistics
        Numbers about the content, for the validation gate.
    """

    content: tuple[pa.Field, ...]
    notes: tuple[pa.Field, ...] = ()
    statistics: tuple[pa.Field, ...] = ()

    @property
    def arrow(self) -> pa.Schema:
        """The schema of the stage's shards."""
        return pa.schema([*_HEAD, *self.content, *self.notes, *self.statistics])

    @property
    def uncompressed(self) -> tuple[str, ...]:
        """Columns whose values are compressed already."""
        return tuple(field.name for field in self.content if _holds_bytes(field.type))

    def content_digest(self, row: Mapping[str, Any]) -> str:
        """Return the digest of a row's content columns."""
        return digest_parts(part for field in self.content for part in _spelled(row[field.name]))


def _holds_bytes(kind: pa.DataType) -> bool:
    return bool(kind == pa.binary() or kind == pa.list_(pa.binary()))


def _spelled(value: Any) -> list[bytes]:
    if isinstance(value, bytes):
        return [value]
    if isinstance(value, list) and value and isinstance(value[0], bytes):
        return [str(len(value)).encode(), *value]
    return [canonical_json(value)]


_BYTES_PER_FRAME = pa.list_(pa.binary())

SCHEMAS: Mapping[str, StageSchema] = {
    INGEST: StageSchema(
        content=(
            pa.field("image", pa.binary()),  # the file as it came
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
    ),
    SALIENCY: StageSchema(
        content=(
            pa.field("image_id", pa.string()),
            pa.field("top", pa.int32()),  # the part of the photograph that was looked at, in px
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
    ),
    SEQUENCES: StageSchema(
        content=(
            pa.field("split", pa.string()),  # train or held_out
            pa.field("height", pa.int32()),
            pa.field("width", pa.int32()),
            pa.field("frames", _BYTES_PER_FRAME),  # JPEG
            pa.field("masks", _BYTES_PER_FRAME),  # uint8 (H, W), zstd
        ),
        notes=(
            pa.field("template_id", pa.string()),
            pa.field("source_ids", pa.list_(pa.string())),
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
    ),
    SUPERPIXELS: StageSchema(
        content=(
            pa.field("height", pa.int32()),
            pa.field("width", pa.int32()),
            pa.field("superpixel_maps", _BYTES_PER_FRAME),  # uint16 (H, W), zstd: labels 0..R-1
        ),
        statistics=(
            pa.field("num_frames", pa.int32()),
            pa.field("min_superpixels", pa.int32()),  # over the frames of the sequence
            pa.field("max_superpixels", pa.int32()),
            pa.field("min_superpixel_px", pa.int32()),
            pa.field("mean_superpixel_px", pa.float64()),
        ),
    ),
}
