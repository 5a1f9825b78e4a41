"""A replayed sample as pictures."""

from pathlib import Path

from PIL import Image

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.whole_file import make_folder
from shls_core.metrics.superpixels import label_boundary
from tasks.staging.replay import Replay

_OUTLINE = (255, 255, 0)


def write_pictures(replayed: Replay, folder: Path) -> list[Path]:
    """Write every frame, its mask (indexed, values are labels) and its superpixels' outlines as PNG.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    written = []
    try:
        make_folder(folder)
        for time, (frame, mask, superpixels) in enumerate(
            zip(replayed.sequence.frames, replayed.sequence.masks, replayed.superpixel_maps, strict=False)
        ):
            outlined = frame.copy()
            outlined[label_boundary(superpixels)] = _OUTLINE
            paths = [folder / f"{kind}_{time}.png" for kind in ("frame", "mask", "superpixels")]
            Image.fromarray(frame).save(paths[0])
            write_mask(paths[1], mask)
            Image.fromarray(outlined).save(paths[2])
            written += paths
    except OSError as error:
        raise InputError(f"expected a folder that can be written at {folder}: {error.strerror}") from error
    return written
