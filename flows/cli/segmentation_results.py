"""The result of `shls segment`, as text and as JSON."""

from dataclasses import asdict
from typing import Any

from tasks.scoring.salient_mask import SalientMask
from tasks.scoring.segment_clip import Segmented
from tasks.terminal import Terminal, print_line


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
        "num_objects": len(done.objects),
        "objects": [
            {"label": one.label, "seen_as": one.seen_as, "share": round(one.share, 6)} for one in done.objects
        ],
        "mask_lines": list(done.mask_lines),
        "num_frames_stated": done.findings.num_stated,
        "damaged_frames": done.findings.damaged,
        "doubtful_frames": done.findings.doubtful,
        "is_cut_off": done.findings.is_cut_off,
        "notes": done.findings.notes,
        "masks": str(done.masks),
        "contact_sheet": str(done.contact_sheet),
        "overlay": done.overlay and str(done.overlay),
        **({"adaptation": asdict(done.adaptation)} if done.adaptation else {}),
        **(found if salient else {}),
    }


def show_segmented(done: Segmented) -> None:
    """Print where the results are."""
    console = Terminal(highlight=False, soft_wrap=True)
    objects = "1 object" if len(done.objects) == 1 else f"{len(done.objects)} objects"
    console.print(f"{done.num_frames} frames, {objects}: masks in {done.masks}")
    console.print(f"contact sheet: {done.contact_sheet}")
    if done.overlay:
        console.print(f"overlay video: {done.overlay}")
