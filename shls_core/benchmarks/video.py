"""A video of a benchmark, for every layout: the masks that are given and the results that are wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from shls_core.benchmarks.davis.layout import DavisVideo, Year
from shls_core.errors import InputError
from shls_core.files.masks.label_files import read_mask
from shls_core.metrics.sequence import VOID_LABEL
from shls_core.video.frames import frame_numbers, open_video


@dataclass(frozen=True)
class BenchmarkVideo:
    """One video.

    Attributes
    ----------
    name : str
        Its folder's name.
    frames : Path
        Folder of its frames.
    given_paths : tuple of Path
        Masks, each named like its frame, in the order of time. Of each object, the first mask counts.
    wanted : tuple of str
        Names of the frames whose masks are wanted as results.
    scored_against : tuple of Path
        Annotations that determine the scores; none if a server scores.
    one_object : bool
        Whether all that is not 0 is one object.
    """

    name: str
    frames: Path
    given_paths: tuple[Path, ...]
    wanted: tuple[str, ...]
    scored_against: tuple[Path, ...] = ()
    one_object: bool = False

    def files(self) -> Iterator[Path]:
        """Yield every file that masks or scores depend on."""
        yield from dict.fromkeys((*self.given_paths, *self.scored_against))
        yield from self.frames.glob("*.jpg")


def of_davis(video: DavisVideo, year: Year) -> BenchmarkVideo:
    """Return a video of DAVIS: its first mask is given, every mask is wanted.

    Raises
    ------
    InputError
        If it does not have one frame for every mask.
    """
    paths = video.annotation_paths
    source = open_video(video.frames)
    num_frames = source.num_frames
    if num_frames != len(paths):
        raise InputError(
            f"expected {len(paths)} frames, one for every mask, got {num_frames} in {video.frames}"
        )
    wanted = tuple(path.stem for path in paths)
    frame_numbers(source, wanted)  # each mask has the name of a frame, or the error names it
    return BenchmarkVideo(video.name, video.frames, paths[:1], wanted, paths, one_object=year == 2016)


def first_appearances(video: BenchmarkVideo) -> dict[str, UInt8[np.ndarray, "H W"]]:
    """Return the masks in which objects first appear, by the name of the frame, in the order of time.

    Each mask contains only objects that no earlier mask contains, so that nothing is given twice; masks
    without such objects are left out. Void is background.

    Raises
    ------
    InputError
        If no mask holds an object, or one cannot be read.
    """
    known = np.array([0], np.uint8)
    appearing = {}
    for path in video.given_paths:
        mask = _objects(read_mask(path), video.one_object)
        mask = np.where(np.isin(mask, known), 0, mask).astype(np.uint8)
        if mask.any():
            appearing[path.stem] = mask
            known = np.union1d(known, mask)
    if not appearing:
        where = video.given_paths[0].parent
        raise InputError(f"expected a mask with at least one object, got background only: {where}")
    return appearing


def _objects(mask: UInt8[np.ndarray, "H W"], one_object: bool) -> UInt8[np.ndarray, "H W"]:
    if one_object:
        return (mask > 0).astype(np.uint8)
    return np.where(mask == VOID_LABEL, 0, mask).astype(np.uint8)
