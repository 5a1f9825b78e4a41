"""Photographs and parts of them, as the stages after ingest read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from shls_core.files.pictures.decode import decode_image
from shls_core.photographs.crops import Box, crop

if TYPE_CHECKING:
    from storage.rows.stage_artifact import RowAddress
    from tasks.stages.input_reader import InputReader


def photograph_part(
    reader: InputReader, address: RowAddress, max_side: int, box: Box
) -> npt.NDArray[np.uint8]:
    """Return the pixels (h, w, 3) inside `box` of a photograph scaled down to `max_side`."""
    pixels = reader.remember(
        (address.digest, max_side), lambda: decode_image(reader.row(address, "image")["image"], max_side)
    )
    return crop(pixels, box)
