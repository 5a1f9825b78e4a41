"""Makes whole pictures of interlaced ones: one per frame, by the filter bwdif."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import av
from av.filter import Graph

from shls_core.errors import InputError
from shls_core.files.videos.decoding import Picture
from shls_core.files.videos.findings import Findings

_LINES_NEEDED, _COLUMNS_NEEDED = 4, 3
_TOP_FIRST, _BOTTOM_FIRST = (2, 5), (3, 4)  # FFmpeg's orders of fields, by which is shown first
# Frames of these codecs say themselves whether they are interlaced; of others the container may say it.
_FRAMES_SAY = frozenset(
    {"h264", "hevc", "vvc", "av1", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "wmv3", "dvvideo", "prores"}
)


def deinterlaced(
    pictures: Iterator[Picture], codec: str, field_order: int, findings: Findings
) -> Iterator[Picture]:
    """Yield every picture, interlaced ones deinterlaced; progressive ones pass as they are.

    Parameters
    ----------
    pictures : iterator of Picture
        In the order of presentation.
    codec : str
        FFmpeg's name. In HEVC every field is a picture of its own, with nothing woven into it.
    field_order : int
        What the container says: FFmpeg's number.
    findings : Findings
        Where it is noted that the video is interlaced.
    """
    work: _Filter | None = None
    in_all = codec not in _FRAMES_SAY and field_order in (*_TOP_FIRST, *_BOTTOM_FIRST)
    for picture in pictures:
        if work is None and picture.frame is not None and (in_all or picture.frame.interlaced_frame):
            work = _Filter(picture.frame, *_filter_of(codec, field_order if in_all else None))
            findings.note(
                "it is interlaced: each field is given as a picture of its own"
                if codec == "hevc"
                else "it is interlaced: its frames are deinterlaced (bwdif)"
            )
        if work is None:
            yield picture
        else:
            yield from work.add(picture)
    if work is not None:
        yield from work.rest()


def _filter_of(codec: str, field_order: int | None) -> tuple[str, str]:
    """Return name and arguments of a filter; without an order of fields, frames say theirs."""
    if codec == "hevc":
        return "setfield", "mode=prog"
    if field_order is None:
        return "bwdif", "mode=send_frame:parity=auto:deint=interlaced"
    return "bwdif", f"mode=send_frame:parity={'tff' if field_order in _TOP_FIRST else 'bff'}:deint=all"


class _Filter:
    """A filter of FFmpeg that gives a frame for a frame, some of them late."""

    def __init__(self, first: av.VideoFrame, name: str, arguments: str) -> None:
        if first.height < _LINES_NEEDED or first.width < _COLUMNS_NEEDED:
            raise InputError(
                f"expected interlaced frames of 3x4 px or more, got {first.width}x{first.height}"
            )
        self._waiting: deque[Picture] = deque()
        self._done: deque[av.VideoFrame] = deque()
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=first.width, height=first.height, format=first.format, time_base=Fraction(1, 1000)
        )
        middle, sink = graph.add(name, arguments), graph.add("buffersink")
        source.link_to(middle)
        middle.link_to(sink)
        graph.configure()
        self._graph, self._source, self._sink = graph, source, sink
        self._number = 0

    def add(self, picture: Picture) -> Iterator[Picture]:
        """Take a picture; yield those that are ready."""
        self._waiting.append(picture)
        if picture.frame is not None:
            # The filter needs times that rise; those of damaged files do not.
            picture.frame.pts, picture.frame.time_base = self._number, Fraction(1, 1000)
            self._number += 1
            self._source.push(picture.frame)
        yield from self._ready()

    def rest(self) -> Iterator[Picture]:
        """Yield what is left."""
        self._source.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[Picture]:
        while True:
            try:
                frame = self._sink.pull()
            except (av.BlockingIOError, av.EOFError):
                break
            assert isinstance(frame, av.VideoFrame)
            self._done.append(frame)
        while self._waiting:
            picture = self._waiting[0]
            if picture.frame is None:
                yield self._waiting.popleft()
            elif self._done:
                frame = self._done.popleft()
                for name in ("colorspace", "color_range", "color_trc", "color_primaries"):
                    setattr(frame, name, getattr(picture.frame, name))
                yield replace(self._waiting.popleft(), frame=frame)
            else:
                return
