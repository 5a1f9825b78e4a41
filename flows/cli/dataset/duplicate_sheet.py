"""Groups of near-duplicates in one picture: a row per group, a cell per source with its name."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from flows.cli.dataset.contact_sheet import write_sheet
from shls_core.files.pictures.decode import decode_image
from storage.objects.objects import ObjectStore
from storage.rows.near_duplicates import NearDuplicates, StoredPicture
from storage.rows.shards import RowReader

_SIDE_PX, _CAPTION_PX, _GAP_PX = 160, 14, 6
_LETTERS = 26


def write_duplicate_sheet(objects: ObjectStore, groups: Sequence[NearDuplicates], path: Path) -> None:
    """Write the contact sheet of `groups`, at least one, as a PNG file.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    reader = RowReader(objects)
    cell = _SIDE_PX + _GAP_PX, _SIDE_PX + _CAPTION_PX + _GAP_PX
    columns = max(len(group.pictures) for group in groups)
    sheet = Image.new("RGB", (columns * cell[0], len(groups) * cell[1]), "white")
    draw = ImageDraw.Draw(sheet)
    for row, group in enumerate(groups):
        for column, (picture, name) in enumerate(zip(group.pictures, group.file_names, strict=True)):
            corner = column * cell[0], row * cell[1]
            data = _stored(reader, picture)
            sheet.paste(Image.fromarray(decode_image(data, _SIDE_PX)), corner)
            draw.text((corner[0], corner[1] + _SIDE_PX), name[-_LETTERS:], fill="black")
    write_sheet(sheet, path)


def _stored(reader: RowReader, picture: StoredPicture) -> bytes:
    """Return the bytes of a photograph, or of the frame of a clip."""
    shard, index = picture.row.shard, picture.row.index
    if picture.frame is None:
        return bytes(reader.row(shard, index, ["image"])["image"])
    return bytes(reader.row(shard, index, ["frames"])["frames"][picture.frame])
