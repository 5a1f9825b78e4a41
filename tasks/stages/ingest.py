"""Ingest: image files become rows that hold their bytes, or rejected rows with a reason."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pydantic
import skimage.data

from shls_core.errors import InputError, SampleError
from shls_core.files.pictures.decode import DECODE_RULE, decode_image
from shls_core.files.pictures.sizes import check_image_size
from shls_core.files.skipped import SkippedKind
from shls_core.files.source_file import NOT_READABLE, is_there, opened_source
from shls_core.files.walk import FoundFile
from shls_core.frozen import FrozenConfig
from shls_core.photographs.near_duplicates import NEAR_DUPLICATE_BITS
from shls_core.photographs.perceptual_hash import HASH_BITS, perceptual_hash
from storage.canonical import digest_bytes, digest_json
from storage.rows.schemas.ingest import SCHEMA
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_names import INGEST
from tasks.stages.bundled_photographs import BUNDLED
from tasks.stages.photograph_folder.listing import (
    MOST_BYTES,
    Listing,
    Photograph,
    list_photographs,
    look_at,
)
from tasks.stages.photograph_folder.notes_table import NOTE_COLUMNS
from tasks.stages.sources import Sources
from tasks.stages.stage import Row, RowPlan

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows
    from tasks.stages.input_reader import InputReader

SKIMAGE = "skimage"


class IngestConfig(FrozenConfig):
    """Which photographs are used, and at which size."""

    images: str | None = pydantic.Field(default=None, min_length=1)
    """A folder of image files (with its subfolders, also linked ones, without stores in it) or
    ``s3://bucket/prefix``; or ``skimage``: the colour photographs in scikit-image. A file `photographs.csv`
    in the folder may note source, licence, consent and scene per file name."""
    max_side: int = pydantic.Field(default=640, ge=32)
    """Longest side of a photograph in use, in px; larger ones are scaled down, none is scaled up."""
    min_side: int = pydantic.Field(default=64, ge=8)
    """Photographs with a shorter side below this, in px, are rejected."""
    near_duplicate_bits: int = pydantic.Field(default=NEAR_DUPLICATE_BITS, ge=0, le=HASH_BITS)
    """Photographs whose perceptual hashes differ in this many of 64 bits or fewer show the same picture, and
    are on the same side of the split. Only the split reads it: a change ingests no photograph again."""


@dataclass(frozen=True)
class IngestStage:
    """Stores image files unchanged; a row's id is the SHA-256 of the file."""

    name: ClassVar[str] = INGEST
    schema: ClassVar[StageSchema] = SCHEMA
    reads: ClassVar[tuple[str, ...]] = SCHEMA.reads
    packages: ClassVar[tuple[str, ...]] = (
        "imagehash",
        "numpy",
        "opencv-python-headless",
        "pillow",
        "pillow-heif",
        "pyarrow",
        "scipy",
    )
    config: IngestConfig

    @property
    def parameters(self) -> dict[str, Any]:
        """The rule by which bytes become pixels, and the limits of size."""
        return {"decode_rule": DECODE_RULE, **self.config.model_dump(include={"max_side", "min_side"})}

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Return the rows of `sources`."""
        return list(self.sources().rows)

    def sources(self) -> Sources:
        """List the files; the second of two with the same bytes is planned as a duplicate."""
        listing = _listing(self.config.images)
        first_with: dict[str, str] = {}
        rows = [
            _row(
                one, first_with.setdefault(one.digest or one.name, one.name), listing.notes.get(one.name, {})
            )
            for one in listing.photographs
        ]
        return Sources(rows, listing.skipped, {SkippedKind.UNMATCHED_NOTE: listing.num_notes})

    def notes(self, plan: RowPlan) -> Row:
        """Return what is known of the file even if it cannot be used."""
        return {column: plan.decided[column] for column in ("file_name", "source", "licence", "consent")}

    def foresee(self, plan: RowPlan) -> Row:
        """Decode the photograph: plans of later stages depend on its size, scene and perceptual hash."""
        return self._looked_at(plan, _read(plan))

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Decode the file once, to check it, and keep its bytes."""
        data = _read(plan)
        return {**self._looked_at(plan, data), "image": data, "num_bytes": len(data)}

    def _looked_at(self, plan: RowPlan, data: bytes) -> Row:
        pixels = decode_image(data, self.config.max_side)
        height, width, _ = pixels.shape
        check_image_size(height, width, self.config.min_side)
        return {
            "height": height,
            "width": width,
            "scene": plan.decided["scene"] or plan.source_ids[0],
            "perceptual_hash": perceptual_hash(pixels),
        }


def _row(photograph: Photograph, original: str, notes: Mapping[str, str]) -> RowPlan:
    """Plan the row of a file; `original` is the first file with the same bytes."""
    name, is_copy = photograph.name, original != photograph.name
    # A file whose bytes are not known has an id of its own, which no photograph has.
    image_id = photograph.digest or digest_json([NOT_READABLE, name])
    return RowPlan(
        sample_id=digest_json(["duplicate", image_id, name]) if is_copy else image_id,
        source_ids=(image_id,),
        decided={
            "file_digest": photograph.digest,
            "file_name": name,
            "duplicate_of": original if is_copy else None,
            **({"unreadable": photograph.unreadable} if photograph.unreadable else {}),
            **{column: notes.get(column) for column in NOTE_COLUMNS},
        },
        location=str(photograph.path.absolute()),  # a worker may run in another folder
    )


def _read(plan: RowPlan) -> bytes:
    if "unreadable" in plan.decided:
        raise SampleError(plan.decided["unreadable"])
    if plan.decided["duplicate_of"] is not None:
        raise SampleError("duplicate")
    assert plan.location is not None
    changed = f"{plan.location} changed while it was read: run again when nobody writes to it"
    try:
        with opened_source(plan.location) as file:
            data = file.read(MOST_BYTES + 1)
    except SampleError as error:  # it could be read when the build was planned
        raise InputError(f"{changed} ({error.reason})") from error
    if digest_bytes(data) != plan.decided["file_digest"]:
        raise InputError(changed)
    return data


def _listing(images: str | None) -> Listing:
    if images is None:
        raise InputError("expected a folder of photographs in --images or ingest.images, got none")
    if images == SKIMAGE:
        bundled = Path(skimage.data.__file__).parent
        found = [look_at(FoundFile(name, bundled / name)) for name in sorted(BUNDLED)]
        return Listing(tuple(one for one in found if isinstance(one, Photograph)), BUNDLED)
    folder = Path(images)
    if not is_there(folder, stat.S_ISDIR):
        raise InputError(f"expected a folder of photographs, found none at {images}")
    return list_photographs(folder)
