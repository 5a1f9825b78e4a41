"""No bytes make the decoder of videos crash, hang or give other pixels the second time."""

import hashlib
import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from shls_core.errors import InputError
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.video import open_video

SEEDS = (
    ("a.mp4", "libx264", "yuv420p", {}),
    ("a.mkv", "libx265", "yuv420p", {}),
    ("a.webm", "libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8"}),
    ("b.webm", "libvpx", "yuv420p", {"deadline": "realtime"}),
    ("b.mp4", "libsvtav1", "yuv420p", {"preset": "12", "svtav1-params": "lp=1"}),
    ("a.avi", "mjpeg", "yuvj420p", {}),
    ("b.avi", "mpeg4", "yuv420p", {}),
    ("a.mpg", "mpeg2video", "yuv420p", {"flags": "+ilme+ildct"}),
    ("a.ts", "libx264", "yuv420p", {"flags": "+ilme+ildct", "x264-params": "tff=1"}),
    ("a.mov", "prores_ks", "yuva444p10le", {}),
    ("b.mkv", "ffv1", "bgr0", {}),
    ("c.mov", "qtrle", "argb", {}),
)
FRAMES, MOST_SECONDS = 5, 5.0


@pytest.fixture(scope="module")
def seeds(tmp_path_factory, films):
    """The bytes of small films of many kinds, by their suffix."""
    folder = tmp_path_factory.mktemp("seeds")
    found = []
    for name, encoder, pixel_format, options in SEEDS:
        path = films.write(folder / name, encoder, pixel_format, FRAMES, rate=25, options=options)
        found.append((path.suffix, path.read_bytes()))
    for name in ("a.gif", "a.webp", "a.png"):
        pictures = [Image.fromarray(films.picture(number)) for number in range(FRAMES)]
        pictures[0].save(folder / name, save_all=True, append_images=pictures[1:])
        found.append((f".{name[2:]}", (folder / name).read_bytes()))
    return found


places = st.floats(0, 1, exclude_max=True)
flips = st.tuples(st.just("flip"), places, st.integers(0, 255))
cuts = st.tuples(st.just("cut"), places, st.integers(1, 400))
ends = st.tuples(st.just("end"), places, st.just(0))
zeros = st.tuples(st.just("zero"), places, st.integers(1, 200))
splices = st.tuples(st.just("splice"), places, st.integers(1, 2000))
changes = st.lists(st.one_of(flips, flips, cuts, ends, zeros, splices), min_size=1, max_size=6)


def spoilt(data, other, changes):
    data = bytearray(data)
    for kind, place, amount in changes:
        at = int(place * len(data))
        if kind == "flip" and data:
            data[at] ^= amount
        elif kind == "cut":
            del data[at : at + amount]
        elif kind == "end":
            del data[at:]
        elif kind == "zero":
            length = len(data[at : at + amount])
            data[at : at + amount] = bytes(length)
        elif kind == "splice":
            start = int(place * len(other))
            data[at:at] = other[start : start + amount]
    return bytes(data)


def outcome(path):
    """What reading gives: a digest of frames and findings, or the one line that refuses it."""
    seen, findings = hashlib.sha256(), Findings()
    try:
        video = open_video(path)
        seen.update(repr(video).encode())
        for frame in video.frames(findings):
            seen.update(f"{frame.name} {frame.seconds} {frame.is_damaged}".encode() + frame.pixels.tobytes())
    except InputError as error:
        return str(error)
    return f"{seen.hexdigest()} {findings}"


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(which=st.integers(0, len(SEEDS) + 2), other=st.integers(0, len(SEEDS) + 2), changes=changes)
def test_spoilt_videos_are_read_the_same_twice_or_refused(seeds, tmp_path, which, other, changes):
    suffix, data = seeds[which]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(spoilt(data, seeds[other][1], changes))
    started = time.perf_counter()
    first = outcome(path)
    assert time.perf_counter() - started < MOST_SECONDS
    noise = [os.urandom(1 << 16) for _ in range(8)]  # so that memory that nobody wrote differs
    del noise
    assert outcome(path) == first
    assert len(first.splitlines()) == 1
