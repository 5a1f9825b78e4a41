import cv2
import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.saliency.config import SaliencyConfig
from tasks.runs.execution_config import ExecutionConfig
from tasks.staging.mask_measurement import measure_masks, measuring_jobs

SERIAL = ExecutionConfig(backend="serial")


@pytest.fixture
def folders(tmp_path):
    """Three photographs of a red box on green, masks of two of them (0/255 and 0/1), and their maps."""
    for name in ("images", "truth", "maps"):
        (tmp_path / name).mkdir()
    for number, name in enumerate(("a", "b", "c")):
        image = np.full((60, 80, 3), (40, 90, 40), np.uint8)
        truth = np.zeros((60, 80), np.uint8)
        box = np.s_[15 + number : 45, 20:60]
        image[box], truth[box] = (30, 30, 200), 1
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), image)
        cv2.imwrite(str(tmp_path / "maps" / f"{name}.png"), truth * 255)
        if name != "c":
            cv2.imwrite(str(tmp_path / "truth" / f"{name}.png"), truth * (255 if name == "a" else 1))
    return tmp_path


def measure(folders, limit=None, **saliency):
    config = SaliencyConfig(**{"sharpening": {"side_px": 0}, "border_radius_px": 0} | saliency)
    jobs = measuring_jobs(str(folders / "images"), str(folders / "truth"), config, 640, limit)
    return measure_masks(jobs, SERIAL)


def test_maps_that_are_the_truth_score_1(folders):
    measured = measure(folders, detector=f"maps:{folders / 'maps'}")
    assert (measured.num_images, measured.num_failed) == (2, 0)
    assert measured.detector.model_dump() == pytest.approx(
        {"mae": 0, "max_f_measure": 1, "s_measure": 1, "mask_iou": 1}
    )
    assert measured.mean_confidence == 1
    assert [kept.kept_share for kept in measured.advice] == [1.0] * 10
    assert measured.centre_prior.mask_iou < 0.9


def test_a_constant_map_keeps_nothing(folders):
    for path in (folders / "maps").iterdir():
        cv2.imwrite(str(path), np.full((60, 80), 51, np.uint8))
    measured = measure(folders, detector=f"maps:{folders / 'maps'}")
    # The boxes cover 1200 and 1160 of 4800 px.
    shares = np.array([1200, 1160]) / 4800
    assert measured.detector.mae == pytest.approx(np.mean(0.8 * shares + 0.2 * (1 - shares)))
    precision = shares.mean()
    assert measured.detector.max_f_measure == pytest.approx(1.3 * precision / (0.3 * precision + 1))
    assert measured.detector.mask_iou == measured.mean_confidence == 0
    assert [(kept.kept_share, kept.mask_iou) for kept in measured.advice][1:] == [(0.0, None)] * 9


def test_rbd_finds_the_box(folders):
    measured = measure(folders)
    assert measured.detector.mask_iou > 0.9
    assert measured.detector.mae < measured.centre_prior.mae


def test_what_cannot_be_measured_is_counted(folders):
    (folders / "images" / "a.png").write_bytes(b"no photograph")
    assert (measure(folders).num_images, measure(folders).num_failed) == (1, 1)
    (folders / "maps" / "b.png").unlink()
    with pytest.raises(
        InputError, match="expected photographs that can be measured, got 2 that cannot: 1 x "
    ):
        measure(folders, detector=f"maps:{folders / 'maps'}")


def test_the_first_few_can_be_measured_alone(folders):
    assert measure(folders, limit=1).num_images == 1


def test_folders_that_do_not_match_are_an_error(folders, tmp_path):
    (folders / "truth" / "a.png").unlink()
    (folders / "truth" / "b.png").rename(folders / "truth" / "other.png")
    with pytest.raises(
        InputError, match=r"expected photographs in .* named like the masks in .*, found none"
    ):
        measure(folders)
    with pytest.raises(InputError, match="expected a folder of photographs, found none at"):
        measuring_jobs(str(tmp_path / "nowhere"), str(folders / "truth"), SaliencyConfig(), 640)
