"""The result of `shls segment`, as text and as JSON."""

from typing import Any

from tasks.scoring.segment_clip import Segmented
from tasks.terminal import Terminal


def segmented_json(done: Segmented, checkpoint: str) -> dict[str, Any]:
    """Return what ``shls segment --json`` prints."""
    return {
        "checkpoint": checkpoint,
        "num_frames": done.num_frames,
        "num_objects": done.num_objects,
        "masks": str(done.masks),
        "contact_sheet": str(done.contact_sheet),
        "overlay": done.overlay and str(done.overlay),
    }


def show_segmented(done: Segmented) -> None:
    """Print where the results are."""
    console = Terminal(highlight=False, soft_wrap=True)
    objects = "1 object" if done.num_objects == 1 else f"{done.num_objects} objects"
    console.print(f"{done.num_frames} frames, {objects}: masks in {done.masks}")
    console.print(f"contact sheet: {done.contact_sheet}")
    if done.overlay:
        console.print(f"overlay video: {done.overlay}")
