"""Saliency: every photograph, or part of one, gets a saliency map and the pseudo-mask derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from shls_core.errors import SampleError
from shls_core.photographs.crops import Box, CropConfig, draw_crop
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.detector import DetectorSource
from shls_core.saliency.foreground import foreground
from shls_core.saliency.map_folder import MISSING_MAP, MapFolder, read_map
from shls_core.seeding import generator
from storage.canonical import digest_bytes, digest_json
from storage.rows.codecs import encode_map
from storage.rows.schemas.saliency import LOW_CONFIDENCE, SCHEMA
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_names import INGEST, SALIENCY
from tasks.stages.detectors import RUN_BY, detector_identity, read_file, read_unchanged, ready_detector
from tasks.stages.photographs import photograph_part
from tasks.stages.stage import Row, RowPlan

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows
    from tasks.stages.input_reader import InputReader


@dataclass(frozen=True)
class SaliencyStage:
    """Estimates the foreground of photographs; no manual annotation is involved."""

    name: ClassVar[str] = SALIENCY
    schema: ClassVar[StageSchema] = SCHEMA
    reads: ClassVar[tuple[str, ...]] = SCHEMA.reads
    config: SaliencyConfig
    crops: CropConfig
    max_side: int
    seed: int

    @property
    def packages(self) -> tuple[str, ...]:
        """Third-party packages whose version changes the bytes of a row; that of a network, if any."""
        always = (
            "fast-slic",
            "numpy",
            "opencv-python-headless",
            "pillow",
            "pyarrow",
            "scikit-image",
            "scipy",
        )
        runs_network = RUN_BY.get(DetectorSource.of(self.config).kind)
        return (*always, runs_network) if runs_network else always

    @property
    def parameters(self) -> dict[str, Any]:
        """The detector by content, its constants, the settings of crops, the seed if crops are drawn."""
        return {
            "saliency": {
                **self.config.model_dump(mode="json", exclude={"detector", "network"}),
                **detector_identity(self.config),
            },
            "crops": self.crops.model_dump(mode="json"),
            "max_side": self.max_side,
            "seed": self.seed if self.crops.crops_per_image else None,
        }

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Plan one row per photograph, or per crop of one."""
        plans = []
        source = DetectorSource.of(self.config)
        maps = MapFolder.open(str(source.path)) if source.kind == "maps" else None
        model = detector_identity(self.config).get("digest")
        for image, row in inputs[INGEST].accepted(("height", "width", "scene", "file_name")):
            # The file of the network that draws the map, or the file with the map.
            file = maps.of(row["file_name"]) if maps else model and Path(str(source.path))
            decided = {
                "scene": row["scene"],
                "detector_digest": digest_bytes(read_file(str(file))) if maps and file else model,
                "photograph_px": [row["height"], row["width"]],
            }
            for box in self._parts(image.sample_id, row["height"], row["width"]):
                whole = not self.crops.crops_per_image
                plans.append(
                    RowPlan(
                        sample_id=image.sample_id if whole else digest_json(["crop", image.sample_id, *box]),
                        source_ids=(image.sample_id,),
                        inputs=(image,),
                        decided={**decided, "box": list(box)},
                        location=str(file.absolute()) if file else None,  # workers may run elsewhere
                    )
                )
        return plans

    def _parts(self, image_id: str, height: int, width: int) -> list[Box]:
        if not self.crops.crops_per_image:
            return [Box(0, 0, height, width)]
        rng = generator(self.seed, "crops", image_id)
        drawn = (draw_crop(height, width, self.crops, rng) for _ in range(self.crops.crops_per_image))
        return list(dict.fromkeys(drawn))

    def notes(self, plan: RowPlan) -> Row:
        """Return nothing: the notes on a photograph stay in its own row."""
        return {}

    def foresee(self, plan: RowPlan) -> Row:
        """Return the photograph and the part of it that is used."""
        box = Box(*plan.decided["box"])
        return {
            "image_id": plan.source_ids[0],
            "top": box.top,
            "left": box.left,
            "height": box.bottom - box.top,
            "width": box.right - box.left,
            "scene": plan.decided["scene"],
        }

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Detect the salient region and derive its mask."""
        (image,) = plan.inputs
        box = Box(*plan.decided["box"])
        pixels = photograph_part(reader, image, self.max_side, box)
        found = foreground(pixels, self._detected(plan, reader, pixels, box), self.config)
        if not found.mask.any():
            raise SampleError("no salient object")
        if found.confidence < self.config.min_confidence:
            raise SampleError(LOW_CONFIDENCE)
        return {
            **self.foresee(plan),
            "saliency_map": encode_map(found.saliency_map),
            "mask": encode_map(found.mask),
            "num_objects": int(found.mask.max()),
            "mask_share": float((found.mask > 0).mean()),
            "confidence": found.confidence,
        }

    def _detected(
        self, plan: RowPlan, reader: InputReader, pixels: npt.NDArray[np.uint8], box: Box
    ) -> npt.NDArray[np.uint8]:
        """Return the detector's map of the part of a photograph inside `box`."""
        digest = plan.decided["detector_digest"]
        if DetectorSource.of(self.config).kind != "maps":
            return ready_detector(self.config, plan.location, digest)(pixels)
        if plan.location is None:
            raise SampleError(MISSING_MAP)
        path, (height, width) = plan.location, plan.decided["photograph_px"]
        whole = reader.remember((path, digest), lambda: read_map(read_unchanged(path, digest), height, width))
        return np.ascontiguousarray(whole[box.top : box.bottom, box.left : box.right])
