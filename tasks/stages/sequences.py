"""Sequences: still images and their pseudo-masks become pseudo-sequences of frames and masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from shls_core.files.pictures.jpeg_frames import encode_frame
from shls_core.photographs.crops import Box
from shls_core.photographs.near_duplicates import NEAR_DUPLICATE_BITS, group_scenes
from shls_core.photographs.split import HELD_OUT, TRAIN, HeldOutConfig, Split, split_of
from shls_core.seeding import generator
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.draw import draw_recipe
from shls_core.synthesis.layer_warps import encode_warps, layer_warps
from shls_core.synthesis.render import render
from shls_core.synthesis.sources import HashRing, draw_sources
from shls_core.synthesis.statistics import sequence_statistics
from storage.canonical import digest_json
from storage.rows.codecs import decode_map, encode_map
from storage.rows.schemas.sequences import SCHEMA
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_names import INGEST, SALIENCY, SEQUENCES
from tasks.stages.photographs import photograph_part
from tasks.stages.stage import Row, RowPlan

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows, RowAddress
    from tasks.stages.input_reader import InputReader


@dataclass(frozen=True)
class SequencesStage:
    """Synthesises pseudo-sequences; training photographs are combined with training photographs only."""

    name: ClassVar[str] = SEQUENCES
    schema: ClassVar[StageSchema] = SCHEMA
    reads: ClassVar[tuple[str, ...]] = SCHEMA.reads
    packages: ClassVar[tuple[str, ...]] = ("numpy", "opencv-python-headless", "pillow", "pyarrow", "scipy")
    config: SynthesisConfig
    held_out: HeldOutConfig
    max_side: int
    seed: int
    near_duplicate_bits: int = NEAR_DUPLICATE_BITS

    @property
    def parameters(self) -> dict[str, Any]:
        """The ranges of synthesis, the split, and the seed of every draw."""
        return {
            "synthesis": self.config.model_dump(mode="json"),
            "held_out": self.held_out.model_dump(mode="json"),
            "max_side": self.max_side,
            "seed": self.seed,
            "near_duplicate_bits": self.near_duplicate_bits,
        }

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Draw, from ids alone, which stills are templates and which are pasted onto them."""
        ingested = inputs[INGEST].accepted(("scene", "perceptual_hash"))
        photographs = {address.sample_id: address for address, _ in ingested}
        sides = self._sides(ingested)
        masks = {
            address.sample_id: (address, row) for address, row in inputs[SALIENCY].accepted(("image_id",))
        }
        plans = []
        for split in (TRAIN, HELD_OUT):
            pool = [name for name, (_, row) in masks.items() if sides[row["image_id"]] == split]
            if not pool:
                continue
            ring = HashRing(pool)
            for template_id in pool:
                for number in range(self._per_template(split)):
                    sample_id = digest_json(["sequence", template_id, number])
                    rng = generator(self.seed, "sources", sample_id)
                    sources = draw_sources(template_id, ring, self.config, rng)
                    used = dict.fromkeys((template_id, *sources))
                    source_ids = dict.fromkeys(masks[mask_id][1]["image_id"] for mask_id in used)
                    plans.append(
                        RowPlan(
                            sample_id=sample_id,
                            source_ids=tuple(source_ids),
                            inputs=(
                                *(masks[mask_id][0] for mask_id in used),
                                *(photographs[image_id] for image_id in source_ids),
                            ),
                            decided={"split": split, "template_id": template_id, "pasted_ids": list(sources)},
                        )
                    )
        return plans

    def _sides(self, ingested: Sequence[tuple[RowAddress, Row]]) -> dict[str, Split]:
        """Return the side of the split of every photograph: near-duplicates are on the same one."""
        scenes = group_scenes(
            [row["scene"] for _, row in ingested],
            [row["perceptual_hash"] for _, row in ingested],
            self.near_duplicate_bits,
        )
        return {
            address.sample_id: split_of(scene, self.held_out)
            for (address, _), scene in zip(ingested, scenes, strict=True)
        }

    def _per_template(self, split: str) -> int:
        return (self.config if split == TRAIN else self.held_out).sequences_per_template

    def notes(self, plan: RowPlan) -> Row:
        """Return the ids of the template and of the stills to paste."""
        return {"template_id": plan.decided["template_id"], "pasted_ids": plan.decided["pasted_ids"]}

    def foresee(self, plan: RowPlan) -> Row:
        """Return the side of the split it is on."""
        return {"split": plan.decided["split"]}

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Draw the recipe, from masks and saliency maps alone, and render it."""
        photographs = {address.sample_id: address for address in plan.inputs if address.stage == INGEST}
        stills = {
            address.sample_id: Still.read(address, photographs, reader, self.max_side)
            for address in plan.inputs
            if address.stage == SALIENCY
        }
        masks = {name: still.mask for name, still in stills.items()}
        saliency_maps = {name: still.saliency_map for name, still in stills.items()}
        template_id, split = plan.decided["template_id"], plan.decided["split"]
        num_frames = self.config.num_frames if split == TRAIN else self.held_out.num_frames

        recipe, layout = draw_recipe(
            plan.sample_id,
            template_id,
            masks[template_id],
            plan.decided["pasted_ids"],
            saliency_maps,
            self.config.model_copy(update={"num_frames": num_frames}),
            generator(self.seed, "recipe", plan.sample_id),
        )
        sequence = render(
            recipe, {name: still.pixels for name, still in stills.items()}, saliency_maps, masks, layout
        )
        statistics = sequence_statistics(recipe, sequence)
        return {
            "split": split,
            "height": sequence.frames.shape[1],
            "width": sequence.frames.shape[2],
            "frames": [encode_frame(frame) for frame in sequence.frames],
            "masks": [encode_map(mask) for mask in sequence.masks],
            "warps": encode_warps(layer_warps(recipe)),
            "recipe": recipe.to_json(),
            "num_frames": num_frames,
            "num_objects": statistics.num_objects,
            "num_pasted": statistics.num_pasted,
            "num_left_out": statistics.num_left_out,
            "has_clone": int(statistics.has_clone),
            "mask_share": statistics.mask_share,
            "occluded_share": max(statistics.largest_occluded_share),
            "num_leaves": statistics.num_leaves,
            "num_returns": statistics.num_returns,
        }


@dataclass(frozen=True)
class Still:
    """A photograph, or a part of one, with its saliency map and mask."""

    pixels: np.ndarray
    saliency_map: np.ndarray
    mask: np.ndarray

    @classmethod
    def read(
        cls, address: RowAddress, photographs: Mapping[str, RowAddress], reader: InputReader, max_side: int
    ) -> Still:
        """Read the still of a saliency row; `photographs` holds the row of its photograph, by id."""
        row = reader.row(address, "image_id", "top", "left", "height", "width", "saliency_map", "mask")
        height, width = row["height"], row["width"]
        box = Box(row["top"], row["left"], row["top"] + height, row["left"] + width)
        return cls(
            pixels=photograph_part(reader, photographs[row["image_id"]], max_side, box),
            saliency_map=decode_map(row["saliency_map"], height, width, np.uint8),
            mask=decode_map(row["mask"], height, width, np.uint8),
        )
