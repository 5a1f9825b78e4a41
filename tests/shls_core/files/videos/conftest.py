"""Films that tests make: a red square on a grey ground, four pixels further to the right in each frame."""

from fractions import Fraction

import av
import numpy as np
import pytest

WIDTH, HEIGHT = 96, 64


def picture(number, width=WIDTH, height=HEIGHT):
    """Frame `number`: the left edge of the square, a third of the height, is at 8 + 4 number."""
    pixels = np.full((height, width, 3), 110, np.uint8)
    # A texture, so that no frame is a few bytes long.
    pixels += np.random.default_rng(7).integers(0, 12, (height, width, 1), dtype=np.uint8)
    left = 8 + 4 * number
    pixels[height // 4 : height // 2, left : left + 24] = (220, 30, 30)
    return pixels


def write_film(
    path,
    encoder="libx264",
    pixel_format="yuv420p",
    num_frames=6,
    size=(WIDTH, HEIGHT),
    options=None,
    times=None,
    rate=10,
    prepare=None,
    frames=None,
    container_options=None,
    format=None,
):
    """Encode a film; `times` in ms say when its frames are shown."""
    quiet = {"libx265": {"x265-params": "log-level=none"}}.get(encoder, {})
    with av.open(str(path), "w", format=format, options=container_options or {}) as container:
        stream = container.add_stream(encoder, rate=Fraction(rate), options=quiet | (options or {}))
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        if times is not None:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        if prepare:
            prepare(stream)
        for number in range(num_frames):
            frame = frames(number) if frames else av.VideoFrame.from_ndarray(picture(number, *size))
            if frame.format.name != pixel_format:
                frame = frame.reformat(format=pixel_format)
            if times is not None:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def left_edges(frames):
    """Where the red square begins in each frame; -1 where there is none."""
    edges = []
    for frame in frames:
        pixels = frame.pixels.astype(int)
        red = (pixels[..., 0] - pixels[..., 1] > 100).sum(0) > frame.pixels.shape[0] // 8
        edges.append(int(np.argmax(red)) if red.any() else -1)
    return edges


def is_right(frames, numbers):
    """Whether each frame shows the picture of its number; codecs move an edge by a pixel or two."""
    edges = left_edges(frames)
    return len(edges) == len(numbers) and all(
        abs(edge - 8 - 4 * number) <= 2 for edge, number in zip(edges, numbers, strict=True)
    )


def packets_of(path):
    """Position and bytes of every packet of the film."""
    with av.open(str(path)) as container:
        return [(packet.pos, bytes(packet)) for packet in container.demux(video=0) if packet.size]


@pytest.fixture(scope="session")
def films():
    """The functions of this module, for tests that make films."""

    class Films:
        picture = staticmethod(picture)
        write = staticmethod(write_film)
        left_edges = staticmethod(left_edges)
        is_right = staticmethod(is_right)
        packets_of = staticmethod(packets_of)
        size = (WIDTH, HEIGHT)

    return Films
