"""Decodes the packets of a film: pictures in the order of presentation, and a place for each lost one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from shls_core.errors import InputError
from shls_core.files.videos.errors_logged import messages_logged
from shls_core.files.videos.formats import MAX_FRAME_PIXELS

if TYPE_CHECKING:
    FilmPacket = Packet[VideoStream]
else:  # generic in PyAV's stubs alone
    FilmPacket = Packet

# These decoders mark frames that they repaired; told to stop at errors, they would lose more.
_MARK_REPAIRED = frozenset(
    {
        *("h264", "mpeg1video", "mpeg2video", "mpeg4", "h263", "h261", "flv1", "vc1"),
        *("msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "rv20", "rv30", "rv40", "svq3"),
    }
)
_LENIENT = _MARK_REPAIRED | {"hevc", "vvc"}
# A packet of these codecs always holds one picture that is shown.
_ONE_PICTURE_A_PACKET = frozenset({"av1", "vp9", "mjpeg", "prores", "dvvideo", "ffv1", "rawvideo"})
# A frame of these codecs is read with tables that the frame before it leaves: after a damaged one there are
# no pictures, only noise from unwritten memory, up to the next key frame.
_LOST_TO_THE_NEXT_KEY = frozenset({"ffv1"})
_MOST_READ_ERRORS = 100


@dataclass(frozen=True)
class Picture:
    """One frame as it was decoded.

    Attributes
    ----------
    frame : av.VideoFrame or None
        None if it could not be decoded.
    seconds : float or None
        When it is shown; None if the file does not say.
    is_doubtful : bool
        Whether it rests on one that could not be decoded.
    """

    frame: av.VideoFrame | None
    seconds: float | None
    is_doubtful: bool = False


@dataclass
class Packets:
    """The packets of a film, counted while they are read."""

    container: InputContainer
    film: VideoStream
    num_read: int = 0
    end: int | None = field(default=None)
    """Where the last packet ends, in the film's unit of time."""

    @property
    def num_frames(self) -> int:
        """Frames that the packets stand for. In AVI, a packet of no bytes repeats a frame and is not read."""
        rate = self.film.average_rate
        if self.end is None or not rate or self.film.time_base != 1 / rate:
            return self.num_read
        return max(self.num_read, self.end - (self.film.start_time or 0))

    def __iter__(self) -> Iterator[FilmPacket]:
        errors = 0
        while errors < _MOST_READ_ERRORS:
            try:
                for packet in self.container.demux(self.film):
                    if packet.size:
                        errors = 0
                        self._count(packet)
                        yield packet
                    elif packet.dts is None:  # the end
                        return
            except av.FFmpegError:  # the next packet may be sound
                errors += 1

    def _count(self, packet: FilmPacket) -> None:
        self.num_read += 1
        if packet.pts is not None:
            end = packet.pts + (packet.duration or 0)
            self.end = end if self.end is None else max(self.end, end)


def decoder_of(film: VideoStream) -> VideoCodecContext:
    """Return a decoder of a film, in one thread: the same bytes give the same pixels."""
    context: VideoCodecContext = film.codec_context
    name = context.codec.canonical_name
    has_8_bits = context.format is None or context.format.components[0].bits == 8
    if name in ("vp8", "vp9") and has_8_bits:  # that is all libvpx is built for
        # FFmpeg's own decoders do not read the transparency, and give other pixels at every call of damaged
        # frames; libvpx does neither, finds damage in VP9, and has the same pixels for whole frames.
        context = av.VideoCodecContext.create("libvpx" if name == "vp8" else "libvpx-vp9", "r")
        context.extradata = film.codec_context.extradata
    context.thread_count = 1
    options = {"max_pixels": str(MAX_FRAME_PIXELS)}
    if name not in _LENIENT:
        options["err_detect"] = "crccheck+bitstream+buffer+explode"
    context.options = options
    return context


def decoded(packets: Packets) -> Iterator[Picture]:
    """Yield the pictures of a film in the order of presentation, lost ones in their places.

    Raises
    ------
    InputError
        If a frame needs more memory than there is.
    """
    decoder = decoder_of(packets.film)
    places = _Places(packets.film, decoder)
    for packet in chain(packets, (None,)):
        frames = _frames(decoder, packet, places)
        for frame in frames:
            yield from places.lost_before(frame.pts)
            yield places.place(frame)
    yield from places.lost_before(None)


def _frames(decoder: VideoCodecContext, packet: FilmPacket | None, places: "_Places") -> list[av.VideoFrame]:
    """Return the frames that a packet completes; None: those that are left."""
    with messages_logged() as errors:
        try:
            frames = decoder.decode(packet)
            failed = False
        except MemoryError as error:
            raise InputError("expected frames that fit into memory") from error
        except av.FFmpegError:
            frames, failed = [], True
    if packet is not None and not packet.is_discard:
        places.expect(packet, failed, bool(errors))
    return frames


class _Places:
    """Where pictures are missing: known from the packets that gave none, or a damaged one."""

    def __init__(self, film: VideoStream, decoder: VideoCodecContext) -> None:
        codec = decoder.codec
        self._unit = film.time_base
        self._marks_repaired = codec.canonical_name in _MARK_REPAIRED
        self._logs = codec.canonical_name not in _LENIENT and codec.name != "libdav1d"
        self._one_each = codec.canonical_name in _ONE_PICTURE_A_PACKET
        self._is_intra = codec.intra_only
        self._loses_followers = codec.canonical_name in _LOST_TO_THE_NEXT_KEY
        self._lost: set[int] = set()
        self._damaged: set[int] = set()
        self._awaited: set[int] = set()
        self._num_lost_anywhere = 0
        self._doubtful = False

    def expect(self, packet: FilmPacket, failed: bool, has_errors: bool) -> None:
        """Note what is known of a packet that was handed to the decoder."""
        if failed:
            if packet.pts is None:
                self._num_lost_anywhere += 1
            else:
                self._lost.add(packet.pts)
        elif packet.pts is not None:
            # Transport streams mark the packets around a loss: decoders that can say which, say it better.
            if (packet.is_corrupt and not self._marks_repaired) or (has_errors and self._logs):
                self._damaged.add(packet.pts)
            if self._one_each:
                self._awaited.add(packet.pts)

    def lost_before(self, pts: int | None) -> Iterator[Picture]:
        """Yield a place for each picture that should have come before the one at `pts`; None: all."""
        late = {at for at in self._awaited if pts is None or at < pts}
        self._awaited -= late
        lost = sorted(at for at in self._lost | late if pts is None or at < pts)
        self._lost.difference_update(lost)
        for _ in range(self._num_lost_anywhere):
            yield self._missing(None)
        self._num_lost_anywhere = 0
        for at in lost:
            yield self._missing(at)

    def place(self, frame: av.VideoFrame) -> Picture:
        """Return a frame as a picture, or a lost one if it was repaired."""
        self._awaited.discard(frame.pts)
        if frame.is_corrupt or frame.pts in self._damaged:
            self._damaged.discard(frame.pts)
            return self._missing(frame.pts)
        self._lost.discard(frame.pts)
        if frame.key_frame or self._is_intra:
            self._doubtful = False
        if self._doubtful and self._loses_followers:
            return self._missing(frame.pts)
        return Picture(frame, self._seconds(frame.pts), self._doubtful)

    def _missing(self, pts: int | None) -> Picture:
        self._doubtful = not self._is_intra
        return Picture(None, self._seconds(pts))

    def _seconds(self, pts: int | None) -> float | None:
        return None if pts is None or self._unit is None else float(pts * self._unit)
