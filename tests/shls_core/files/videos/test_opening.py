"""What is given as a video: no name is an address, no other file is opened, and what is there is named."""

import os
import shutil
import wave

import pytest

from shls_core.errors import InputError
from shls_core.files.videos.video import open_video


@pytest.fixture(scope="module")
def film(tmp_path_factory, films):
    return films.write(tmp_path_factory.mktemp("film") / "a.mkv")


@pytest.mark.parametrize(
    "name", ["12:30:05.mkv", "-x.mkv", "%05d.mkv", "a.png", "file:b.mkv", "http:c.mkv", "concat:a|b.mkv", "d"]
)
def test_a_name_is_a_name(tmp_path, films, film, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(film, tmp_path / name)
    path = type(film)(name)
    assert films.is_right(list(open_video(path).frames()), range(6))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.mp4", b"", "got an empty file: .*empty.mp4"),
        ("text.mp4", b"not a video\n", "got text: .*text.mp4"),
        ("noise.mp4", bytes(range(256)) * 40, "cannot read any frame of .*noise.mp4"),
        ("a.ffconcat", b"ffconcat version 1.0\nfile a.mkv\n", r"got a playlist \(concat\): .*a.ffconcat"),
        ("a.mp4", b"ffconcat version 1.0\nfile a.mkv\n", r"got a playlist \(concat\)"),
        (
            "a.m3u8",
            b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.mkv\n#EXT-X-ENDLIST\n",
            r"got a playlist \(hls\)",
        ),
        (
            "a.sdp",
            b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
            r"got a playlist \(sdp\)",
        ),
    ],
)
def test_what_is_no_video_is_named(tmp_path, films, film, name, content, said, capfd):
    shutil.copy(film, tmp_path / "a.mkv")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        open_video(tmp_path / name)
    assert capfd.readouterr() == ("", "")


def test_sound_is_named(tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    with pytest.raises(InputError, match=r"got WAV / WAVE \(Waveform Audio\): .*a\.wav"):
        open_video(tmp_path / "a.wav")


def test_nothing_is_found(tmp_path):
    for path in (
        tmp_path / "nowhere.mp4",
        type(tmp_path)("http://127.0.0.1/a.mp4"),
        tmp_path / "a" / "b.mp4",
    ):
        with pytest.raises(InputError, match="found none at"):
            open_video(path)


def test_pipes_and_devices_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path / "pipe.mp4", type(tmp_path)("/dev/zero")):
        with pytest.raises(InputError, match="no regular file"):
            open_video(path)


def test_a_video_is_not_its_own_mask(film):
    with pytest.raises(InputError, match="got one file as both"):
        open_video(film, without=[film])
