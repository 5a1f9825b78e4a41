import shutil

import cv2
import pytest

from flows.cli.dataset.duplicate_sheet import write_duplicate_sheet
from shls_core.errors import InputError
from storage.rows.near_duplicates import near_duplicates_of


def test_the_sheet_shows_every_photograph_of_a_group(stage_dataset, store, photographs, tmp_path):
    folder = shutil.copytree(photographs, tmp_path / "photographs")
    pixels = cv2.imread(str(folder / "coffee.png"))
    assert cv2.imwrite(str(folder / "coffee-again.jpg"), pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])
    groups = near_duplicates_of(store.objects, stage_dataset(store, folder).dataset)
    write_duplicate_sheet(store.objects, groups, tmp_path / "sheet.png")
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    width = sheet.shape[1] // 2
    for column in range(2):  # the same picture, in either cell
        cell = sheet[:120, column * width : column * width + 120].astype(float)
        assert abs(cell - pixels).mean() < 6
    with pytest.raises(InputError, match="expected to write "):
        write_duplicate_sheet(store.objects, groups, tmp_path / "nowhere" / "sheet.png")
