"""Whether the id of a row is that of what the row holds.

The id of a photograph is the SHA-256 of its file, which its row holds: it is computed again. A row of footage
holds frames that were taken from a film, not the film: whether they are its frames is known from the film
alone. What is checked of it is that its id follows from the video that it names and from its place in it;
likewise that of a clip.
"""

from collections.abc import Callable, Mapping
from typing import Any

from storage.canonical import digest_bytes, short
from storage.rows.stage_names import CLIPS, FOOTAGE, INGEST
from storage.rows.video_ids import clip_id, footage_id

Row = Mapping[str, Any]


def misnamed(stage: str, row: Row) -> str | None:
    """Describe what is wrong with the id of a row of a stage; None if nothing is.

    A rejected row holds nothing to compute its id from.
    """
    return _CHECKS[stage](row) if stage in _CHECKS else None


def _photograph(row: Row) -> str | None:
    if row["image"] is None or digest_bytes(row["image"]) == row["sample_id"]:
        return None
    return f"photograph {short(row['sample_id'])}… holds the bytes of another"


def _footage(row: Row) -> str | None:
    if row["digest"] is None:
        return None
    if [row["sample_id"]] == [footage_id(video_id, row["first"]) for video_id in row["source_ids"]]:
        return None
    return f"row {short(row['sample_id'])}… is not named after its video and its place in it"


def _clip(row: Row) -> str | None:
    if row["digest"] is None:
        return None
    expected = clip_id(row["video_id"], row["first"], len(row["frames"] or ()))
    if row["source_ids"] == [row["video_id"]] and row["sample_id"] == expected:
        return None
    return f"clip {short(row['sample_id'])}… is not named after its video, its place and its length"


_CHECKS: Mapping[str, Callable[[Row], str | None]] = {INGEST: _photograph, FOOTAGE: _footage, CLIPS: _clip}
