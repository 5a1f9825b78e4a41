"""The result of `shls segment`, as text and as JSON."""

from typing import Any

from rich.console import Console

from tasks.scoring.salient_mask import SalientMask
from tasks.scoring.segment_clip import Segmented
from tasks.terminal import print_line


def print_salient(found: SalientMask) -> None:
    """Print which mask is used, on standard error: nobody has looked at it."""
    print_line(
        f"first mask: the most salient object of frame {found.frame}, {found.share:.1%} of it, "
        f"confidence {found.confidence:.2f}: {found.path}"
    )


def segmented_json(done: Segmented, checkpoint: str, salient: SalientMask | None = None) -> dict[str, Any]:
    """Return what ``shls segment --json`` prints."""
    found = {
        "salient": salient
        and {
            "mask": str(salient.path),
            "frame": salient.frame,
            "confidence": round(salient.confidence, 4),
            "share": round(salient.share, 4),
        }
    }
    return {
        "checkpoint": checkpoint,
        "num_frames": done.num_frames,
        "num_objects": done.num_objects,
        "masks": str(done.masks),
        "contact_sheet": str(done.contact_sheet),
        "overlay": done.overlay and str(done.overlay),
        **(found if salient else {}),
    }


def show_segmented(done: Segmented) -> None:
    """Print where the results are."""
    console = Console(highlight=False, soft_wrap=True)
    objects = "1 object" if done.num_objects == 1 else f"{done.num_objects} objects"
    console.print(f"{done.num_frames} frames, {objects}: masks in {done.masks}", markup=False)
    console.print(f"contact sheet: {done.contact_sheet}", markup=False)
    if done.overlay:
        console.print(f"overlay video: {done.overlay}", markup=False)
