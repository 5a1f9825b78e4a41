"""Rows of videos that name other videos than those they were made from are counted and named."""

import pytest

from storage.audit.descent import descent_problems
from storage.audit.outstanding import TrainedOn, outstanding
from storage.records.manifests import DatasetManifest, get_record
from storage.rows.dataset import Dataset
from storage.rows.stage_names import CLIPS, FOOTAGE
from storage.withdrawal.deny_list import Withdrawal


def problems(store, dataset):
    return descent_problems(store.objects, dataset, get_record(store.objects, dataset, DatasetManifest))


def test_every_row_descends_from_the_video_it_names(staged_clips):
    assert problems(staged_clips.store, staged_clips.dataset) == []


@pytest.mark.parametrize("stage", [FOOTAGE, CLIPS])
def test_a_row_that_names_another_video_is_named(staged_clips, staged_clips_copy, with_rows_changed, stage):
    accepted = Dataset(staged_clips.store.objects, staged_clips.dataset)[stage].accepted()
    first = accepted[0][0].sample_id
    forged = with_rows_changed(
        staged_clips_copy,
        staged_clips.dataset,
        stage,
        lambda row: {"source_ids": ["f" * 64]} if row["sample_id"] == first else {},
    )
    found = problems(staged_clips_copy, forged)[0]
    assert found.part_of == f"dataset {forged[:12]}… ({stage})"
    assert f"1 rows name other videos than those they were made from; first: {first[:12]}…" in found.what


def test_a_checkpoint_depends_on_the_videos_whose_clips_it_was_trained_on(staged_clips):
    store, dataset = staged_clips.store, staged_clips.dataset
    rows = Dataset(store.objects, dataset)["clips"].table(["source_ids"]).to_pylist()
    video = rows[0]["source_ids"][0]
    manifests = {dataset: get_record(store.objects, dataset, DatasetManifest)}
    denied = {video: Withdrawal(video, "asked for", "2026-01-02", "ann", "run", noun="video")}
    trained_on = {"of clips": [TrainedOn(dataset, "clips")], "of stills": [TrainedOn(dataset, "sequences")]}
    (one,) = outstanding(store.objects, denied, manifests, trained_on)
    assert (one.datasets, one.checkpoints) == ((dataset,), ("of clips",))
