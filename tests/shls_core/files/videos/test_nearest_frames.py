"""Frames at given times are those that the linear decoder numbers, however they are asked for."""

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.videos import nearest_frames
from shls_core.files.videos.film_times import MICROSECONDS, film_times
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.nearest_frames import NearestFrames
from shls_core.files.videos.video import open_video

KINDS = [
    ("film.mp4", "libx264", {"bf": "2"}),
    ("film.mkv", "libvpx", {"auto-alt-ref": "1"}),
    ("film.avi", "mpeg4", {}),
    ("film.mov", "mjpeg", {}),
]


def formats(encoder):
    return "yuvj420p" if encoder == "mjpeg" else "yuv420p"


def opened(path):
    times = film_times(path)
    return NearestFrames(path, times.fps, times.has_times)


@pytest.mark.parametrize(("name", "encoder", "options"), KINDS)
def test_frames_are_those_of_the_decoder(films, tmp_path, name, encoder, options):
    path = films.write(tmp_path / name, encoder, formats(encoder), num_frames=12, options=options)
    every = list(open_video(path).frames(Findings()))
    film = opened(path)
    for number in (0, 3, 4, 9, 11):
        found = film.nearest(number * MICROSECONDS // 10)
        assert (found.number, found.is_whole) == (number, True)
        assert np.array_equal(film.pixels(found), every[number].pixels)
    film.close()


@pytest.mark.parametrize(("name", "encoder", "options"), KINDS)
def test_the_length_is_known_from_packets(films, tmp_path, name, encoder, options):
    path = films.write(tmp_path / name, encoder, formats(encoder), num_frames=12, options=options)
    times = film_times(path)
    assert times.fps == 10
    assert times.length == pytest.approx(1_100_000, abs=2000)
    assert not times.is_cut_off


def test_frames_that_come_unevenly_are_found_by_their_times(films, tmp_path):
    shown = [0, 40, 500, 520, 900, 1000]
    path = films.write(tmp_path / "film.mkv", num_frames=6, times=shown)
    film = opened(path)
    asked = [0, 250, 300, 510, 600, 950, 5000]
    found = [film.nearest(at * 1000).number for at in asked]
    assert found == [min(range(6), key=lambda number: abs(shown[number] - at)) for at in asked]
    assert film.has_ended
    assert film_times(path).length == 1_000_000
    film.close()


def test_what_lies_behind_has_to_be_read_anew(films, tmp_path):
    film = opened(films.write(tmp_path / "film.mp4"))
    film.nearest(300_000)
    assert film.can_reach(300_000)
    assert not film.can_reach(299_999)
    film.close()


def test_a_damaged_frame_keeps_its_number_and_is_not_whole(films, tmp_path):
    path = films.write(tmp_path / "film.mov", "mjpeg", "yuvj420p", num_frames=6)
    position, data = films.packets_of(path)[3]
    content = bytearray(path.read_bytes())
    content[position : position + len(data)] = bytes(len(data))
    path.write_bytes(content)
    film = opened(path)
    assert [film.nearest(number * 100_000).is_whole for number in range(6)] == [True] * 3 + [False] + [
        True
    ] * 2
    film.close()


def test_an_error_is_raised_again(films, tmp_path, monkeypatch):
    monkeypatch.setattr(nearest_frames, "MOST_LOST_AT_FIRST", 2)
    path = films.write(tmp_path / "film.mov", "mjpeg", "yuvj420p", num_frames=3)
    content = bytearray(path.read_bytes())
    for position, data in films.packets_of(path):
        content[position : position + len(data)] = bytes(len(data))
    path.write_bytes(content)
    film = opened(path)
    for _ in range(2):
        with pytest.raises(InputError, match="cannot read any frame of"):
            film.nearest(0)
    film.close()


def test_what_is_no_film_is_refused(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"no film " * 100)
    with pytest.raises(InputError, match="expected a video"):
        film_times(path)
