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


def deinterlaced(pictures: Iterator[Picture], codec: str, findings: Findings) -> Iterator[Picture]:
    """Yield every picture, interlaced ones deinterlaced; progressive ones pass as they are.

    Parameters
    ----------
    pictures : iterator of Picture
        In the order of presentation.
    codec : str
        FFmpeg's name. In HEVC every field is a picture of its own, with nothing woven into it.
    findings : Findings
        Where it is noted that the video is interlaced.
    """
    work: _Filter | None = None
    for picture in pictures:
        if work is None and picture.frame is not None and picture.frame.interlaced_frame:
            work = _Filter(
                picture.frame, "setfield=mode=prog" if codec == "hevc" else "bwdif=mode=send_frame"
            )
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


class _Filter:
    """A filter of FFmpeg that gives a frame for a frame, some of them late."""

    def __init__(self, first: av.VideoFrame, filter_: str) -> None:
        if first.height < _LINES_NEEDED or first.width < _COLUMNS_NEEDED:
            raise InputError(
                f"expected interlaced frames of 3x4 px or more, got {first.width}x{first.height}"
            )
        name, _, arguments = filter_.partition("=")
        if name == "bwdif":
            arguments += ":parity=auto:deint=interlaced"
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
