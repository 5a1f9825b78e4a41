"""HEIC: as phones write it."""

import io
import struct
import subprocess
import sys

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from shls_core.errors import MissingComponent
from shls_core.files.pictures.decode import decode_image


@pytest.mark.parametrize("orientation", [1, 3, 6, 8, 5])
def test_a_heic_is_turned_once(make, orientation):
    """Phones state the turn twice, in the file's structure and in EXIF; the first one counts."""
    upright = make.scene()
    stored = {
        1: upright,
        3: np.rot90(upright, 2),
        6: np.rot90(upright),
        8: np.rot90(upright, -1),
        5: upright.swapaxes(0, 1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = make.heic(Image.fromarray(np.ascontiguousarray(stored[orientation])), exif=exif.tobytes())
    pixels = decode_image(data, None)
    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).mean() < 4


def test_ten_bits_are_those_of_the_picture(every_kind):
    data, shown = every_kind["wide.heic"]
    assert pillow_heif.open_heif(io.BytesIO(data)).info["bit_depth"] == 10
    assert np.abs(decode_image(data, None).astype(int) - shown).mean() < 2


def test_the_primary_picture_counts(make):
    first, second = make.scene(0), make.scene(1)
    file = pillow_heif.from_pillow(Image.fromarray(first))
    file.add_from_pillow(Image.fromarray(second))
    written = io.BytesIO()
    file.save(written, primary_index=1, quality=-1, chroma=444)
    assert np.abs(decode_image(written.getvalue(), None).astype(int) - second).mean() < 3


def test_a_wide_profile_is_applied(make):
    from shls_core.files.pictures.standard_colours import profile_of_code_points

    image = Image.new("RGB", (32, 32), (200, 100, 50))
    image.info["icc_profile"] = profile_of_code_points(12, 13)
    assert np.abs(decode_image(make.heic(image), None)[9, 9].astype(int) - (214, 96, 38)).max() <= 8


def test_pillow_reads_no_more_than_before(make, tmp_path):
    """Our decoder registers nothing in Pillow: what other code reads stays the same."""
    (tmp_path / "a.heic").write_bytes(make.heic(Image.fromarray(make.scene())))
    script = """
import sys; from pathlib import Path; from PIL import Image
from shls_core.files.pictures.decode import decode_image
decode_image(Path(sys.argv[1]).read_bytes(), None)
try:
    Image.open(sys.argv[1])
except OSError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "a.heic")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("cannot identify image file")


@pytest.mark.parametrize("missing", [1, 40, 300, 2000])
@pytest.mark.parametrize("side", [128, 132])
def test_a_cut_picture_in_tiles_is_refused(make, reason_for, missing, side):
    """Of a picture in tiles, as phones write it, libheif returns what it can; at 132 px the last are tiny."""
    data = make.heic(Image.fromarray(make.scene()).resize((side, side)), tile_size=64)
    decode_image(data, None)
    assert reason_for(data[:-missing]) == "corrupt or truncated image: HEIC"


def test_a_tile_that_is_damaged_is_no_green_square(every_kind, reason_for):
    data, _ = every_kind["grid.heic"]
    start = data.index(b"mdat")
    middle, length = (start + len(data)) // 2, (len(data) - start) // 5
    spoilt = data[:middle] + bytes(length) + data[middle + length :]
    assert len(np.asarray(pillow_heif.open_heif(io.BytesIO(spoilt)))) == 128
    assert reason_for(spoilt) == "corrupt or truncated image: HEIC"


def test_a_green_picture_is_no_missing_tile(make):
    green = Image.new("RGB", (128, 128), (0, 150, 0))
    assert decode_image(make.heic(green, tile_size=64), None).shape == (128, 128, 3)


def test_extents_without_bytes_end(make, reason_for):
    """65,535 items of 65,535 extents whose numbers have no bytes: found by damaging files."""
    item = bytes(2) + bytes(2) + b"\xff\xff"
    iloc = bytes(4) + bytes(2) + b"\xff\xff" + item * 65_535
    box = struct.pack(">I4s", 8 + len(iloc), b"iloc") + iloc
    meta = struct.pack(">I4sI", 12 + len(box), b"meta", 0) + box
    assert reason_for(b"\0\0\0\x14ftypheic\0\0\0\0mif1" + meta) == "corrupt or truncated image: HEIC"


def test_without_the_package_the_command_that_installs_it_is_named(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingComponent, match="pip install pillow-heif"):
        decode_image(make.heic(Image.fromarray(make.scene())), None)


def test_the_package_is_not_loaded_without_need():
    script = "import sys, shls_core.files.pictures.decode; print('pillow_heif' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
