"""Saliency: every photograph, or part of one, gets a saliency map and the pseudo-mask derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from shls_core.crops import Box, CropConfig, draw_crop
from shls_core.errors import SampleError
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.pseudo_mask import pseudo_mask
from shls_core.saliency.rbd import rbd_saliency
from shls_core.seeding import generator
from storage.canonical import digest_json
from storage.codecs import encode_map
from storage.schemas import INGEST, SALIENCY
from tasks.stages.photographs import photograph_part
from tasks.stages.stage import Row, RowPlan

if TYPE_CHECKING:
    from storage.artifact import AcceptedRows
    from tasks.stages.input_reader import InputReader


@dataclass(frozen=True)
class SaliencyStage:
    """Estimates the foreground of photographs; no manual annotation is involved."""

    name: ClassVar[str] = SALIENCY
    reads: ClassVar[tuple[str, ...]] = (INGEST,)
    packages: ClassVar[tuple[str, ...]] = (
        "fast-slic",
        "numpy",
        "opencv-python-headless",
        "pillow",
        "pyarrow",
        "scikit-image",
        "scipy",
    )
    config: SaliencyConfig
    crops: CropConfig
    max_side: int
    seed: int

    @property
    def parameters(self) -> dict[str, Any]:
        """The detector's constants, how photographs are cut, and the seed where cutting is random."""
        return {
            "saliency": self.config.model_dump(mode="json"),
            "crops": self.crops.model_dump(mode="json"),
            "max_side": self.max_side,
            "seed": self.seed if self.crops.crops_per_image else None,
        }

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Plan one row per photograph, or per crop of one."""
        plans = []
        for image, row in inputs[INGEST].accepted(("height", "width", "scene")):
            for box in self._parts(image.sample_id, row["height"], row["width"]):
                whole = not self.crops.crops_per_image
                plans.append(
                    RowPlan(
                        sample_id=image.sample_id if whole else digest_json(["crop", image.sample_id, *box]),
                        image_ids=(image.sample_id,),
                        inputs=(image,),
                        decided={"box": list(box), "scene": row["scene"]},
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
        """Nothing: what is known of a photograph stays with it."""
        return {}

    def foresee(self, plan: RowPlan) -> Row:
        """Return the photograph and the part of it that is looked at."""
        box = Box(*plan.decided["box"])
        return {
            "image_id": plan.image_ids[0],
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
        saliency_map = rbd_saliency(pixels, self.config)
        mask = pseudo_mask(saliency_map, self.config)
        if not mask.any():
            raise SampleError("no salient object")
        return {
            **self.foresee(plan),
            "saliency_map": encode_map(saliency_map),
            "mask": encode_map(mask),
            "num_objects": int(mask.max()),
            "mask_share": float((mask > 0).mean()),
        }
