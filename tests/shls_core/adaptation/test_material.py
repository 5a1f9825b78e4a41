"""The frames that a network learns from."""

import numpy as np

from shls_core.adaptation.material import MOST_FRAMES, LearningMaterial


def mask(*labels):
    """Labels in stripes over 40x60."""
    found = np.zeros((40, 60), np.uint8)
    for place, label in enumerate(labels):
        found[10 * place : 10 * place + 10] = label
    return found


def collected(count, given):
    material = LearningMaterial(32)
    known = []
    for number in range(count):
        known += [label for label in np.unique(given.get(number, 0)) if label and label not in known]
        material.add(np.full((40, 60, 3), number % 256, np.uint8), mask(*known), given.get(number))
    return material


def test_a_short_video_is_kept_whole_at_the_size_of_the_network():
    frames = collected(5, {0: mask(7)}).frames()
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.is_given for frame in frames] == [True, False, False, False, False]
    assert all(frame.pixels.shape == (32, 32, 3) and frame.classes.shape == (32, 32) for frame in frames)
    assert [int(frame.pixels[0, 0, 0]) for frame in frames] == [0, 1, 2, 3, 4]


def test_classes_are_numbered_as_objects_are_given():
    material = collected(4, {0: mask(9), 2: mask(9, 3)})
    assert material.labels == [9, 3]
    early, _, later, _ = material.frames()
    assert (early.num_classes, later.num_classes) == (2, 3)
    assert np.unique(early.classes).tolist() == [0, 1]
    assert later.classes[2, 0] == 1
    assert later.classes[12, 0] == 2


def test_of_a_long_video_few_frames_are_kept_evenly_spread_and_those_that_give_objects():
    given = {0: mask(1), 777: mask(0, 2)}
    numbers = [frame.number for frame in collected(2000, given).frames()]
    assert 777 in numbers
    spread = [number for number in numbers if number != 777]
    assert MOST_FRAMES // 2 <= len(spread) <= MOST_FRAMES
    assert set(np.diff(spread)) == {16}
