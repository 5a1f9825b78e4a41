"""The options of `shls audit`, validated."""

import re
import secrets
from pathlib import Path

from shls_core.errors import InputError
from tasks.scoring.benchmark_choice import BenchmarkFormat
from tasks.upkeep.audit import AuditRequest

_HEAD = re.compile(r"[0-9a-f]{12,64}")


def audit_request(
    reference: str | None,
    replay: int,
    seed: int | None,
    expected_head: str | None,
    davis: str | None,
    youtube_vos: str | None,
    footage: str | None = None,
) -> AuditRequest:
    """Return the request; without a seed, a random seed is chosen.

    Raises
    ------
    InputError
        If the expected head is not a digest, or a folder of videos does not exist.
    """
    if expected_head is not None and not _HEAD.fullmatch(expected_head):
        raise InputError(f"expected 12 to 64 digits of 0-9 and a-f in --expect-head, got {expected_head!r}")
    roots: dict[BenchmarkFormat, str | None] = {"davis": davis, "youtube-vos": youtube_vos}
    videos = {layout: Path(root) for layout, root in roots.items() if root is not None}
    for layout, root in videos.items():
        if not root.is_dir():
            raise InputError(f"expected a folder of videos in --{layout}, found none at {root}")
    if footage is not None and not Path(footage).is_dir():
        raise InputError(f"expected a folder of films in --footage, found none at {footage}")
    chosen = secrets.randbelow(2**32) if seed is None else seed
    folders = () if footage is None else (Path(footage),)
    return AuditRequest(reference, expected_head, replay, chosen, videos, folders)
