"""A video labelled twice."""

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch

from shls_core.adaptation.config import AdaptationConfig
from shls_core.adaptation.report import AdaptationReport
from shls_core.adaptation.two_passes import VideoAdaptation
from shls_core.errors import InputError
from shls_core.files.videos.frame import Frame

ADAPTATION = VideoAdaptation(
    AdaptationConfig(size=32, width=0.0625, steps=2, num_threads=1), torch.device("cpu")
)


def video(count, *damaged, size=(24, 32)):
    for number in range(count):
        pixels = np.full((*size, 3), 3 * number % 256, np.uint8)
        yield Frame(f"f{number}", pixels, is_damaged=number in damaged)


def square(label, row=4):
    mask = np.zeros((24, 32), np.uint8)
    mask[row : row + 8, 8:20] = label
    return mask


def after(labels, masks, damaged=(), again=None, adaptation=ADAPTATION, **how):
    propagated = zip(video(len(labels), *damaged), labels, strict=True)
    read_again = again or (lambda: video(len(labels), *damaged))
    return list(adaptation.after(propagated, read_again, masks, **how))


def test_frames_keep_their_order_and_names_and_before_the_first_mask_is_background():
    labels = [np.zeros((24, 32), np.uint8)] * 2 + [square(1)] * 3
    found = after(labels, {2: square(1)})
    assert [frame.name for frame, _ in found] == ["f0", "f1", "f2", "f3", "f4"]
    assert not found[0][1].any()
    assert not found[1][1].any()
    np.testing.assert_array_equal(found[2][1], square(1))


def test_given_objects_are_exact_and_none_occurs_before_it_is_given():
    both = np.maximum(square(1), square(2, row=14))
    found = [
        labels for _, labels in after([square(1)] * 2 + [both] * 2, {0: square(1), 2: square(2, row=14)})
    ]
    np.testing.assert_array_equal(found[0], square(1))
    np.testing.assert_array_equal(found[2] == 2, square(2, row=14) == 2)
    assert 2 not in found[1]
    assert 2 in found[3]  # as propagated, if the network did not learn it


def test_a_damaged_frame_has_the_labels_of_the_frame_before_it():
    found = [labels for _, labels in after([square(1)] * 5, {0: square(1)}, damaged=(1, 3))]
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[3], found[2])


def test_the_same_video_gets_the_same_labels():
    labels = [square(1, row=4 + number) for number in range(5)]
    one, other = (np.stack([found for _, found in after(labels, {0: square(1)})]) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_a_given_mask_alone_is_the_result():
    report = AdaptationReport()
    [(_, found)] = after([square(3)], {0: square(3)}, report=report)
    np.testing.assert_array_equal(found, square(3))
    assert report.steps == 0
    assert list(report.lines()) == ["adaptation: nothing to learn from in fewer than two frames"]


def test_the_report_says_which_propagated_masks_were_kept():
    unlearnable = VideoAdaptation(
        AdaptationConfig(size=32, width=0.0625, steps=1, num_threads=1), torch.device("cpu")
    )
    report = AdaptationReport()
    labels = [square(1), square(1, row=8)]
    found = after(labels, {0: square(1)}, adaptation=unlearnable, report=report)
    assert (report.steps, report.unlearned) == (1, (1,))
    np.testing.assert_array_equal(found[1][1], labels[1])
    assert list(report.lines()) == [
        "adaptation: object 1 keeps its propagated masks: the network did not learn it"
    ]


def test_watchers_see_frames_then_steps():
    seen = []
    after([square(1)] * 3, {0: square(1)}, watch=lambda *now: seen.append(now))
    assert seen == [("propagate", n, 0) for n in (1, 2, 3)] + [("adapt", 1, 2), ("adapt", 2, 2)]


@pytest.mark.parametrize(
    "again",
    [lambda: video(2), lambda: video(4), lambda: video(3, size=(24, 30))],
    ids=["fewer", "more", "size"],
)
def test_another_video_at_the_second_reading_is_an_error(again):
    with pytest.raises(InputError, match=r"expected the same 3 frames .* the video was changed meanwhile"):
        after([square(1)] * 3, {0: square(1)}, again=again)


def test_settings_of_torch_are_as_before():
    threads = torch.get_num_threads()
    propagated = zip(video(3), [square(1)] * 3, strict=True)
    adaptation = replace(ADAPTATION, config=ADAPTATION.config.model_copy(update={"num_threads": threads + 1}))
    for _ in adaptation.after(propagated, lambda: video(3), {0: square(1)}):
        assert torch.get_num_threads() == threads
        assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_the_video():
    def peak(count):
        def labelled():
            for frame in video(count, size=(96, 96)):
                labels = np.zeros((96, 96), np.uint8)
                labels[20:60, 20:60] = 1
                yield frame, labels

        mask = np.zeros((96, 96), np.uint8)
        mask[20:60, 20:60] = 1
        gc.collect()
        tracemalloc.start()
        for _ in ADAPTATION.after(labelled(), lambda: video(count, size=(96, 96)), {0: mask}):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(3)  # what is loaded once
    assert peak(400) < peak(140) + 1_000_000  # the pixels of 260 frames are 7 MB, their labels 2 MB
