"""The ids of rows of videos: they follow from the video, and from the place and the length of the row."""

from storage.canonical import digest_json


def footage_id(video_id: str, first: int) -> str:
    """Return the id of a row of a video, given the number of its first frame among the kept ones."""
    return digest_json(["footage", video_id, first]) if first else video_id


def clip_id(video_id: str, first: int, count: int) -> str:
    """Return the id of a clip of a video, given the number of its first frame and how many frames it has."""
    return digest_json(["clip", video_id, first, count])
