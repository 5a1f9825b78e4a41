"""The videos of a dataset as pictures of a page: a strip of each with its cuts, and strips of its pieces."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.reports.pictures import Picture, picture
from tasks.stages.handful import evenly_spread
from tasks.staging.filmstrip import piece_strip, piece_text, video_strip, video_text
from tasks.staging.staged_videos import Piece, StagedVideo, StagedVideos

_VIDEOS, _CLIPS, _REJECTED = 8, 3, 3
_WIDTH_PX = 960


@dataclass(frozen=True)
class ShownPiece:
    """A piece of a video.

    Attributes
    ----------
    sample_id
        Id of the clip, or of its rejected row.
    strip
        None where its frames cannot be read: they were erased.
    """

    sample_id: str
    text: str
    is_rejected: bool
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
    clips = [piece for piece in video.pieces if not piece.rejected]
    rejected = [piece for piece in video.pieces if piece.rejected]
    chosen = [*evenly_spread(clips, _CLIPS), *evenly_spread(rejected, _REJECTED)]
    chosen.sort(key=lambda piece: piece.first)
    return ShownVideo(
        video_id=video.video_id,
        file_name=video.file_name,
        summary=video_text(video),
        strip=picture(
            video_strip(videos, video, _WIDTH_PX), f"{video.file_name}: {video_text(video)}", video.file_name
        ),
        pieces=tuple(_shown_piece(videos, video, piece) for piece in chosen),
        num_more=len(video.pieces) - len(chosen),
    )


def _shown_piece(videos: StagedVideos, video: StagedVideo, piece: Piece) -> ShownPiece:
    strip, text = piece_strip(videos, video, piece), piece_text(piece)
    drawn = None if strip is None else picture(strip, f"{video.file_name}, {text}", text)
    return ShownPiece(piece.sample_id, text, piece.rejected is not None, drawn)
