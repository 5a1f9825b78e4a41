"""Rows that name other photographs than those they were made from are counted and named."""

import pytest

from storage.audit.descent import descent_problems
from storage.records.manifests import DatasetManifest, get_record
from storage.rows.stage_names import OF_STILLS


def problems(store, dataset):
    return descent_problems(store.objects, dataset, get_record(store.objects, dataset, DatasetManifest))


def test_every_row_descends_from_the_photographs_it_names(staged):
    assert problems(staged.store, staged.dataset) == []


@pytest.mark.parametrize("stage", OF_STILLS)
@pytest.mark.parametrize("how", ["one more", "one less", "another"])
def test_a_row_that_names_others_is_named(staged, staged_copy, with_rows_changed, stage, how):
    first = None

    def change(row):
        nonlocal first
        first = first or row["sample_id"]
        if row["sample_id"] != first:
            return {}
        other = "f" * 64
        return {
            "source_ids": {
                "one more": [*row["source_ids"], other],
                "one less": row["source_ids"][1:],
                "another": [other, *row["source_ids"][1:]],
            }[how]
        }

    forged = with_rows_changed(staged_copy, staged.dataset, stage, change)
    found = problems(staged_copy, forged)
    assert {problem.kind for problem in found} == {"wrong descent"}
    assert found[0].part_of == f"dataset {forged[:12]}… ({stage})"
    assert found[0].what.startswith("1 rows name other photographs than those they were made from; first: ")
    assert first[:12] in found[0].what


def test_a_duplicate_is_another_row_of_its_photograph(stage_dataset, photographs, store, tmp_path):
    import shutil

    folder = tmp_path / "twice"
    shutil.copytree(photographs, folder)
    shutil.copy(folder / "chelsea.png", folder / "zoe.png")
    staged = stage_dataset(store, folder)
    assert staged.outcomes["ingest"].rejected == 1
    assert problems(store, staged.dataset) == []
