"""Every container and codec of the table is made, and read."""

import pytest

from shls_core.files.videos.findings import Findings
from shls_core.files.videos.formats import TRIED_CODECS, readable_codecs
from shls_core.files.videos.video import open_video

CASES = [
    # codec, encoder, pixel format, file, size
    ("h264", "libx264", "yuv420p", "a.mp4", None),
    ("h264", "libx264", "yuv420p10le", "a.mkv", None),
    ("h264", "libx264", "yuv420p", "a.ts", None),
    ("h264", "libx264", "yuv420p", "a.m2ts", None),
    ("h264", "libx264", "yuv420p", "a.h264", None),
    ("hevc", "libx265", "yuv420p", "a.mp4", None),
    ("hevc", "libx265", "yuv420p10le", "a.mov", None),
    ("av1", "libsvtav1", "yuv420p", "a.mp4", None),
    ("av1", "libsvtav1", "yuv420p10le", "a.webm", None),
    ("vp8", "libvpx", "yuv420p", "a.webm", None),
    ("vp9", "libvpx-vp9", "yuv420p", "a.webm", None),
    ("vp9", "libvpx-vp9", "yuv420p", "a.ivf", None),
    ("vp9", "libvpx-vp9", "yuv444p", "a.webm", (97, 65)),
    ("mpeg1video", "mpeg1video", "yuv420p", "a.mpg", None),
    ("mpeg2video", "mpeg2video", "yuv420p", "a.mpg", None),
    ("mpeg2video", "mpeg2video", "yuv420p", "a.ts", None),
    ("mpeg2video", "mpeg2video", "yuv422p", "a.mxf", None),
    ("mpeg4", "mpeg4", "yuv420p", "a.avi", None),
    ("msmpeg4v3", "msmpeg4", "yuv420p", "a.avi", None),
    ("wmv2", "wmv2", "yuv420p", "a.wmv", None),
    ("h263", "h263", "yuv420p", "a.3gp", (176, 144)),
    ("flv1", "flv", "yuv420p", "a.flv", None),
    ("mjpeg", "mjpeg", "yuvj420p", "a.avi", None),
    ("mjpeg", "mjpeg", "yuvj420p", "a.mjpeg", None),
    ("prores", "prores_ks", "yuv422p10le", "a.mov", None),
    ("prores", "prores_ks", "yuva444p10le", "a.mov", None),
    ("dnxhd", "dnxhd", "yuv422p", "a.mov", (256, 128)),
    ("dvvideo", "dvvideo", "yuv420p", "a.dv", (720, 576)),
    ("jpeg2000", "jpeg2000", "rgb24", "a.mkv", None),
    ("png", "png", "rgb24", "a.mov", None),
    ("cfhd", "cfhd", "yuv422p10le", "a.mov", None),
    ("ffv1", "ffv1", "bgr0", "a.mkv", (97, 65)),
    ("huffyuv", "huffyuv", "rgb24", "a.avi", None),
    ("ffvhuff", "ffvhuff", "yuv420p", "a.nut", None),
    ("utvideo", "utvideo", "gbrp", "a.avi", None),
    ("magicyuv", "magicyuv", "gbrp", "a.avi", None),
    ("rawvideo", "rawvideo", "bgr24", "a.avi", None),
    ("rawvideo", "rawvideo", "yuv420p", "a.y4m", None),
    ("v210", "v210", "yuv422p10le", "a.mov", None),
    ("qtrle", "qtrle", "rgb24", "a.mov", None),
    ("cinepak", "cinepak", "rgb24", "a.avi", None),
]
OPTIONS = {
    "libsvtav1": {"preset": "10", "crf": "8", "svtav1-params": "lp=1"},
    "dnxhd": {"profile": "dnxhr_hq"},
    "libvpx": {"deadline": "realtime", "b": "2M"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b": "2M"},
    "ffvhuff": {"strict": "-2"},
}


@pytest.mark.parametrize(("codec", "encoder", "pixel_format", "name", "size"), CASES)
def test_a_film_of_every_codec_is_read(tmp_path, films, codec, encoder, pixel_format, name, size):
    path = films.write(
        tmp_path / name,
        encoder,
        pixel_format,
        size=size or films.size,
        rate=25,
        num_frames=4,
        options=OPTIONS.get(encoder),
    )
    findings = Findings()
    frames = list(open_video(path).frames(findings))
    assert films.is_right(frames, [0, 1, 2, 3])
    assert [frame.name for frame in frames] == ["00000", "00001", "00002", "00003"]
    assert findings.losses() == []


def test_every_codec_that_is_said_to_be_tried_is_tried_and_can_be_read():
    assert {case[0] for case in CASES} == TRIED_CODECS
    assert all(readable_codecs().values())
