"""The videos of a dataset as pictures of a page: a strip of each with its cuts, and strips of its pieces."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.reports.pictures import Picture, picture
from tasks.stages.handful import evenly_spread
from tasks.staging.filmstrip import DrawnPiece, draw_video
from tasks.staging.staged_videos import StagedVideo, StagedVideos

_VIDEOS = 8


@dataclass(frozen=True)
class ShownPiece:
    """A piece of a video.

    Attributes
    ----------
    sample_id
        Id of the clip, or of its rejected row.
    became
        ``train``, ``held_out`` or ``rejected``.
    strip
        None where it is all of the video, or its frames cannot be read.
    """

    sample_id: str
    text: str
    became: str
    strip: Picture | None


@dataclass(frozen=True)
class ShownVideo:
    """One video with a few of its clips, and a few of its rejected pieces."""

    video_id: str
    file_name: str
    summary: str
    strip: Picture
    pieces: tuple[ShownPiece, ...]
    num_more: int
    """Pieces that are not shown."""


def shown_videos(videos: StagedVideos) -> tuple[ShownVideo, ...]:
    """Choose a few videos, always the same ones, spread evenly over their file names."""
    return tuple(
        _shown(videos, videos.video(video_id)) for video_id in evenly_spread(videos.video_ids(), _VIDEOS)
    )


def _shown(videos: StagedVideos, video: StagedVideo) -> ShownVideo:
    drawn = draw_video(videos, video)
    name = video.file_name
    return ShownVideo(
        video_id=video.video_id,
        file_name=name,
        summary=drawn.text,
        strip=picture(drawn.strip, f"{name}: {drawn.text}", name),
        pieces=tuple(_shown_piece(name, one) for one in drawn.pieces),
        num_more=len(video.pieces) - len(drawn.pieces),
    )


def _shown_piece(file_name: str, drawn: DrawnPiece) -> ShownPiece:
    strip = None if drawn.strip is None else picture(drawn.strip, f"{file_name}, {drawn.text}", drawn.text)
    return ShownPiece(drawn.piece.sample_id, drawn.text, drawn.piece.split or "rejected", strip)
