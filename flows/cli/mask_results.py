"""The result of `shls mask`, as text and as JSON."""

from typing import Any

from tasks.drawing.draw_masks import Drawn
from tasks.terminal import print_result


def drawn_json(drawn: Drawn) -> dict[str, Any]:
    """Return what ``shls mask --json`` prints."""
    masks = [
        {
            "frame": one.frame,
            "mask": str(one.path),
            "shares": {str(label): round(share, 6) for label, share in one.shares.items()},
        }
        for one in drawn.masks
    ]
    return {"masks": masks, "next": drawn.next_command, "result": drawn.result and str(drawn.result)}


def show_drawn(drawn: Drawn) -> None:
    """Print what was saved, and the command to run next."""
    for one in drawn.masks:
        number = "1 object" if len(one.shares) == 1 else f"{len(one.shares)} objects"
        shares = ", ".join(f"{label}: {share:.1%}" for label, share in one.shares.items())
        print_result(f"frame {one.frame}, {number} ({shares} of it): {one.path}")
    if drawn.result:
        print_result(f"segmented: {drawn.result}")
    print_result(f"next: {drawn.next_command}")
