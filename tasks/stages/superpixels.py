"""Superpixels: every frame of every pseudo-sequence gets its superpixel map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from shls_core.files.pictures.jpeg_frames import decode_frame
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map, superpixel_statistics
from storage.rows.codecs import encode_map
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.schemas.superpixels import SCHEMA
from storage.rows.stage_names import SEQUENCES, SUPERPIXELS
from tasks.stages.stage import Row, RowPlan

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows
    from tasks.stages.input_reader import InputReader


@dataclass(frozen=True)
class SuperpixelsStage:
    """Segments frames into superpixels."""

    name: ClassVar[str] = SUPERPIXELS
    schema: ClassVar[StageSchema] = SCHEMA
    reads: ClassVar[tuple[str, ...]] = SCHEMA.reads
    config: SuperpixelConfig

    @property
    def packages(self) -> tuple[str, ...]:
        """Those of the segmenter, and those that decode frames and encode maps."""
        own = ("fast-slic",) if self.config.segmenter == "fast-slic" else ("scikit-image", "scipy")
        return (*own, "numpy", "opencv-python-headless", "pyarrow")

    @property
    def parameters(self) -> dict[str, Any]:
        """The segmenter and its settings."""
        return self.config.model_dump(mode="json")

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Plan one row per pseudo-sequence."""
        return [
            RowPlan(sample_id=address.sample_id, source_ids=tuple(row["source_ids"]), inputs=(address,))
            for address, row in inputs[SEQUENCES].accepted(("source_ids",))
        ]

    def notes(self, plan: RowPlan) -> Row:
        """Return nothing: the row is about its sequence."""
        return {}

    def foresee(self, plan: RowPlan) -> Row:
        """Return nothing: no stage reads superpixels."""
        return {}

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Segment every frame as training will read it: decoded from JPEG."""
        (sequence,) = plan.inputs
        row = reader.row(sequence, "height", "width", "frames")
        maps = [superpixel_map(decode_frame(frame), self.config) for frame in row["frames"]]
        statistics = [superpixel_statistics(labels) for labels in maps]
        counts = [frame.num_superpixels for frame in statistics]
        return {
            "height": row["height"],
            "width": row["width"],
            "superpixel_maps": [encode_map(labels) for labels in maps],
            "num_frames": len(maps),
            "min_superpixels": min(counts),
            "max_superpixels": max(counts),
            "min_superpixel_px": min(frame.smallest_px for frame in statistics),
            "mean_superpixel_px": sum(labels.size for labels in maps) / sum(counts),
        }
