"""Contact sheets: samples drawn side by side into one picture."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from shls_core.errors import InputError
from shls_core.whole_file import write_whole
from tasks.samples import RejectedSample, Sample
from tasks.stages.handful import evenly_spread

SIDE_PX, GAP_PX, LABEL_PX, CAPTION_PX = 192, 8, 20, 24
_FRAMES_SHOWN = 4
_COLOURS = np.array([[0, 0, 0], [226, 61, 61], [53, 152, 81], [226, 187, 46], [64, 99, 216]], np.uint8)
_BORDER = np.array([255, 230, 90], np.uint8)

Picture = npt.NDArray[np.uint8]
"""(H, W, 3), RGB."""


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
    numbers = evenly_spread(range(len(sample.frames)), _FRAMES_SHOWN)
    tiles = [
        ("photograph", sample.photograph),
        ("saliency map", np.repeat(sample.saliency_map[..., None], 3, axis=2)),
        ("pseudo-mask", with_mask(sample.photograph, sample.pseudo_mask)),
        *((f"frame {time}", with_mask(sample.frames[time], sample.masks[time])) for time in numbers),
        (
            f"{int(sample.superpixel_maps[0].max()) + 1} superpixels",
            with_superpixels(sample.frames[0], sample.superpixel_maps[0]),
        ),
    ]
    return SheetRow(f"{prefix}{sample.file_name}: {_told(sample)}", tiles)


def _told(sample: Sample) -> str:
    facts = sample.facts
    objects = "object" if facts["num_objects"] == 1 else "objects"
    told = [f"{facts['num_objects']} {objects}, {facts['num_pasted']} pasted"]
    told += ["one a clone"] if facts["has_clone"] else []
    told += [f"{facts['num_left_out']} left out for want of room"] if facts["num_left_out"] else []
    told += [f"occluded up to {facts['occluded_share']:.0%}"]
    told += [f"{facts[f'num_{verb}']} {verb}" for verb in ("leaves", "returns") if facts[f"num_{verb}"]]
    return ", ".join(told)


def with_mask(picture: Picture, mask: npt.NDArray[np.integer]) -> Picture:
    """Return a picture at the size of a tile, its objects tinted and outlined; labels 0..K."""
    large, labels = _fitted(picture), _fitted_labels(mask)
    colours = _COLOURS[np.where(labels > 0, 1 + (labels - 1) % (len(_COLOURS) - 1), 0)]
    tinted = np.where(labels[..., None] > 0, (large * 0.55 + colours * 0.45).astype(np.uint8), large)
    tinted[_borders(labels)] = 255
    return tinted


def with_superpixels(picture: Picture, labels: npt.NDArray[np.integer]) -> Picture:
    """Return a picture at the size of a tile, with the borders of its superpixels; labels 0..R-1."""
    large = _fitted(picture)
    large[_borders(_fitted_labels(labels))] = _BORDER
    return large


def contact_sheet(rows: Sequence[SheetRow], captions: bool = True) -> Image.Image:
    """Return the sheet of some rows, one under the other; every tile is fitted into a square."""
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
            tile = Image.fromarray(_fitted(picture))
            offset = (SIDE_PX - tile.width) // 2, (SIDE_PX - tile.height) // 2
            sheet.paste(tile, (left + offset[0], top + caption_px + LABEL_PX + offset[1]))
    return sheet


def check_sheet_path(path: Path) -> None:
    """Raise InputError if a sheet cannot be written there; asked before the work begins."""
    if path.suffix.lower() != ".png":
        raise InputError(f"expected a file name that ends in .png, got {path}")
    if not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK) or path.is_dir():
        raise InputError(f"expected a file in a folder that can be written, got {path}")


def write_sheet(sheet: Image.Image, path: Path) -> None:
    """Write a sheet as PNG, whole or not at all."""
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    write_whole(path, buffer.getvalue())


def _borders(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return the pixels whose lower or right neighbour has another label."""
    borders = np.zeros(labels.shape, bool)
    borders[:-1] |= labels[:-1] != labels[1:]
    borders[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    return borders


def _fitted(picture: Picture) -> Picture:
    height, width = _fitted_size(*picture.shape[:2])
    shrinks = height < picture.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)


def _fitted_labels(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    height, width = _fitted_size(*labels.shape)
    large = cv2.resize(labels.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)
    return large.astype(np.int64)


def _fitted_size(height: int, width: int) -> tuple[int, int]:
    longest = max(height, width)
    return max(1, round(height * SIDE_PX / longest)), max(1, round(width * SIDE_PX / longest))
