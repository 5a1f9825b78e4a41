"""Atomic writing of a video file that browsers play."""

import errno
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from jaxtyping import UInt8

from shls_core.errors import InputError

_UNIT = Fraction(1, 90_000)
_OPTIONS = {"preset": "veryfast", "crf": "18", "bf": "0"}


class Clip:
    """An MP4 file (H.264) that appears at `path` when the block ends without an error.

    Parameters
    ----------
    path : Path
        The file; an existing one is replaced.
    fps : float
        Frames per second, for pictures that do not say when they are shown.

    Raises
    ------
    InputError
        If the file cannot be written.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._step = path, max(1, round(1 / fps / _UNIT))
        self._partial = path.with_name(f".partial-{path.name}")
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._shown_at = -1
        self._size = ""

    def __enter__(self) -> "Clip":
        return self

    def add(self, picture: UInt8[np.ndarray, "H W 3"], seconds: float | None = None) -> None:
        """Append a picture, RGB; all have one size. One of odd size is continued by a row or column.

        Parameters
        ----------
        picture : UInt8[numpy.ndarray, "H W 3"]
            The picture.
        seconds : float, optional
            When it is shown; None, or a time that is not after that of the picture before: at the rate of the
            clip.
        """
        height, width = picture.shape[:2]
        self._size = f"{width}x{height}"
        try:
            if self._container is None or self._stream is None:
                self._container, self._stream = self._started(width, height)
            frame = _frame(picture)
            due = -1 if seconds is None else round(seconds / _UNIT)
            before, self._shown_at = (
                self._shown_at,
                due if due > self._shown_at else self._shown_at + self._step,
            )
            if before < 0:
                self._shown_at = max(due, 0)
            frame.pts, frame.time_base = self._shown_at, _UNIT
            # The duration of the last one; of the others it follows from the next.
            frame.duration = self._step
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise self._unwritable(error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._container is not None and self._stream is not None:
                if kind is None:
                    self._container.mux(self._stream.encode(None))
                self._container.close()
            if kind is None and self._partial.exists():
                self._partial.replace(self._path)
        except (av.FFmpegError, OSError) as failure:
            if kind is None:
                raise self._unwritable(failure) from failure
        finally:
            self._partial.unlink(missing_ok=True)

    def _started(self, width: int, height: int) -> tuple[OutputContainer, VideoStream]:
        # "file:" because a name with a colon would be taken for an address.
        container = av.open(f"file:{self._partial}", "w", format="mp4", options={"movflags": "+faststart"})
        stream = container.add_stream("libx264", rate=1 / (self._step * _UNIT), options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        context = stream.codec_context
        context.time_base = stream.time_base = _UNIT
        context.thread_count = 1  # the same bytes on every machine
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        container.start_encoding()  # opens the file: a place that cannot be written is known at once
        return container, stream

    def _unwritable(self, error: Exception) -> InputError:
        number = getattr(error, "errno", None)
        why = "no space is left" if number == errno.ENOSPC else getattr(error, "strerror", None) or str(error)
        return InputError(f"expected to write a video of {self._size} to {self._path}, cannot: {why}")


def _frame(picture: UInt8[np.ndarray, "H W 3"]) -> av.VideoFrame:
    height, width = picture.shape[:2]
    even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
    return frame.reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, threads=1
    )
