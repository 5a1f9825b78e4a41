"""Every format and kind of file: right pixels, the same at every call, and no surprise when it is damaged."""

import hashlib
import json
import os
import pickle
import struct
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shls_core.errors import ImageError
from shls_core.files.pictures.decode import decode_image

NAMES = [
    *("plain.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "two.mpo"),
    *("plain.png", "alpha.png", "palette.png", "grey4.png", "wide.png"),
    *("animation.png", "lossy.webp", "lossless.webp", "animation.webp", "animation.gif"),
    *("plain.bmp", "palette.bmp", "bits.pbm", "plain.pgm", "plain.ppm"),
    *("wide.ppm", "plain.avif", "alpha.avif", "plain.heic", "alpha.heic"),
    *("wide.heic", "grid.heic", "plain.tif", "lzw.tif", "jpeg.tif"),
    *("fax.tif", "cmyk.tif", "wide.tif", "big_endian.tif", "wide_deflate.tif"),
    *("wide_lzw.tif", "wide_tiles.tif", "wide_planes.tif"),
]
LOSSLESS = ("png", "gif", "bmp", "pbm", "pgm", "ppm", "tif")
REASONS = (
    "not an image",
    "not read: ",
    "corrupt or truncated",
    "too large",
    "unsupported pixel",
    "transparent",
)

# Another process, whose fresh memory is filled with another pattern, decodes the same files.
IN_ANOTHER_PROCESS = """
import hashlib, json, pickle, re, sys
from pathlib import Path
from shls_core.errors import ImageError
from shls_core.files.pictures.decode import decode_image

def outcome(data):
    try:
        return hashlib.sha256(decode_image(data, None).tobytes()).hexdigest()
    except ImageError as error:
        return error.reason

outcomes = [outcome(data) for data in pickle.load(sys.stdin.buffer)]
# Not ru_maxrss, which begins with the memory of whoever started this process.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(json.dumps([outcomes, int(peak[1]) * 1024]))
"""


def outcome(data):
    try:
        return hashlib.sha256(decode_image(data, None).tobytes()).hexdigest()
    except ImageError as error:
        return error.reason


def damaged(data, rng, others):
    """Flip bytes, most of them near the start; or cut; or put a piece of another file in."""
    data, kind = bytearray(data), rng.integers(4)
    if kind == 0:
        return bytes(data[: rng.integers(len(data))])
    if kind == 1:
        other, at = others[rng.integers(len(others))], int(rng.integers(len(data)))
        start = int(rng.integers(len(other)))
        return bytes(data[:at] + other[start : start + int(rng.integers(1, 400))] + data[at:])
    if kind == 2:
        at = int(rng.integers(max(1, min(len(data) - 4, 600))))
        data[at : at + 4] = [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\x40\0", b"\0\x40\0\0"][
            rng.integers(4)
        ]
        return bytes(data)
    for _ in range(rng.integers(1, 12)):
        data[rng.integers(min(len(data), rng.choice([100, 1000, len(data)])))] = rng.choice([0, 1, 128, 255])
    return bytes(data)


def test_the_files_are_those_that_are_named_here(every_kind):
    assert sorted(every_kind) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_pixels_are_those_of_the_picture(name, every_kind):
    data, shown = every_kind[name]
    pixels = decode_image(data, None)
    assert pixels.dtype == np.uint8
    assert pixels.shape == shown.shape
    exact = name.endswith(LOSSLESS) and name not in ("jpeg.tif", "animation.gif")
    assert np.abs(pixels.astype(int) - shown).mean() <= (0.6 if exact else 3)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 1 << 32))
def test_a_damaged_file_gives_the_same_pixels_twice_or_is_refused(every_kind, name, seed):
    others = [data for data, _ in every_kind.values()]
    data = damaged(every_kind[name][0], np.random.default_rng(seed), others)
    started = time.process_time()
    first = outcome(data)
    assert time.process_time() - started < 5
    assert first == outcome(data)
    assert len(first) == 64 or first.startswith(REASONS)


def in_another_process(files):
    """Return outcomes, and how much memory was needed, in bytes."""
    environment = os.environ | {"MALLOC_PERTURB_": "170"}
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS]
    done = subprocess.run(
        command, input=pickle.dumps(files), stdout=subprocess.PIPE, check=True, env=environment
    )
    return json.loads(done.stdout)


def test_another_process_gives_the_same_pixels(every_kind):
    others = [data for data, _ in every_kind.values()]
    rng = np.random.default_rng(0)
    files = [damaged(data, rng, others) for data in others for _ in range(8)] + others
    there, memory = in_another_process(files)
    here = [outcome(data) for data in files]
    assert here == there
    assert sum(len(found) == 64 for found in here) > len(others)  # damage that no checksum sees
    assert memory < 2 << 30


# Where a file says how large it is: the bytes before, and height and width as its format writes them.
SIZES = {
    "plain.jpg": (b"\xff\xc0\0\x11\x08", ">HH"),
    "progressive.jpg": (b"\xff\xc2\0\x11\x08", ">HH"),
    "plain.png": (b"IHDR", ">II"),
    "wide.png": (b"IHDR", ">II"),
    "animation.gif": (b"GIF89a", "<HH"),
    "plain.bmp": (b"\x28\0\0\0", "<II"),
    "lossy.webp": (b"\x9d\x01\x2a", "<HH"),
    "plain.avif": (b"ispe\0\0\0\0", ">II"),
    "plain.heic": (b"ispe\0\0\0\0", ">II"),
    "grid.heic": (b"ispe\0\0\0\0", ">II"),
    "wide.heic": (b"ispe\0\0\0\0", ">II"),
    "lzw.tif": (b"\0\x01\x03\0\x01\0\0\0", "<H10xH"),
    "wide.tif": (b"\0\x01\x03\0\x01\0\0\0", "<H10xH"),
    "plain.ppm": (b"P6\n", None),
}


def test_a_file_that_says_it_is_huge_is_refused_without_the_memory(every_kind):
    files = []
    for name, (before, sizes) in SIZES.items():
        for side in (16_383, 30_000, 65_000):
            data = bytearray(every_kind[name][0])
            at = data.index(before) + len(before)
            if sizes is None:
                data[at : at + 5] = f"{side} {side}".encode()
            else:
                struct.pack_into(sizes, data, at, side, side)
            files.append(bytes(data))
    outcomes, memory = in_another_process(files)
    assert [found for found in outcomes if not found.startswith(("too large", "corrupt"))] == []
    assert sum(found.startswith("too large") for found in outcomes) > len(outcomes) / 2
    assert memory < 1 << 30


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_file_is_refused_or_whole(name, every_kind):
    data, _ = every_kind[name]
    whole = outcome(data)
    lengths = [len(data) // 4, len(data) // 2, len(data) - 40, len(data) - 20]
    found = {outcome(data[:length]) for length in lengths if length > 0}
    # What follows the first picture of an animation may be missing; of a TIFF, what is behind its pixels.
    assert all(one == whole or one.startswith(REASONS) for one in found), found
    assert any(one.startswith(("corrupt", "not an image")) for one in found)
