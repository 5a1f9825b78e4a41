"""Filmstrips: frames of a video side by side, with a bar that shows its cuts, clips and rejected pieces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.stages.handful import evenly_spread
from tasks.staging.staged_videos import Piece, Pixels, StagedVideo, StagedVideos

HEIGHT_PX, WIDTH_PX = 72, 960
MOST_PIECES = 3
"""Clips of a video that are drawn, and rejected pieces."""
_FRAMES_OF_VIDEO, _FRAMES_OF_PIECE = 10, 7
_GAP_PX, _BAR_PX = 2, 12
_FILM = np.array([24, 24, 27], np.uint8)
_CUT = np.array([255, 214, 0], np.uint8)
COLOURS = {
    "train": np.array([53, 152, 81], np.uint8),
    "held_out": np.array([64, 99, 216], np.uint8),
    "rejected": np.array([214, 69, 65], np.uint8),
}
"""Of the pieces in the bar, by what became of them; what is not in the dataset is dark."""
LEGEND = "green: clips to train on, blue: held out, red: rejected, dark: not taken; a yellow line is a cut"


@dataclass(frozen=True, eq=False)
class DrawnPiece:
    """A piece in words, and its strip; None where it is all of the video, or its frames cannot be read."""

    piece: Piece
    text: str
    strip: Pixels | None


@dataclass(frozen=True, eq=False)
class DrawnVideo:
    """A video in words, with its strip and those of some of its pieces."""

    video: StagedVideo
    text: str
    strip: Pixels
    pieces: tuple[DrawnPiece, ...]


def draw_video(
    videos: StagedVideos, video: StagedVideo, most: int = MOST_PIECES, width_px: int = WIDTH_PX
) -> DrawnVideo:
    """Draw a video and at most `most` of its clips, and of its rejected pieces, spread evenly."""
    clips = [piece for piece in video.pieces if not piece.rejected]
    rejected = [piece for piece in video.pieces if piece.rejected]
    chosen = sorted(
        [*evenly_spread(clips, most), *evenly_spread(rejected, most)], key=lambda piece: piece.first
    )
    return DrawnVideo(
        video=video,
        text=video_text(video),
        strip=video_strip(videos, video, width_px),
        pieces=tuple(
            DrawnPiece(
                piece,
                piece_text(piece),
                None if piece.count == video.num_frames else piece_strip(videos, video, piece),
            )
            for piece in chosen
        ),
    )


def video_strip(videos: StagedVideos, video: StagedVideo, width_px: int) -> Pixels:
    """Return frames over the whole length of a video, above a bar with its cuts and pieces.

    The strip is a scale of time: a frame stands where it is, and so does a cut.
    """
    num = min(_FRAMES_OF_VIDEO, video.num_frames)
    edges = np.linspace(0, width_px, num + 1).round().astype(int)
    strip = np.empty((HEIGHT_PX + _BAR_PX, width_px, 3), np.uint8)
    strip[:] = _FILM
    for number in range(num):
        frame = videos.frame(video.video_id, (2 * number + 1) * video.num_frames // (2 * num))
        left, right = edges[number], edges[number + 1] - _GAP_PX
        if frame is not None and right > left:
            strip[:HEIGHT_PX, left:right] = _filling(frame, HEIGHT_PX, right - left)
    for piece in video.pieces:
        ends = piece.first, piece.first + piece.count
        left, right = (round(end / video.num_frames * width_px) for end in ends)
        strip[HEIGHT_PX + 3 : -1, left + 1 : max(left + 2, right - 1)] = COLOURS[piece.split or "rejected"]
    for cut in video.cuts or ():
        place = round(cut / video.num_frames * width_px)
        strip[:, max(0, place - 1) : place + 1] = _CUT
    return strip


def piece_strip(videos: StagedVideos, video: StagedVideo, piece: Piece) -> Pixels | None:
    """Return frames of a piece, evenly spread, each whole; None where none of them can be read."""
    places = range(piece.first, piece.first + max(1, piece.count))
    read = (videos.frame(video.video_id, place) for place in evenly_spread(places, _FRAMES_OF_PIECE))
    frames = [_of_height(frame, HEIGHT_PX) for frame in read if frame is not None]
    if not frames:
        return None
    gap = np.empty((HEIGHT_PX, _GAP_PX, 3), np.uint8)
    gap[:] = _FILM
    parts = [part for frame in frames for part in (frame, gap)]
    return np.concatenate(parts[:-1], axis=1)


def video_text(video: StagedVideo) -> str:
    """Return what became of a video, in words."""
    sides = [piece.split for piece in video.pieces]
    length = "" if video.fps is None else f" ({video.num_frames / video.fps:.1f} s)"
    num_cuts = "cuts not known" if video.cuts is None else _counted(len(video.cuts), "cut")
    parts = [f"{_counted(video.num_frames, 'frame')}{length}", num_cuts]
    parts += [_counted(sides.count("train"), "clip") + " to train on"] if "train" in sides else []
    parts += [_counted(sides.count("held_out"), "clip") + " held out"] if "held_out" in sides else []
    parts += [f"{_counted(sides.count(None), 'piece')} rejected"] if None in sides else []
    return ", ".join(parts)


def piece_text(piece: Piece) -> str:
    """Return which frames a piece has, and what became of it."""
    last = f" to {piece.first + piece.count - 1}" if piece.count > 1 else ""
    frames = f"frame{'s' if last else ''} {piece.first}{last}"
    if piece.rejected:
        return f"{frames}: rejected, {piece.rejected.replace('_', ' ')}"
    motion = "" if piece.motion is None else f", motion {piece.motion:.1f}"
    return f"{frames}: {str(piece.split).replace('_', ' ')}{motion}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _of_height(frame: Pixels, height: int) -> Pixels:
    width = max(1, round(frame.shape[1] * height / frame.shape[0]))
    return _resized(frame, height, width)


def _filling(frame: Pixels, height: int, width: int) -> Pixels:
    """Return the middle of a frame at a size: what does not fit into it is cut off."""
    scale = max(height / frame.shape[0], width / frame.shape[1])
    large = _resized(
        frame, max(height, round(frame.shape[0] * scale)), max(width, round(frame.shape[1] * scale))
    )
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return large[top : top + height, left : left + width]


def _resized(frame: Pixels, height: int, width: int) -> Pixels:
    how = cv2.INTER_AREA if height < frame.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, (width, height), interpolation=how), np.uint8)
