"""Damaged films: frames keep their numbers, and every loss is said."""

import pytest

from shls_core.errors import InputError
from shls_core.files.videos.findings import Findings, ranges
from shls_core.files.videos.video import open_video


def spoilt(path, position, length, value=0):
    data = bytearray(path.read_bytes())
    data[position : position + length] = bytes([value]) * length
    path.write_bytes(data)


def read(path):
    findings = Findings()
    return list(open_video(path).frames(findings)), findings


@pytest.fixture
def jpegs(tmp_path, films):
    return films.write(tmp_path / "a.avi", "mjpeg", "yuvj420p", num_frames=12)


def test_a_damaged_jpeg_keeps_its_number_and_shows_the_frame_before_it(jpegs, films):
    position, data = films.packets_of(jpegs)[6]
    spoilt(jpegs, position + len(data) // 2, len(data) // 3)
    frames, findings = read(jpegs)
    assert films.is_right(frames, [0, 1, 2, 3, 4, 5, 5, 7, 8, 9, 10, 11])
    assert [frame.name for frame in frames] == [f"{number:05d}" for number in range(12)]
    assert [frame.name for frame in frames if frame.is_damaged] == ["00006"]
    assert frames[6].seconds == pytest.approx(0.6)
    assert findings.losses() == ["1 of 12 frames is damaged and shows the frame before it: 00006"]
    assert findings.doubtful == []


def test_a_film_that_begins_with_damaged_frames_shows_the_first_whole_one(jpegs, films):
    for position, data in films.packets_of(jpegs)[:2]:
        spoilt(jpegs, position, len(data))
    frames, findings = read(jpegs)
    assert films.is_right(frames, [2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    assert findings.damaged == ["00000", "00001"]


def test_a_damaged_last_frame_is_there(jpegs, films):
    position, data = films.packets_of(jpegs)[11]
    spoilt(jpegs, position, len(data))
    frames, findings = read(jpegs)
    assert films.is_right(frames, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10])
    assert findings.damaged == ["00011"]


def test_a_film_without_a_whole_frame_is_refused(jpegs, films):
    for position, data in films.packets_of(jpegs):
        spoilt(jpegs, position, len(data))
    with pytest.raises(InputError, match=r"cannot read any frame of .*a\.avi: damaged mjpeg$"):
        open_video(jpegs)


@pytest.mark.parametrize(
    ("name", "encoder", "pixel_format", "options"),
    [
        ("a.mp4", "libx264", "yuv420p", {"crf": "5", "bf": "0"}),
        ("a.avi", "mpeg4", "yuv420p", {}),
        ("a.mkv", "ffv1", "bgr0", {"g": "6"}),
    ],
)
def test_frames_that_rest_on_a_damaged_one_are_named(tmp_path, films, name, encoder, pixel_format, options):
    path = films.write(
        tmp_path / name, encoder, pixel_format, num_frames=12, options={"g": "6", "qmin": "2", **options}
    )
    position, data = films.packets_of(path)[3]
    spoilt(path, position + len(data) // 3, len(data) // 2)
    frames, findings = read(path)
    assert len(frames) == 12
    assert "00003" in findings.damaged
    assert {*findings.damaged, *findings.doubtful} == {"00003", "00004", "00005"}
    assert films.is_right(frames[:3] + frames[6:], [0, 1, 2, 6, 7, 8, 9, 10, 11])


def test_av1_whose_decoder_drops_a_frame_without_an_error_keeps_numbers(tmp_path, films):
    options = {"preset": "10", "crf": "8", "svtav1-params": "lp=1:pred-struct=1"}
    path = films.write(tmp_path / "a.mp4", "libsvtav1", num_frames=6, options=options)
    position, data = films.packets_of(path)[3]
    spoilt(path, position + 2, len(data) - 2, 255)
    frames, findings = read(path)
    assert [frame.name for frame in frames] == [f"{number:05d}" for number in range(6)]
    assert findings.damaged == ["00003"]


@pytest.mark.parametrize(
    ("name", "encoder", "pixel_format", "stated"),
    [
        ("a.avi", "mjpeg", "yuvj420p", 12),
        ("a.mp4", "libx264", "yuv420p", 12),
        ("a.mkv", "mjpeg", "yuvj420p", None),
    ],
)
def test_a_film_that_is_cut_off_ends_with_its_last_whole_frame(
    tmp_path, films, name, encoder, pixel_format, stated
):
    options, faststart = {"g": "1", "bf": "0"}, {"movflags": "+faststart"} if name == "a.mp4" else None
    path = films.write(
        tmp_path / name, encoder, pixel_format, num_frames=12, options=options, container_options=faststart
    )
    position, data = films.packets_of(path)[8]
    path.write_bytes(path.read_bytes()[: position + len(data) // 2])
    frames, findings = read(path)
    assert films.is_right(frames, [0, 1, 2, 3, 4, 5, 6, 7])
    of = " of the 12 that it states" if stated else ""
    assert findings.losses() == [f"the file is cut off: 8 frames{of} could be read"]
    assert (findings.num_stated, findings.is_cut_off) == (stated, True)


def test_an_mp4_whose_index_is_cut_off_is_refused_with_the_cause(tmp_path, films):
    path = films.write(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"a\.mp4 has no index of its frames \(moov\)"):
        open_video(path)


def test_a_frame_of_another_size_in_the_middle_is_named(tmp_path, films):
    first = films.write(tmp_path / "a.mjpeg", "mjpeg", "yuvj420p", num_frames=3)
    second = films.write(tmp_path / "b.mjpeg", "mjpeg", "yuvj420p", num_frames=3, size=(128, 64))
    first.write_bytes(first.read_bytes() + second.read_bytes())
    with pytest.raises(InputError, match=r"of one size, 96x64, got 128x64 \(.*a\.mjpeg, frame 00003\)"):
        read(first)


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (8192, 8192)])
def test_frames_that_are_too_large_are_refused_before_they_are_decoded(tmp_path, films, width, height):
    path = films.write(tmp_path / "a.y4m", "rawvideo", "yuv420p", num_frames=1)
    header = f"W{width} H{height}".encode()
    path.write_bytes(path.read_bytes().replace(b"W96 H64", header))
    with pytest.raises(InputError, match=r"a\.y4m"):
        open_video(path)


def test_numbers_in_a_row_are_one_range():
    assert ranges(["1", "2", "3", "7", "9", "10"]) == "1-3, 7, 9-10"
    assert ranges([f"{2 * number}" for number in range(10)]) == "0, 2, 4, 6, 8, 10, 12, 14 and 2 more"
