"""Chooses the film among the streams of a file."""

from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from shls_core.errors import InputError
from shls_core.files.videos.formats import MAX_FRAME_PIXELS, REMEDY, is_known_codec

_PICTURES_BESIDE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_PICTURE_CODECS = ("mjpeg", "png", "bmp", "gif", "webp", "tiff")
FOLDER_FPS = 24.0


def film_of(container: InputContainer, path: Path) -> VideoStream:
    """Return the stream that is the film: not its cover, the one marked as default, then the largest.

    Raises
    ------
    InputError
        If there is no film, its codec is not read, or its frames are too large.
    """
    streams = container.streams.video
    films = [stream for stream in streams if not stream.disposition & _PICTURES_BESIDE]
    if not films:
        raise InputError(f"expected a video, got {_contents(container)}: {path}")
    # Some containers do not mark covers: a stream of a codec of pictures, beside one that is not.
    rest = [stream for stream in films if _codec_name(stream) not in _PICTURE_CODECS]
    film = max(rest or films, key=_rank)
    name = _codec_name(film)
    if not is_known_codec(name):
        raise InputError(
            f"expected a codec that is read, got {name or 'an unknown one'}: {path}. Remedy: {REMEDY}"
        )
    check_frame_size(film.codec_context.width, film.codec_context.height, path)
    return film


def notes_of_streams(container: InputContainer, film: VideoStream) -> list[str]:
    """Return lines about what a person may not expect of the streams."""
    notes = []
    others = [
        stream
        for stream in container.streams.video
        if stream.index != film.index
        and not stream.disposition & _PICTURES_BESIDE
        and _codec_name(stream) not in _PICTURE_CODECS
    ]
    if others:
        notes.append(
            f"{len(others) + 1} video streams are in the file; number {film.index} is taken "
            f"({_codec_name(film)}, {film.codec_context.width}x{film.codec_context.height})"
        )
    ratio = film.sample_aspect_ratio
    if ratio and ratio != 1:
        notes.append(
            f"its pixels are not square ({ratio.numerator}:{ratio.denominator}): players stretch frames, "
            "masks have the stored size"
        )
    return notes


def frames_per_second(film: VideoStream) -> float:
    """Return the average rate that the container states; 24 if it states none in use."""
    for rate in (film.average_rate, film.guessed_rate):
        if rate and 0 < rate < 1000:
            return float(Fraction(rate))
    return FOLDER_FPS


def stated_frames(container: InputContainer, film: VideoStream) -> int | None:
    """Return how many frames the container says it holds, hidden ones counted; None if it does not."""
    if "mov" in container.format.name.split(","):
        # What an edit list cuts away is in the table of samples, not in the index.
        return len(film.index_entries) if film.frames else None
    return film.frames or None


def check_frame_size(width: int, height: int, path: Path) -> None:
    """Raise InputError if frames are too large."""
    if width * height > MAX_FRAME_PIXELS:
        raise InputError(f"expected frames of at most {MAX_FRAME_PIXELS} px, got {width}x{height}: {path}")


def _rank(stream: VideoStream) -> tuple[bool, bool, int, int]:
    context = stream.codec_context
    pixels = context.width * context.height if context else 0
    return bool(context), bool(stream.disposition & Disposition.default), pixels, -stream.index


def _codec_name(stream: VideoStream) -> str:
    return stream.codec_context.codec.canonical_name if stream.codec_context else ""


def _contents(container: InputContainer) -> str:
    kinds = [stream.type for stream in container.streams if stream.type != "video"]
    if "audio" in kinds:
        return "sound and its cover" if container.streams.video else "sound alone"
    if container.streams.video:
        return "a cover or thumbnails alone"
    return f"streams of {', '.join(sorted(set(kinds)))} alone" if kinds else "no stream at all"
