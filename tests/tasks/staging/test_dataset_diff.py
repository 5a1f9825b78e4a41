"""Two datasets side by side."""

import shutil
from pathlib import Path

import cv2
import pytest

from shls_core.errors import NameUnknown
from storage.records.manifests import StageManifest, get_record
from storage.rows.stage_names import OF_STILLS
from tasks.staging.dataset_diff import compare_datasets


@pytest.fixture
def two(staged, staged_copy, photographs, stage_dataset, tmp_path):
    """A store with two datasets: of the second, one photograph is new, one changed, one gone."""
    folder = Path(shutil.copytree(photographs, tmp_path / "photographs"))
    (folder / "coffee.png").unlink()
    image = cv2.imread(str(folder / "rocket.png"))
    cv2.imwrite(str(folder / "rocket.png"), image[::-1])
    cv2.imwrite(str(folder / "zz_new.png"), image[:, ::-1])
    return stage_dataset(staged_copy, folder)


def test_a_dataset_is_the_same_as_itself(staged):
    difference = compare_datasets(staged.store, staged.dataset, staged.dataset[:10])
    assert difference.before == difference.after == staged.dataset
    assert difference.verdicts == (None, None)
    assert difference.photographs.model_dump() == {"added": (), "changed": (), "withdrawn": ()}
    for stage in difference.stages:
        outcome = staged.outcomes[stage.name]
        assert stage.is_same
        assert (stage.making, stage.statistics) == ((), ())
        assert stage.rows.model_dump() == {
            "same": outcome.rows - outcome.rejected,
            "changed": 0,
            "added": 0,
            "withdrawn": 0,
        }


def test_photographs_and_rows_are_told_apart(staged, two):
    difference = compare_datasets(two.store, staged.dataset, two.dataset)
    assert difference.photographs.model_dump() == {
        "added": ("zz_new.png",),
        "changed": ("rocket.png",),
        "withdrawn": ("coffee.png",),
    }
    assert [stage.name for stage in difference.stages] == list(OF_STILLS)
    ingest = difference.stages[0]
    assert ingest.rows.model_dump() == {"same": 6, "changed": 0, "added": 2, "withdrawn": 2}
    assert not any(stage.is_same or stage.making for stage in difference.stages)
    (mean,) = [side for side in ingest.statistics if (side.name, side.figure) == ("num_bytes", "mean")]
    manifests = [
        get_record(two.store.objects, side.outcomes["ingest"].artifact, StageManifest)
        for side in (staged, two)
    ]
    expected = [manifest.statistics["num_bytes"]["mean"] for manifest in manifests]
    assert [mean.before, mean.after] == expected
    assert expected[0] != expected[1]


def test_the_other_way_round_it_is_the_other_way_round(staged, two):
    there = compare_datasets(two.store, staged.dataset, two.dataset)
    back = compare_datasets(two.store, two.dataset, staged.dataset)
    assert back.photographs.added == there.photographs.withdrawn
    for one, other in zip(there.stages, back.stages, strict=True):
        assert (one.rows.added, one.rows.withdrawn) == (other.rows.withdrawn, other.rows.added)
        assert (one.rows.same, one.rows.changed) == (other.rows.same, other.rows.changed)


def test_what_is_no_dataset_is_named(staged):
    with pytest.raises(NameUnknown, match="'nothing'"):
        compare_datasets(staged.store, staged.dataset, "nothing")
