"""A clip and the mask of its first frame in; a mask for every frame out, and pictures to look at."""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shls_core.davis.mask_files import read_mask, write_mask
from shls_core.errors import InputError
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.video.clip import Clip
from shls_core.video.contact_sheet import ContactSheet, write_picture
from shls_core.video.frames import Frame, Video
from shls_core.video.overlay import overlay
from tasks.terminal import terminal_progress

MASKS, OVERLAY, CONTACT_SHEET = "masks", "overlay.mp4", "contact_sheet.png"


@dataclass(frozen=True)
class Segmented:
    """What segmenting a video came to."""

    masks: Path
    """Folder with an indexed PNG per frame, named as the frame is."""
    contact_sheet: Path
    overlay: Path | None
    num_frames: int
    num_objects: int


def segment_video(
    segmenter: VideoSegmenter, video: Video, first_mask: Path, out: Path, with_overlay: bool = False
) -> Segmented:
    """Segment a video frame by frame; what is in memory does not grow with its length.

    Parameters
    ----------
    segmenter
        How.
    video
        What.
    first_mask
        Indexed or grey PNG of the first frame's size: 0 background, 1..K objects. A mask of 0 and 255 alone
        has one object.
    out
        Folder for the results, made where there is none.
    with_overlay
        Whether to make a video of the masks drawn over the frames, too.

    Raises
    ------
    InputError
        If the mask or a frame cannot be used, or `out` holds masks already. Masks of the frames before stay.
    """
    mask = _first_mask(first_mask)
    masks = out / MASKS
    if masks.is_dir() and any(masks.iterdir()):
        raise InputError(f"expected a place for masks, got {masks}, which holds some: choose another --out")
    masks.mkdir(parents=True, exist_ok=True)

    sheet = ContactSheet()
    done = 0
    try:
        with ExitStack() as opened:
            advance = opened.enter_context(terminal_progress("segment", "frames"))
            clip = opened.enter_context(Clip(out / OVERLAY, video.fps)) if with_overlay else None
            for frame, labels in _segmented(segmenter, video, mask):
                write_mask(masks / f"{frame.name}.png", labels)
                drawn = overlay(frame.pixels, labels)
                sheet.add(drawn)
                if clip:
                    clip.add(drawn)
                done += 1
                advance(done, video.num_frames or done)
    except InputError as error:
        raise InputError(f"{error}; frames done before: {done} (their masks are in {masks})") from error
    write_picture(out / CONTACT_SHEET, sheet.image())
    return Segmented(
        masks=masks,
        contact_sheet=out / CONTACT_SHEET,
        overlay=out / OVERLAY if with_overlay else None,
        num_frames=done,
        num_objects=len(np.unique(mask[mask > 0])),
    )


def _segmented(
    segmenter: VideoSegmenter, video: Video, first_mask: npt.NDArray[np.uint8]
) -> Iterator[tuple[Frame, npt.NDArray[np.uint8]]]:
    """Yield every frame with its labels."""
    in_work: deque[Frame] = deque()

    def pixels() -> Iterator[npt.NDArray[np.uint8]]:
        for frame in video.frames():
            in_work.append(frame)
            yield frame.pixels

    for labels in segmenter.segment(pixels(), first_mask):
        yield in_work.popleft(), labels


def _first_mask(path: Path) -> npt.NDArray[np.uint8]:
    mask = read_mask(path)
    labels = np.unique(mask)
    if labels.max() == 0:
        raise InputError(f"expected a mask with at least one object, got background only: {path}")
    return (mask > 0).astype(np.uint8) if labels.tolist() in ([0, 255], [255]) else mask
