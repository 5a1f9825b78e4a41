import numpy as np
import pytest
from PIL import Image

from flows.cli.dataset.contact_sheet import (
    CAPTION_PX,
    GAP_PX,
    LABEL_PX,
    SIDE_PX,
    SheetRow,
    check_sheet_path,
    contact_sheet,
    sample_row,
    write_sheet,
)
from shls_core.errors import InputError
from tasks.staging.samples import FACTS, RejectedSample, Sample

GREY = np.full((10, 20, 3), 100, np.uint8)


def sample(num_frames=3, **facts):
    return Sample(
        file_name="a.jpg",
        source_file_names=(),
        split="train",
        photograph=GREY,
        saliency_map=np.zeros((10, 20), np.uint8),
        pseudo_mask=np.eye(10, 20, dtype=np.uint8),
        frames=np.zeros((num_frames, 16, 16, 3), np.uint8),
        masks=np.ones((num_frames, 16, 16), np.uint8),
        superpixel_maps=np.tile(np.arange(16, dtype=np.uint16), (num_frames, 16, 1)),
        facts=dict.fromkeys(FACTS, 0) | facts,
    )


def test_a_row_shows_everything_of_a_sample_and_at_most_four_frames():
    row = sample_row(sample(num_frames=8, num_objects=2, num_pasted=1, has_clone=1, num_leaves=1), "new: ")
    assert [label for label, _ in row.tiles] == [
        "photograph",
        "saliency map",
        "pseudo-mask",
        *("frame 0", "frame 2", "frame 4", "frame 6"),
        "16 superpixels",
    ]
    assert row.caption == "new: a.jpg: 2 objects, 1 pasted, one a clone, occluded up to 0%, 1 leaves"


@pytest.mark.parametrize(("photograph", "tiles"), [(None, 0), (GREY, 1)])
def test_what_was_rejected_says_why(photograph, tiles):
    row = sample_row(RejectedSample("b.jpg", "saliency: no salient object", photograph))
    assert row.caption == "b.jpg: rejected, saliency: no salient object"
    assert len(row.tiles) == tiles


def test_rows_lie_under_each_other_whole():
    rows = [sample_row(sample()), SheetRow("nothing", ()), SheetRow("one", [("grey", GREY)])]
    sheet = np.asarray(contact_sheet(rows))
    height = CAPTION_PX + LABEL_PX + SIDE_PX + GAP_PX
    assert sheet.shape == (3 * height, 7 * (SIDE_PX + GAP_PX) - GAP_PX, 3)
    third = sheet[2 * height + CAPTION_PX + LABEL_PX :, :SIDE_PX]
    assert (third[SIDE_PX // 4 : 3 * SIDE_PX // 4] == 100).all()
    assert (third[: SIDE_PX // 4 - 1] == 255).all()
    without = np.asarray(contact_sheet(rows[:1], captions=False))
    assert without.shape[0] == LABEL_PX + SIDE_PX


def test_the_same_samples_are_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        write_sheet(contact_sheet([sample_row(sample())]), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
    with Image.open(tmp_path / "a.png") as sheet:
        assert (sheet.mode, sheet.info) == ("RGB", {})


@pytest.mark.parametrize("name", ["preview.jpg", "preview", "nowhere/preview.png"])
def test_where_no_sheet_can_be_written_is_told_before(tmp_path, name):
    with pytest.raises(InputError, match="expected a file"):
        check_sheet_path(tmp_path / name)
