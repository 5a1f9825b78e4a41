"""Records and the mean over all objects."""

import dataclasses

import pytest

from shls_core.errors import InputError
from shls_core.metrics.scores import ObjectScores, Scores, global_scores, scores_over_frames


def scored(sequence, object_id, frame_j, frame_f):
    return ObjectScores(
        sequence=sequence,
        object_id=object_id,
        frame_j=tuple(frame_j),
        frame_f=tuple(frame_f),
        scores=scores_over_frames(frame_j, frame_f),
    )


def test_scores_over_frames_by_hand():
    scores = scores_over_frames([1.0, 0.5, 0.25, 0.25, 0.0], [1.0, 1.0, 1.0, 0.75, 0.25])
    assert scores == Scores(j_mean=0.4, j_recall=0.2, j_decay=0.625, f_mean=0.8, f_recall=0.8, f_decay=0.5)


def test_jf_mean_is_halfway_between_the_means():
    assert scores_over_frames([0.25], [0.75]).jf_mean == 0.5


def test_as_dict_has_the_official_keys_in_the_official_order():
    scores = Scores(j_mean=0.5, j_recall=0.1, j_decay=0.2, f_mean=1.0, f_recall=0.3, f_decay=0.4)
    assert list(scores.as_dict().items()) == [
        ("J&F-Mean", 0.75),
        ("J-Mean", 0.5),
        ("J-Recall", 0.1),
        ("J-Decay", 0.2),
        ("F-Mean", 1.0),
        ("F-Recall", 0.3),
        ("F-Decay", 0.4),
    ]


def test_global_scores_are_means_over_objects_not_over_frames():
    long = scored("long", 1, [1.0] * 9, [1.0] * 9)
    short = scored("short", 1, [0.0], [0.5])
    scores = global_scores([long, short])
    assert scores.j_mean == 0.5  # pooled over frames: 0.9
    assert scores.f_mean == 0.75
    assert scores.j_recall == 0.5
    assert scores.jf_mean == 0.625


def test_global_scores_are_means_over_objects_not_over_sequences():
    crowd = [scored("crowd", object_id, [1.0, 1.0], [1.0, 1.0]) for object_id in (1, 2, 3)]
    alone = [scored("alone", 1, [0.0, 0.0], [0.0, 0.0])]
    assert global_scores(crowd + alone).jf_mean == 0.75  # sequence by sequence: 0.5


def test_global_scores_average_each_number_by_itself():
    def one(**numbers):
        return ObjectScores(
            sequence="s", object_id=1, frame_j=(0.0,), frame_f=(0.0,), scores=Scores(**numbers)
        )

    low = one(j_mean=0.0, j_recall=0.125, j_decay=-0.5, f_mean=0.25, f_recall=0.5, f_decay=0.0)
    high = one(j_mean=1.0, j_recall=0.375, j_decay=0.25, f_mean=0.5, f_recall=1.0, f_decay=0.75)
    assert global_scores(iter([low, high])) == Scores(
        j_mean=0.5, j_recall=0.25, j_decay=-0.125, f_mean=0.375, f_recall=0.75, f_decay=0.375
    )


def test_global_scores_of_nothing_are_an_error():
    with pytest.raises(InputError, match="at least one object, got none"):
        global_scores([])


def test_object_is_named_after_sequence_and_id():
    assert scored("bike-packing", 2, [1.0], [1.0]).name == "bike-packing_2"


def test_records_are_frozen():
    record = scored("swan", 1, [1.0], [1.0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.scores.j_mean = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.object_id = 2
