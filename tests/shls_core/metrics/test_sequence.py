"""Scoring of whole sequences: which frames, which objects, which errors."""

import weakref

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.metrics.sequence import SequenceScorer, score_sequence

# Left half object 1, right half object 2.
TWO_OBJECTS = np.repeat(np.array([[1, 2]], np.uint8), 4, axis=1).repeat(6, axis=0)


def frames(*labels):
    return np.stack([np.asarray(frame, np.uint8) for frame in labels])


def swapped(labels):
    return np.array([0, 2, 1], np.uint8)[labels]


def test_first_and_last_frame_are_not_scored():
    empty = np.zeros_like(TWO_OBJECTS)
    truth = frames(*[TWO_OBJECTS] * 4)
    for scored in score_sequence(frames(empty, TWO_OBJECTS, TWO_OBJECTS, empty), truth):
        assert scored.frame_j == (1.0, 1.0)
        assert scored.frame_f == (1.0, 1.0)
    for scored in score_sequence(frames(TWO_OBJECTS, empty, empty, TWO_OBJECTS), truth):
        assert scored.frame_j == (0.0, 0.0)
        assert scored.frame_f == (0.0, 0.0)


def test_frames_that_are_not_scored_are_not_looked_at():
    truth = frames(*[TWO_OBJECTS] * 3)
    result = truth.copy()
    result[[0, -1]] = 200
    assert [scored.frame_j for scored in score_sequence(result, truth)] == [(1.0,), (1.0,)]


def test_objects_come_in_the_order_of_their_labels():
    truth = frames(*[TWO_OBJECTS] * 3)
    result = truth.copy()
    result[result == 2] = 0
    first, second = score_sequence(result, truth, "judo")
    assert (first.name, first.frame_j) == ("judo_1", (1.0,))
    assert (second.name, second.frame_j) == ("judo_2", (0.0,))


def test_objects_of_the_result_keep_their_labels():
    truth = frames(*[TWO_OBJECTS] * 3)
    assert [scored.frame_j for scored in score_sequence(swapped(truth), truth)] == [(0.0,), (0.0,)]


def test_frame_values_by_hand():
    # An object of 2 x 2 pixels in frame 1; the result has half of it. J = 1/2.
    truth = np.zeros((3, 4, 4), np.uint8)
    truth[:, 1:3, 1:3] = 1
    result = truth.copy()
    result[1, 2] = 0
    # Tolerance 1 px. Boundaries: the ring of 3 x 3 pixels and, in the result, its two upper rows, filled.
    # The ring's lower row is 1 px below those, the filled pixel 1 px below the ring: all match.
    [scored] = score_sequence(result, truth)
    assert scored.frame_j == (0.5,)
    assert scored.frame_f == (1.0,)
    assert scored.scores.jf_mean == 0.75


def test_objects_are_those_of_the_first_annotated_frame():
    late = TWO_OBJECTS.copy()
    late[0, 0] = 3
    truth = frames(TWO_OBJECTS, late, TWO_OBJECTS)
    scored = score_sequence(frames(TWO_OBJECTS, TWO_OBJECTS, TWO_OBJECTS), truth)
    assert [one.object_id for one in scored] == [1, 2]
    assert scored[0].frame_j == (23 / 24,)  # the late object's pixel is background


def test_label_missing_in_between_is_an_object():
    truth = frames(*[np.where(TWO_OBJECTS == 2, 3, TWO_OBJECTS)] * 3)
    scored = score_sequence(truth, truth)
    assert [one.object_id for one in scored] == [1, 2, 3]
    assert scored[1].frame_j == (1.0,)  # empty and empty


def test_objects_missing_in_the_result_are_empty_masks():
    truth = frames(*[TWO_OBJECTS] * 4)
    truth[2][truth[2] == 2] = 0  # object 2 is gone in frame 2
    result = np.where(truth == 2, 0, truth).astype(np.uint8)
    second = score_sequence(result, truth)[1]
    assert second.frame_j == (0.0, 1.0)
    assert second.frame_f == (0.0, 1.0)


def test_void_is_background_in_the_annotation():
    truth = frames(*[TWO_OBJECTS] * 3)
    truth[:, 0, :] = 255
    result = frames(*[TWO_OBJECTS] * 3)
    scored = score_sequence(result, truth)
    assert [one.object_id for one in scored] == [1, 2]
    # Void pixels count against the result: 20 common pixels, 24 in the union.
    assert [one.frame_j for one in scored] == [(20 / 24,), (20 / 24,)]


@pytest.mark.parametrize("fill", [0, 255])
def test_first_mask_without_object_is_an_error(fill):
    with pytest.raises(InputError, match=r"objects 1\.\.K in the first mask, got none \(sequence swan\)"):
        SequenceScorer(np.full((4, 4), fill, np.uint8), "swan")


def test_more_objects_than_annotated_is_an_error():
    truth = frames(*[TWO_OBJECTS] * 4)
    result = truth.copy()
    result[2, 0, 0] = 3
    with pytest.raises(InputError, match=r"labels 0\.\.2, got 3 \(sequence judo, frame 2\)"):
        score_sequence(result, truth, "judo")


def test_void_in_the_result_is_an_object_too_many():
    truth = frames(*[TWO_OBJECTS] * 3)
    result = truth.copy()
    result[1, 0, 0] = 255
    with pytest.raises(
        InputError, match=r"labels 0\.\.2, got 255, which is void.*\(sequence judo, frame 1\)"
    ):
        score_sequence(result, truth, "judo")


@pytest.mark.parametrize("num_frames", [0, 1, 2])
def test_nothing_to_score_is_an_error(num_frames):
    truth = np.stack([TWO_OBJECTS] * 3)[:num_frames]
    match = rf"at least 3 frames, got {num_frames}: the first and the last .* not scored \(sequence judo\)"
    with pytest.raises(InputError, match=match):
        score_sequence(truth, truth, "judo")


def test_scorer_without_frames_has_no_scores():
    with pytest.raises(InputError, match=r"at least one frame to score, got none.*\(sequence judo\)"):
        SequenceScorer(TWO_OBJECTS, "judo").scores()


@pytest.mark.parametrize("num_frames", [3, 5])
def test_result_of_another_length_is_an_error(num_frames):
    truth = frames(*[TWO_OBJECTS] * 4)
    result = frames(*[TWO_OBJECTS] * num_frames)
    with pytest.raises(InputError, match=rf"4 result frames, got {num_frames} \(sequence judo\)"):
        score_sequence(result, truth, "judo")


def test_masks_of_another_size_are_an_error():
    scorer = SequenceScorer(TWO_OBJECTS, "judo")
    scorer.add(TWO_OBJECTS, TWO_OBJECTS)
    other = TWO_OBJECTS[:-1]
    with pytest.raises(
        InputError, match=r"result of shape \(6, 8\), got \(5, 8\) \(sequence judo, frame 2\)"
    ):
        scorer.add(other, TWO_OBJECTS)
    with pytest.raises(InputError, match=r"annotation of shape \(6, 8\), got \(5, 8\) .* frame 2\)"):
        scorer.add(other, other)


def test_refused_frame_leaves_the_scorer_as_it_was():
    scorer = SequenceScorer(TWO_OBJECTS)
    scorer.add(TWO_OBJECTS, TWO_OBJECTS)
    before = scorer.scores()
    with pytest.raises(InputError):
        scorer.add(np.full_like(TWO_OBJECTS, 3), TWO_OBJECTS)
    assert scorer.scores() == before


def test_frame_by_frame_equals_all_at_once():
    rng = np.random.default_rng(0)
    result, truth = rng.integers(0, 3, (2, 7, 12, 15), dtype=np.uint8)
    scorer = SequenceScorer(truth[0], "noise")
    for t in range(1, 6):
        scorer.add(result[t], truth[t])
    assert scorer.scores() == score_sequence(result, truth, "noise")


def test_scorer_keeps_no_mask():
    masks = [TWO_OBJECTS.copy() for _ in range(3)]
    references = [weakref.ref(mask) for mask in masks]
    scorer = SequenceScorer(masks[0])
    scorer.add(masks[1], masks[2])
    masks.clear()
    assert [reference() for reference in references] == [None, None, None]
    assert len(scorer.scores()) == 2
