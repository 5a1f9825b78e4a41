"""The result of `shls segment`, as text and as JSON."""

from typing import Any

from rich.console import Console

from tasks.scoring.segment_clip import Segmented


def segmented_json(done: Segmented, checkpoint: str) -> dict[str, Any]:
    """Return what ``shls segment --json`` prints."""
    return {
        "checkpoint": checkpoint,
        "num_frames": done.num_frames,
        "num_objects": done.num_objects,
        "num_frames_stated": done.findings.num_stated,
        "damaged_frames": done.findings.damaged,
        "doubtful_frames": done.findings.doubtful,
        "is_cut_off": done.findings.is_cut_off,
        "notes": done.findings.notes,
        "masks": str(done.masks),
        "contact_sheet": str(done.contact_sheet),
        "overlay": done.overlay and str(done.overlay),
    }


def show_segmented(done: Segmented) -> None:
    """Print where the results are."""
    console = Console(highlight=False, soft_wrap=True)
    objects = "1 object" if done.num_objects == 1 else f"{done.num_objects} objects"
    console.print(f"{done.num_frames} frames, {objects}: masks in {done.masks}", markup=False)
    console.print(f"contact sheet: {done.contact_sheet}", markup=False)
    if done.overlay:
        console.print(f"overlay video: {done.overlay}", markup=False)
