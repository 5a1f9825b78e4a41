"""Ingest: image files become rows that hold their bytes, or rejected rows with a reason."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pydantic
import skimage.data

from shls_core.errors import InputError, SampleError
from shls_core.files.pictures.decode import DECODE_RULE, decode_image
from shls_core.files.pictures.sizes import check_image_size
from shls_core.frozen import FrozenConfig
from shls_core.photographs.near_duplicates import NEAR_DUPLICATE_BITS
from shls_core.photographs.perceptual_hash import HASH_BITS, perceptual_hash
from storage.canonical import digest_bytes, digest_json
from storage.rows.schemas.ingest import SCHEMA
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_names import INGEST
from tasks.stages.bundled_photographs import BUNDLED
from tasks.stages.stage import Row, RowPlan

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows
    from tasks.stages.input_reader import InputReader

NOTES_FILE = "photographs.csv"
NOTE_COLUMNS = ("source", "licence", "consent", "scene")
SKIMAGE = "skimage"


class IngestConfig(FrozenConfig):
    """Which photographs are used, and at which size."""

    images: str | None = pydantic.Field(default=None, min_length=1)
    """A folder of image files (with its subfolders, without stores in it), or ``skimage``: the colour
    photographs in scikit-image. A file `photographs.csv` in the folder may note source, licence, consent and
    scene per file name."""
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
        "pyarrow",
        "scipy",
    )
    config: IngestConfig

    @property
    def parameters(self) -> dict[str, Any]:
        """The rule by which bytes become pixels, and the limits of size."""
        return {"decode_rule": DECODE_RULE, **self.config.model_dump(include={"max_side", "min_side"})}

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """List the files; the second of two with the same bytes is planned as a duplicate."""
        folder, notes = _photographs(self.config.images)
        first_with: dict[str, str] = {}
        plans = []
        for path, file_name in _files(folder, None if self.config.images != SKIMAGE else tuple(BUNDLED)):
            image_id = digest_bytes(path.read_bytes())
            original = first_with.setdefault(image_id, file_name)
            is_copy = original != file_name
            plans.append(
                RowPlan(
                    sample_id=digest_json(["duplicate", image_id, file_name]) if is_copy else image_id,
                    source_ids=(image_id,),
                    decided={
                        "file_digest": image_id,
                        "file_name": file_name,
                        "duplicate_of": original if is_copy else None,
                        **{column: notes.get(file_name, {}).get(column) for column in NOTE_COLUMNS},
                    },
                    location=str(path.absolute()),  # a worker may run in another folder
                )
            )
        return plans

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


def _read(plan: RowPlan) -> bytes:
    if plan.decided["duplicate_of"] is not None:
        raise SampleError("duplicate")
    assert plan.location is not None
    data = Path(plan.location).read_bytes()
    if digest_bytes(data) != plan.decided["file_digest"]:
        raise InputError(f"{plan.location} changed while it was read: run again when nobody writes to it")
    return data


def _photographs(images: str | None) -> tuple[Path, Mapping[str, Mapping[str, str]]]:
    if images is None:
        raise InputError("expected a folder of photographs in --images or ingest.images, got none")
    if images == SKIMAGE:
        return Path(skimage.data.__file__).parent, BUNDLED
    folder = Path(images)
    if not folder.is_dir():
        raise InputError(f"expected a folder of photographs, found none at {images}")
    return folder, _read_notes(folder / NOTES_FILE)


def _files(folder: Path, only: tuple[str, ...] | None) -> list[tuple[Path, str]]:
    """Return (path, name inside the folder) of every file that is not hidden and in no store, by name."""
    # In a name that is not UTF-8, the invalid bytes are escaped.
    named = (
        (path, os.fsencode(path.relative_to(folder)).decode(errors="backslashreplace"))
        for path in _paths(folder)
        if path.is_file()
    )
    wanted = [
        (path, name)
        for path, name in named
        if name != NOTES_FILE and not any(part.startswith(".") for part in name.split("/"))
    ]
    if only is not None:
        wanted = [(path, name) for path, name in wanted if name in only]
    if not wanted:
        raise InputError(f"expected image files in {folder}, found none")
    return sorted(wanted, key=lambda item: item[1])


def _paths(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and its subfolders, except those in a store."""
    if _is_store(folder):
        raise InputError(f"expected a folder of photographs, got a store: {folder}; keep the two apart")
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _is_store(Path(parent, name))]
        yield from (Path(parent, name) for name in files)


def _is_store(folder: Path) -> bool:
    # Repeated here on purpose: the marker of stores may change without a change of the code of this stage.
    return (folder / "store.json").is_file() and (folder / "objects").is_dir()


def _read_notes(path: Path) -> Mapping[str, Mapping[str, str]]:
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns, rows = reader.fieldnames or (), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"expected comma-separated values in UTF-8: {error} ({path})") from error
    known = {"file_name", *NOTE_COLUMNS}
    if "file_name" not in columns or not known.issuperset(columns):
        raise InputError(
            f"expected columns among {sorted(known)} with file_name, got {sorted(columns)} ({path})"
        )
    return {row["file_name"]: {key: row[key] for key in columns if row[key]} for row in rows}
