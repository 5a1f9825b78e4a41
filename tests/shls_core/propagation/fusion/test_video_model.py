import numpy as np
import pytest
import torch

from shls_core.propagation.fusion.config import VideoModelConfig
from shls_core.propagation.fusion.video_model import Samples, VideoModel

CONFIG = VideoModelConfig(l2=0.01, tolerance=1e-6)


def samples(labels, seed=0, size=12):
    """Superpixels whose descriptors are noise around the one-hot vector of their label."""
    labels = torch.tensor(labels)
    noise = torch.randn(len(labels), size, generator=torch.Generator().manual_seed(seed))
    return Samples(2.0 * torch.eye(size)[labels] + 0.3 * noise, labels)


FIRST = samples([0] * 60 + [1] * 20 + [3] * 20)
CLASSES = torch.tensor([0, 1, 3])
SEEN = samples([0, 1, 3, 0, 1, 3], seed=1)


def test_objects_are_separated_with_probabilities():
    found = VideoModel(CONFIG, FIRST).probabilities(SEEN.descriptors, CLASSES)
    assert found.shape == (6, 3)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(6))
    assert torch.equal(CLASSES[found.argmax(dim=1)], SEEN.labels)
    swapped = VideoModel(CONFIG, FIRST).probabilities(SEEN.descriptors, CLASSES.flip(0))
    assert torch.equal(swapped.flip(1), found)


def test_names_of_objects_and_the_order_of_superpixels_do_not_matter():
    order = torch.randperm(100, generator=torch.Generator().manual_seed(2))
    names = torch.tensor([0, 7, 0, 2])  # object 1 is 7, object 3 is 2
    other = Samples(FIRST.descriptors[order], names[FIRST.labels[order]])
    later = samples([0] * 9 + [1] * 5 + [3] * 2, seed=3)
    models = [VideoModel(CONFIG, FIRST), VideoModel(CONFIG, other)]
    models[0].learn(later)
    models[1].learn(Samples(later.descriptors.flip(0), names[later.labels.flip(0)]))
    found = models[0].probabilities(SEEN.descriptors, CLASSES)
    again = models[1].probabilities(SEEN.descriptors, names[CLASSES])
    torch.testing.assert_close(again, found, atol=1e-3, rtol=0)


def test_units_of_descriptors_do_not_matter_and_constant_ones_say_nothing():
    factor, shift = torch.linspace(0.01, 100.0, 12), torch.linspace(-5.0, 5.0, 12)

    def changed(descriptors, constant):
        return torch.cat([descriptors * factor + shift, torch.full((len(descriptors), 1), constant)], dim=1)

    found = VideoModel(CONFIG, FIRST).probabilities(SEEN.descriptors, CLASSES)
    model = VideoModel(CONFIG, Samples(changed(FIRST.descriptors, 7.0), FIRST.labels))
    again = model.probabilities(changed(SEEN.descriptors, 1e6), CLASSES)
    torch.testing.assert_close(again, found, atol=1e-3, rtol=0)


def test_descriptors_that_are_all_constant_leave_every_class_equally_probable():
    model = VideoModel(CONFIG, Samples(torch.ones(10, 4), torch.tensor([0] * 9 + [1])))
    found = model.probabilities(torch.randn(5, 4), torch.tensor([0, 1]))
    torch.testing.assert_close(found, torch.full((5, 2), 0.5), atol=1e-3, rtol=0)


def test_a_class_of_one_superpixel_has_the_importance_of_any_other():
    first = samples([0] * 500 + [1])
    found = VideoModel(CONFIG, first).probabilities(
        torch.cat([first.descriptors[-1:], SEEN.descriptors[1:2]]), torch.tensor([0, 1])
    )
    assert float(found[0, 1]) > 0.8
    assert found.isfinite().all()


def test_a_frame_of_background_or_of_nothing_is_learnt_like_any_other():
    model = VideoModel(CONFIG, FIRST)
    model.learn(samples([0] * 20, seed=4))
    model.learn(Samples(FIRST.descriptors[:0], FIRST.labels[:0]))
    found = model.probabilities(SEEN.descriptors, CLASSES)
    assert torch.equal(CLASSES[found.argmax(dim=1)], SEEN.labels)
    only = VideoModel(CONFIG, samples([0] * 20))
    assert only.probabilities(SEEN.descriptors, torch.tensor([0, 9])).tolist() == [[1.0, 0.0]] * 6


def test_it_learns_what_changes_and_forgets_what_is_old():
    config = VideoModelConfig(l2=0.01, frames=2, tolerance=1e-6)
    model, same = VideoModel(config, FIRST), VideoModel(config, FIRST)
    moved = Samples(FIRST.descriptors.roll(1, dims=1), FIRST.labels)
    changed = moved.descriptors[-20:]  # of object 3
    before = float(model.probabilities(changed, CLASSES)[:, 2].mean())
    for _ in range(2):
        model.learn(moved)
    assert float(model.probabilities(changed, CLASSES)[:, 2].mean()) > before + 0.2
    kept = [samples([0] * 30 + [1] * 9 + [3] * 9, seed=seed) for seed in (5, 6)]
    for later in kept:
        model.learn(later)
        same.learn(later)
    assert len(model._recent) == 2
    torch.testing.assert_close(
        model.probabilities(SEEN.descriptors, CLASSES),
        same.probabilities(SEEN.descriptors, CLASSES),
        atol=1e-3,
        rtol=0,
    )


@pytest.mark.parametrize("frames", [0, 3])
def test_memory_is_bounded_by_frames_and_given_masks(frames):
    model = VideoModel(VideoModelConfig(frames=frames), FIRST)
    for seed in range(10):
        model.learn(samples([0, 1, 3] * 4, seed=seed))
    model.introduce(samples([2] * 5, seed=20))
    held = [len(one.labels) for one in (*model._given, *model._recent)]
    assert held == [100, 5, *[12] * frames]


def test_an_object_that_appears_later_is_known_from_then_on():
    model, classes = VideoModel(CONFIG, FIRST), torch.tensor([0, 1, 2, 3])
    later = samples([2] * 8 + [1, 1], seed=7)
    assert float(model.probabilities(later.descriptors, classes)[:, 2].max()) == 0.0
    model.introduce(samples([2] * 15, seed=8))
    model.learn(samples([0, 1, 2, 3] * 5, seed=9))
    found = model.probabilities(later.descriptors, classes)
    assert torch.equal(classes[found.argmax(dim=1)], later.labels)
    fresh = VideoModel(
        CONFIG,
        Samples(
            torch.cat([FIRST.descriptors, samples([2] * 15, seed=8).descriptors]),
            torch.cat([FIRST.labels, torch.full((15,), 2)]),
        ),
    )
    fresh.learn(samples([0, 1, 2, 3] * 5, seed=9))
    torch.testing.assert_close(fresh.probabilities(later.descriptors, classes), found, atol=1e-3, rtol=0)


def test_the_same_video_gives_the_same_bits():
    def run():
        model = VideoModel(CONFIG, FIRST)
        for seed in range(3):
            model.learn(samples([0] * 30 + [1] * 10 + [3] * 10, seed=seed))
            found = model.probabilities(SEEN.descriptors, CLASSES)
        return found.numpy()

    assert np.array_equal(run(), run())
