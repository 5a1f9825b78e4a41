"""A folder that drifted, the same folder again, and a first version, built and judged for real."""

import shutil

import cv2
import numpy as np
import pytest

from shls_core.errors import GateError
from storage.gate.drift_config import DriftConfig
from storage.gate.verdicts import Verdict
from tasks.staging.build_dataset import assemble, compare_with_last, publish
from tasks.staging.dataset_diff import compare_datasets

BOUNDS = DriftConfig()


@pytest.fixture
def published(large):
    """The forty photographs, published; and a function that stages the folder as it is and gives its id."""

    def stage():
        return assemble.fn(list(large.build().values()), str(large.store.root))

    first = stage()
    large.store.names.publish("photos", first)
    return large, first, stage


def judged(staging, dataset, bounds=BOUNDS):
    verdict = Verdict(dataset=dataset, passed=True, findings=())
    return compare_with_last.fn(verdict, "photos", str(staging.store.root), bounds)


def darken_all_and_crop_half(folder):
    for number, path in enumerate(sorted(folder.glob("*.png"))):
        picture = cv2.imread(str(path))
        if number % 2:
            picture = picture[:64, :64]
        assert cv2.imwrite(str(path), (picture * 0.35).astype(np.uint8))


def test_a_first_version_has_nothing_to_compare_with_and_says_so(large, capsys):
    dataset = assemble.fn(list(large.build().values()), str(large.store.root))
    verdict = Verdict(dataset=dataset, passed=True, findings=())
    outcome = compare_with_last.fn(verdict, "other", str(large.store.root), BOUNDS)
    assert (outcome.verdict, outcome.against, outcome.name) == ("first", None, None)
    assert "nothing to compare with: the first version" in capsys.readouterr().err


def test_the_same_folder_passes(published, capsys):
    staging, first, stage = published
    assert stage() == first
    outcome = judged(staging, first)
    assert (outcome.verdict, outcome.name) == ("same", "photos@v1")
    assert "none: photos@v1 is this dataset" in capsys.readouterr().err


def test_a_usual_night_passes(published, new_photograph):
    staging, first, stage = published
    sorted(staging.folder.glob("*.png"))[3].unlink()
    for number in range(3):
        new_photograph(staging.folder / f"new_{number}.png", seed=50 + number)
    second = stage()
    assert second != first
    outcome = judged(staging, second)
    assert (outcome.verdict, outcome.against, outcome.name) == ("passed", first, "photos@v1")
    assert outcome.reasons == ()


def test_a_folder_of_darkened_and_cropped_photographs_is_held_back_with_its_reasons(published, capsys):
    staging, first, stage = published
    kept = shutil.copytree(staging.folder, staging.folder.parent / "kept")
    darken_all_and_crop_half(staging.folder)
    drifted = stage()
    with pytest.raises(GateError, match=r"drifted from photos@v1 and is held back.*sequences\.brightness"):
        judged(staging, drifted)
    assert staging.store.names.resolve("photos") == first

    accepted = judged(staging, drifted, DriftConfig(enforced=False))
    assert accepted.verdict == "accepted"
    assert any("brightness" in reason for reason in accepted.reasons)
    assert "accepted: sequences.brightness" in capsys.readouterr().err

    drift = compare_datasets(staging.store, first, drifted).drift
    found = {(shift.stage, shift.what): shift for shift in drift.shifts}
    brightness = found["sequences", "brightness"]
    assert brightness.after == pytest.approx(0.35 * brightness.before, rel=0.15)
    assert found["ingest", "size_px"].distance == pytest.approx(0.5, abs=0.01)
    assert found["ingest", "gone"].distance == 0  # the names are there, with other bytes
    assert {shift.stage for shift in drift.shifts} == {"ingest", "saliency", "sequences", "superpixels"}

    # The folder as it was passes, and so does the drifted one once it is what the name means.
    shutil.rmtree(staging.folder)
    shutil.copytree(kept, staging.folder)
    assert judged(staging, stage()).verdict == "same"
    verdict = Verdict(dataset=drifted, passed=True, findings=())
    publish.fn(verdict, "photos", str(staging.store.root))
    assert judged(staging, drifted).verdict == "same"


def test_changed_parameters_are_shown_and_not_judged(published):
    staging, first, stage = published
    staging.sections["saliency"] = {"border_radius_px": 6}
    other = stage()
    assert judged(staging, other).verdict == "passed"
    drift = compare_datasets(staging.store, first, other).drift
    assert drift.not_judged == dict.fromkeys(
        ("saliency", "sequences", "superpixels"), "the parameters of saliency were changed"
    )
    assert all(shift.allowed is None for shift in drift.shifts)


def test_few_sources_are_not_judged(published):
    staging, _, stage = published
    for path in sorted(staging.folder.glob("*.png"))[15:]:
        path.unlink()
    outcome = judged(staging, stage())
    assert outcome.verdict == "passed"
    assert judged(staging, stage(), DriftConfig(min_sources=10, enforced=False)).verdict == "accepted"


def test_a_last_version_that_is_damaged_holds_nothing_back(published, capsys):
    staging, first, stage = published
    sorted(staging.folder.glob("*.png"))[3].unlink()
    second = stage()
    shutil.rmtree(staging.store.root / "objects" / first[:2])
    outcome = judged(staging, second)
    assert outcome.verdict == "not compared"
    assert "not compared with photos@v1" in capsys.readouterr().err
