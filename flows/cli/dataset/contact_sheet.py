"""Contact sheets: samples drawn side by side into one picture."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from shls_core.errors import InputError
from shls_core.files.whole_file import write_whole
from tasks.staging.sample_pictures import SIDE_PX, Picture, fitted, sample_pictures, sample_text
from tasks.staging.samples import RejectedSample, Sample

GAP_PX, LABEL_PX, CAPTION_PX = 8, 20, 24


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet: a caption, and labelled pictures of any size."""

    caption: str
    tiles: Sequence[tuple[str, Picture]]


def sample_row(sample: Sample | RejectedSample, prefix: str = "") -> SheetRow:
    """Return the row that shows a sample: photograph, saliency, frames with masks, superpixels."""
    if isinstance(sample, RejectedSample):
        shown = () if sample.photograph is None else (("photograph", sample.photograph),)
        return SheetRow(f"{prefix}{sample.file_name}: rejected, {sample.reason}", shown)
    return SheetRow(f"{prefix}{sample.file_name}: {sample_text(sample)}", sample_pictures(sample))


def contact_sheet(rows: Sequence[SheetRow], captions: bool = True) -> Image.Image:
    """Return the sheet of some rows, one below the other; every tile is fitted into a square."""
    caption_px = CAPTION_PX if captions else 0
    row_px = caption_px + LABEL_PX + SIDE_PX + (GAP_PX if captions else 0)
    width = max(1, *(len(row.tiles) for row in rows)) * (SIDE_PX + GAP_PX) - GAP_PX
    sheet = Image.new("RGB", (width, row_px * len(rows)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows):
        top = number * row_px
        if captions:
            draw.text((0, top + 4), row.caption, fill="black", font_size=15)
        for place, (label, picture) in enumerate(row.tiles):
            left = place * (SIDE_PX + GAP_PX)
            draw.text((left, top + caption_px + 2), label, fill="dimgray", font_size=14)
            tile = Image.fromarray(fitted(picture))
            offset = (SIDE_PX - tile.width) // 2, (SIDE_PX - tile.height) // 2
            sheet.paste(tile, (left + offset[0], top + caption_px + LABEL_PX + offset[1]))
    return sheet


def check_sheet_path(path: Path) -> None:
    """Raise InputError if a sheet cannot be written there; called before the work begins."""
    if path.suffix.lower() != ".png":
        raise InputError(f"expected a file name that ends in .png, got {path}")
    if not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK) or path.is_dir():
        raise InputError(f"expected a file in a folder that can be written, got {path}")


def write_sheet(sheet: Image.Image, path: Path) -> None:
    """Write a sheet as PNG, atomically."""
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    write_whole(path, buffer.getvalue())
