"""The table of kinds of masks says what the readers do, of a file of each kind."""

import pytest

from shls_core.errors import MaskError
from shls_core.files.masks.formats import MASK_KINDS, REFUSED
from shls_core.files.masks.given_mask import given_mask
from shls_core.files.masks.label_files import exact_labels
from shls_core.files.masks.soft_map import soft_map

FILES = {
    "indexed, background index 0 (VOC, DAVIS)": [
        "voc palette",
        "voc gif",
        "voc bmp",
        "voc tiff",
        "own palette",
    ],
    "indexed, black at another index": ["white first", "colours first"],
    "indexed, VOC colours at other indices": ["permuted voc"],
    "indexed, neither black nor transparent, index 0 used": ["no black"],
    "grey levels 0..254": ["grey labels", "ids 1, 5, 200"],
    "grey of 1, 2 or 4 bits": ["bilevel", "grey 2 bit", "grey 4 bit"],
    "black and white (0, 255)": ["binary", "rgb white"],
    "255 beside labels": ["void palette", "void grey"],
    "grey of 16 bits, up to 255": ["16 bit"],
    "grey of 16 bits, above 255": ["16 bit ids"],
    "RGB in VOC colours": ["rgb voc"],
    "RGB in other colours on black": ["rgb colours", "rgb ppm", "rgb webp"],
    "RGB without black": ["rgb on white"],
    "cut-out with transparency": ["cut-out", "cut-out, webp"],
    "flat colours on transparency": ["flat cut-out"],
    "soft edges of one object": ["soft"],
    "soft edges of several colours": ["soft colours"],
    "JPEG, lossy WebP, AVIF of one object on black": ["jpeg", "lossy webp"],
    "JPEG, lossy WebP, AVIF of several objects": ["jpeg, two"],
    "white with a black object (inverted)": ["inverted"],
    "a photograph": ["photograph"],
    "several pictures in one file": ["several pages"],
    "RGB of 16 bits, CMYK, Lab, fractions": ["rgb 16 bit", "cmyk", "fractions"],
}


def test_every_kind_has_a_file():
    assert [one.kind for one in MASK_KINDS] == list(FILES)


@pytest.mark.parametrize("row", MASK_KINDS, ids=lambda row: row.kind)
def test_what_the_table_says_is_what_happens(mask_file, row):
    for name in FILES[row.kind]:
        data = mask_file(name)
        for said, read in ((row.given, given_mask), (row.exact, exact_labels), (row.soft, soft_map)):
            if said == "a map if grey; colours: refused":
                said = REFUSED  # the file is in colours
            if said.startswith(REFUSED):
                with pytest.raises(MaskError):
                    read(data)
            else:
                read(data)
