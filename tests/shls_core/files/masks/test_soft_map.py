"""Maps and masks from elsewhere become maps 0..255; pictures in colours do not."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from shls_core.errors import MaskError
from shls_core.files.masks.soft_map import soft_map


@pytest.mark.parametrize(
    "kind",
    [
        *("binary", "ones", "bilevel", "grey labels", "grey 2 bit", "grey 4 bit", "void grey"),
        *("voc palette", "own palette", "void palette", "white first", "colours first", "permuted voc"),
        *("transparent index", "web palette", "no black", "rgb voc", "rgb white", "rgb colours"),
        *("cut-out", "cut-out, black", "cut-out, webp", "flat cut-out", "grey and alpha"),
        *("16 bit", "16 bit white", "exif"),
    ],
)
def test_masks_and_cut_outs_become_the_object(mask_file, square, kind):
    np.testing.assert_array_equal(soft_map(mask_file(kind)), square * np.uint8(255))


def test_grey_levels_are_the_map():
    soft = np.linspace(0, 200, 100).astype(np.uint8)[None].repeat(50, axis=0)
    data = BytesIO()
    Image.fromarray(soft).save(data, "PNG")
    np.testing.assert_array_equal(soft_map(data.getvalue()), soft)
    data = BytesIO()
    Image.fromarray(np.repeat(soft[..., None], 3, axis=2)).save(data, "BMP")
    np.testing.assert_array_equal(soft_map(data.getvalue()), soft)
    data = BytesIO()
    Image.fromarray(soft.astype(np.uint16) * 257).save(data, "TIFF")
    np.testing.assert_array_equal(soft_map(data.getvalue()), soft)


@pytest.mark.parametrize("kind", ["soft", "soft half", "jpeg", "inverted"])
def test_soft_edges_stay_soft(mask_file, square, kind):
    found = soft_map(mask_file(kind))
    assert found.dtype == np.uint8
    inside = found[35:55, 25:55].mean()
    assert inside == pytest.approx({"soft half": 127, "inverted": 0}.get(kind, 255), abs=3)


@pytest.mark.parametrize("kind", ["photograph", "jpeg, two", "rgb on white"])
def test_a_picture_in_colours_is_no_map(mask_file, kind):
    with pytest.raises(MaskError, match="a cut-out with transparency or a mask, got a picture in colours"):
        soft_map(mask_file(kind))
