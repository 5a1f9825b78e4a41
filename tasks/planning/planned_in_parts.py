"""The plans of a stage's rows, made a part at a time, so that they are never all objects at once.

Stages of photographs plan from columns of the stages before. Saliency and superpixels plan each row from one
row alone: their own `plan` gets the rows they read in parts. A pseudo-sequence may paste any other
photograph: its rows are drawn here as `SequencesStage.plan` draws them, one after another. That module is in
the code digest of the rows, so it stays as it is; `tests/tasks/planning/test_planned_in_parts.py` compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shls_core.photographs.scene_groups import joined_scenes
from shls_core.photographs.split import HELD_OUT, TRAIN, Split, split_of
from shls_core.saliency.detector import DetectorSource
from shls_core.seeding import generator
from shls_core.synthesis.sources import HashRing, draw_sources
from storage.canonical import digest_json
from storage.rows.accepted_table import AcceptedInColumns, AcceptedTable
from storage.rows.stage_artifact import AcceptedRows, RowAddress
from storage.rows.stage_names import INGEST, SALIENCY
from tasks.planning.packed_plans import PackedPlans
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.stage import RowPlan, Stage
from tasks.stages.superpixels import SuperpixelsStage

_ROWS_AT_ONCE = 20_000


def planned_rows_of(stage: Stage, inputs: Mapping[str, AcceptedRows]) -> Sequence[RowPlan]:
    """Return what ``stage.plan(inputs)`` returns, packed where the stage can be planned in parts."""
    columns = {name: rows for name, rows in inputs.items() if isinstance(rows, AcceptedInColumns)}
    if len(columns) < len(inputs):
        return tuple(stage.plan(inputs))
    if isinstance(stage, SequencesStage):
        return _sequences(stage, columns)
    if isinstance(stage, SaliencyStage | SuperpixelsStage):
        ((name, rows),) = columns.items()
        return _row_by_row(stage, name, rows)
    return tuple(stage.plan(inputs))


def plans_from_store_alone(stage: Stage) -> bool:
    """Return whether a stage plans from the rows that it reads and its parameters, and from nothing else.

    A folder of saliency maps is looked at again by every plan.
    """
    if isinstance(stage, SaliencyStage):
        return DetectorSource.of(stage.config).kind != "maps"
    return isinstance(stage, SequencesStage | SuperpixelsStage)


class _Part:
    """Some of the rows of a stage, in the place of all of them."""

    def __init__(self, rows: AcceptedInColumns) -> None:
        self._rows = rows
        self._columns: tuple[str, ...] = ()
        self.table: AcceptedTable | None = None
        self.start = 0
        self.place_of: dict[str, int] = {}

    def accepted(self, columns: Sequence[str] = ()) -> list[tuple[RowAddress, dict[str, Any]]]:
        """Return the rows of the part at hand."""
        if self.table is None or self._columns != tuple(columns):
            self.table, self._columns = self._rows.accepted_table(columns), tuple(columns)
        items = self.table.items(self.start, _ROWS_AT_ONCE)
        self.place_of = {address.sample_id: place for place, (address, _) in enumerate(items, self.start)}
        return items


def _row_by_row(stage: Stage, name: str, rows: AcceptedInColumns) -> PackedPlans:
    part = _Part(rows)
    first = stage.plan({name: part})
    assert part.table is not None, f"{stage.name} plans without its rows"
    found = PackedPlans({name: part.table})
    plans = first
    while True:
        for plan in plans:
            reads = [(name, part.place_of[address.sample_id]) for address in plan.inputs]
            bare = RowPlan(plan.sample_id, plan.source_ids, (), plan.decided, plan.location)
            found.add(bare, reads)
        part.start += _ROWS_AT_ONCE
        if part.start >= len(part.table):
            return found
        plans = stage.plan({name: part})


def _sequences(stage: SequencesStage, inputs: Mapping[str, AcceptedInColumns]) -> PackedPlans:
    ingested = inputs[INGEST].accepted_table(("scene", "perceptual_hash"))
    sides = _sides(stage, ingested)
    masks = inputs[SALIENCY].accepted_table(("image_id",))
    image_places = _image_places(ingested, masks)
    # Only addresses are needed from here on.
    tables = {SALIENCY: _bare(masks), INGEST: _bare(ingested)}
    found = PackedPlans(tables)
    images_table = tables[INGEST]
    mask_ids = masks.rows["sample_id"].to_pylist()
    for split in (TRAIN, HELD_OUT):
        places = [place for place, image in enumerate(image_places) if sides[image] == split]
        if not places:
            continue
        ring = HashRing(mask_ids[place] for place in places)
        place_of = {mask_ids[place]: place for place in places}
        for place in places:
            template_id = mask_ids[place]
            for number in range((stage.config if split == TRAIN else stage.held_out).sequences_per_template):
                sample_id = digest_json(["sequence", template_id, number])
                rng = generator(stage.seed, "sources", sample_id)
                sources = draw_sources(template_id, ring, stage.config, rng)
                used = [place_of[one] for one in dict.fromkeys((template_id, *sources))]
                images = list(dict.fromkeys(image_places[one] for one in used))
                plan = RowPlan(
                    sample_id=sample_id,
                    source_ids=tuple(images_table.sample_id(image) for image in images),
                    decided={"split": split, "template_id": template_id, "pasted_ids": list(sources)},
                )
                found.add(plan, [*((SALIENCY, one) for one in used), *((INGEST, one) for one in images)])
    return found


def _sides(stage: SequencesStage, ingested: AcceptedTable) -> list[Split]:
    """Return the side of the split of every photograph: near-duplicates are on the same one."""
    scenes, hashes = (ingested.rows[name].to_pylist() for name in ("scene", "perceptual_hash"))
    joined = joined_scenes(scenes, hashes, stage.near_duplicate_bits)
    side_of = {scene: split_of(scene, stage.held_out) for scene in dict.fromkeys(joined)}
    return [side_of[scene] for scene in joined]


def _image_places(ingested: AcceptedTable, masks: AcceptedTable) -> list[int]:
    """Return, for every mask, the place of its photograph."""
    place_of = {image: place for place, image in enumerate(ingested.rows["sample_id"].to_pylist())}
    return [place_of[image] for image in masks.rows["image_id"].to_pylist()]


def _bare(table: AcceptedTable) -> AcceptedTable:
    """Return the addresses of a table alone."""
    return AcceptedTable(
        table.stage, table.shards, table.rows.select(["sample_id", "digest", "shard", "index"])
    )
