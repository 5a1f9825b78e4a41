"""A film as its container means it: times, hidden frames, which stream, upright, opened once."""

import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from shls_core.errors import InputError
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.turning import _turn_of_matrix
from shls_core.files.videos.video import frame_numbers, open_video

SLOW_FAST = [*range(0, 1000, 200), *(1000 + 17 * number for number in range(25))]


def read(path):
    findings = Findings()
    return list(open_video(path).frames(findings)), findings


@pytest.mark.parametrize(
    ("name", "encoder", "options"),
    [
        ("a.mkv", "libx264", {}),
        ("a.mp4", "libx264", {}),
        ("a.webm", "libvpx", {"auto-alt-ref": "1", "lag-in-frames": "16"}),
    ],
)
def test_a_variable_frame_rate_is_no_loss(tmp_path, films, name, encoder, options):
    path = films.write(
        tmp_path / name,
        encoder,
        num_frames=30,
        times=SLOW_FAST,
        size=(160, 64),
        options={"b": "1M", **options},
    )
    frames, findings = read(path)
    assert films.is_right(frames, range(30))
    assert [frame.name for frame in frames] == [f"{number:05d}" for number in range(30)]
    assert [round(frame.seconds * 1000) for frame in frames] == SLOW_FAST
    assert findings.losses() == []
    assert frame_numbers(open_video(path), ["00000", "00029"]) == [0, 29]


def test_frames_that_an_edit_list_hides_are_not_shown(tmp_path, films):
    whole = films.write(
        tmp_path / "whole.mp4", "libx264", num_frames=16, options={"g": "8", "bf": "0", "crf": "8"}
    )
    cut = tmp_path / "cut.mp4"
    with av.open(str(whole)) as source, av.open(str(cut), "w", options={"avoid_negative_ts": "0"}) as target:
        film = source.streams.video[0]
        copy = target.add_stream_from_template(film)
        for packet in source.demux(film):
            if packet.size:
                hidden = round(Fraction(3, 10) / film.time_base)
                packet.pts, packet.dts = packet.pts - hidden, packet.dts - hidden
                packet.stream = copy
                target.mux(packet)
    frames, findings = read(cut)
    assert films.is_right(frames, range(3, 16))
    assert frames[0].seconds == 0
    assert findings.losses() == []


def test_the_film_is_followed_and_not_its_cover(tmp_path, films):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 200, 200, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        film = container.add_stream("libx264", rate=10)
        film.width, film.height, film.pix_fmt = *films.size, "yuv420p"
        green = np.full((200, 200, 3), (20, 200, 20), np.uint8)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(green)))
        container.mux(cover.encode(None))
        for number in range(5):
            container.mux(film.encode(av.VideoFrame.from_ndarray(films.picture(number))))
        container.mux(film.encode(None))
    frames, _ = read(path)
    assert films.is_right(frames, range(5))
    assert open_video(path).notes == ()


def test_of_two_films_the_larger_is_taken_and_said(tmp_path, films):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        streams = []
        for size in ((64, 64), films.size):
            stream = container.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.disposition = Disposition(0)
            streams.append((stream, size))
        for number in range(5):
            for stream, size in streams:
                frame = av.VideoFrame.from_ndarray(films.picture(number if size == films.size else 0, *size))
                container.mux(stream.encode(frame))
        for stream, _ in streams:
            container.mux(stream.encode(None))
    frames, _ = read(path)
    assert films.is_right(frames, range(5))
    assert open_video(path).notes == ("2 video streams are in the file; number 1 is taken (h264, 96x64)",)


@pytest.mark.parametrize(
    ("degrees", "mirrored", "turn"),
    [
        (0, False, lambda pixels: pixels),
        (90, False, lambda pixels: np.rot90(pixels, 1)),
        (180, False, lambda pixels: np.rot90(pixels, 2)),
        (270, False, lambda pixels: np.rot90(pixels, 3)),
        (0, True, lambda pixels: pixels[:, ::-1]),
    ],
)
def test_frames_are_upright(tmp_path, films, degrees, mirrored, turn):
    path = films.write(
        tmp_path / "a.mp4",
        num_frames=2,
        options={"crf": "5"},
        prepare=lambda stream: stream.set_display_rotation(degrees, hflip=mirrored),
    )
    frames, _ = read(path)
    expected = turn(films.picture(0))
    assert frames[0].pixels.shape == expected.shape
    assert np.abs(frames[0].pixels.astype(int) - expected).mean() < 6


@pytest.mark.parametrize(
    ("numbers", "turn"),
    [
        ((1, 0, 0, 1), lambda pixels: pixels),
        ((0, 1, -1, 0), lambda pixels: np.rot90(pixels, -1)),
        ((0, -1, 1, 0), lambda pixels: np.rot90(pixels, 1)),
        ((-1, 0, 0, -1), lambda pixels: np.rot90(pixels, 2)),
        ((1, 0, 0, -1), lambda pixels: pixels[::-1]),
        ((0, 1, 1, 0), lambda pixels: pixels.transpose(1, 0, 2)),
        ((0.5, 0, 0, 0.5), lambda pixels: pixels),
    ],
)
def test_every_quarter_turn_and_mirroring(numbers, turn):
    """The matrix takes a stored point (x, y) to (a x + c y, b x + d y)."""
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    a, b, c, d = (round(number * 65536) for number in numbers)
    matrix = struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    np.testing.assert_array_equal(_turn_of_matrix(matrix)(pixels), turn(pixels))


@pytest.mark.parametrize("numbers", [(0.7, 0.7, -0.7, 0.7), (0, 0, 0, 0), (1, 0, 0, 0)])
def test_other_turns_are_refused(numbers):
    a, b, c, d = (round(number * 65536) for number in numbers)
    with pytest.raises(InputError, match="turned by quarters, got the display matrix"):
        _turn_of_matrix(struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30))


def test_frames_keep_their_stored_size_where_pixels_are_not_square(tmp_path, films):
    def prepare(stream):
        stream.codec_context.sample_aspect_ratio = stream.sample_aspect_ratio = Fraction(16, 15)

    path = films.write(tmp_path / "a.mp4", prepare=prepare)
    video = open_video(path)
    assert next(video.frames()).pixels.shape == (64, 96, 3)
    assert video.notes == (
        "its pixels are not square (16:15): players stretch frames, masks have the stored size",
    )


def test_the_same_bytes_give_the_same_pixels(tmp_path, films):
    path = films.write(tmp_path / "a.mp4", "libx264", num_frames=12)
    first, second = (read(path)[0] for _ in range(2))
    assert all((one.pixels == two.pixels).all() for one, two in zip(first, second, strict=True))


def test_closing_early_releases_the_file(tmp_path, films):
    path = films.write(tmp_path / "a.mp4")
    frames = open_video(path).frames()
    next(frames)
    assert str(path) in opened_files()
    frames.close()
    assert str(path) not in opened_files()


def opened_files():
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(descriptor.readlink()))
    return found


def test_frames_of_a_file_are_named_by_number(tmp_path, films):
    video = open_video(films.write(tmp_path / "clip.mp4", num_frames=3))
    assert (video.fps, video.num_frames, video.num_stated) == (10, None, 3)
    assert frame_numbers(video, ["00002", "0"]) == [2, 0]
    for wrong in ("00003", "first"):
        with pytest.raises(InputError, match=f"got {wrong}, which is none of .*clip"):
            frame_numbers(video, [wrong])
