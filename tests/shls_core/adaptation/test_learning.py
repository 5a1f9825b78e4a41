"""A network that learns one video."""

import numpy as np
import pytest
import torch

from shls_core.adaptation.config import AdaptationConfig
from shls_core.adaptation.learning import VideoLearner, frame_weights, learn_video
from shls_core.adaptation.material import LearningFrame, LearningMaterial

CPU = torch.device("cpu")
SMALL = AdaptationConfig(size=64, width=0.125, steps=3)


def material_of(frames, labels, given):
    material = LearningMaterial(64)
    for number, (pixels, one) in enumerate(zip(frames, labels, strict=True)):
        material.add(pixels, one, given.get(number))
    return material.frames()


def empty(number, is_given=False):
    return LearningFrame(number, np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8), 2, is_given)


def test_weights_fall_with_time_and_given_frames_have_theirs():
    frames = [empty(0, is_given=True), empty(5), empty(10, is_given=True), empty(20)]
    expected = np.array([2.0, 1 - 0.7 * 5 / 20, 2.0, 0.3])
    np.testing.assert_allclose(frame_weights(frames, 0.7, 2.0), expected / expected.mean())


def test_weights_of_a_single_frame_are_1():
    assert frame_weights([empty(0, is_given=True)], 0.7, 2.0) == [1.0]


def test_the_same_frames_and_seed_give_the_same_network(toy):
    frames, masks = toy.moving_disc(5)
    material = material_of(frames, masks, {0: masks[0]})

    def shares(config):
        torch.manual_seed(int(np.random.default_rng().integers(100)))  # no part of it
        return learn_video(material, config, CPU).shares(frames[2], 2)

    np.testing.assert_array_equal(shares(SMALL), shares(SMALL))
    assert (shares(SMALL) != shares(SMALL.model_copy(update={"seed": 1}))).any()


def test_steps_are_reported(toy):
    frames, masks = toy.moving_disc(2)
    done = []
    learn_video(material_of(frames, masks, {0: masks[0]}), SMALL, CPU, lambda *now: done.append(now))
    assert done == [(1, 3), (2, 3), (3, 3)]


def test_it_learns_several_objects_also_one_that_is_given_later(toy):
    frames, first = toy.moving_disc(8)
    others, second = toy.moving_disc(8, colour=(40, 90, 220), start=(46, 48), pace=(-0.5, -1.2), radius=9)
    shown = [
        np.where(mask[..., None] > 0, other, one)
        for one, other, mask in zip(frames, others, second, strict=True)
    ]
    # The second is in sight from the beginning, and part of the background until it is given.
    labels = [
        np.where(b > 0, 2 * (number >= 3), a) for number, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    labels = [one.astype(np.uint8) for one in labels]
    given = {0: labels[0], 3: np.where(second[3] > 0, 2, 0).astype(np.uint8)}
    config = AdaptationConfig(size=64, width=0.125, steps=80)
    network = learn_video(material_of(shown, labels, given), config, CPU)

    seen = [network.shares(frame, 3).argmax(axis=0) for frame in shown]
    for label, true in ((1, first), (2, second)):
        wanted = [(a > 0) & ((label == 2) | (b == 0)) for a, b in zip(true, second, strict=True)]
        assert toy.overlap([one == label for one in seen], wanted) > 0.8
    early = network.shares(shown[1], 2)
    assert early.shape[0] == 2
    np.testing.assert_allclose(early.sum(axis=0), 1.0, rtol=1e-5)


@pytest.mark.slow
def test_it_corrects_errors_that_wander_and_copies_them_after_many_more_steps(toy):
    """As published: best after some steps; with many more, the errors of the labels are learned, too."""
    frames, masks = toy.moving_disc(24)
    labels = toy.with_wandering_errors(masks)
    assert 0.08 < np.mean([a != b for a, b in zip(labels[1:], masks[1:], strict=True)]) < 0.12
    config = AdaptationConfig(size=64, width=0.25, decay_every=10_000)
    learner = VideoLearner(material_of(frames, labels, {0: masks[0]}), config, CPU)
    scores = []
    while learner.num_steps < 1_200:
        learner.step()
        if learner.num_steps % 20 == 0:
            network = learner.network()
            seen = [network.shares(frame, 2).argmax(axis=0) for frame in frames]
            scores.append(toy.overlap([one > 0 for one in seen], [mask > 0 for mask in masks]))
    of_labels = toy.overlap([one > 0 for one in labels], [mask > 0 for mask in masks])
    best = int(np.argmax(scores))
    assert max(scores) > of_labels + 0.1
    assert best < len(scores) // 2
    assert np.mean(scores[-5:]) < max(scores) - 0.05
