"""Masks by a network, and what they never lose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.adaptation.adapted_labels import LEAST_KEPT, AdaptedLabels
from shls_core.adaptation.learning import VideoNetwork
from shls_core.adaptation.material import LearningMaterial

LABELS = (4, 2)
FRAME = np.zeros((32, 48, 3), np.uint8)


def first_mask():
    mask = np.zeros((32, 48), np.uint8)
    mask[4:14, 4:20] = 4
    mask[18:28, 24:44] = 2
    return mask


class Fixed(VideoNetwork):
    """A network that answers with set shares; in the frames it learned from, with their own classes."""

    def __init__(self, material, shares, learned):
        self.frames, self.answer, self.learned = material.frames(), shares, learned

    def shares(self, pixels, num_classes):
        for frame in self.frames:
            if pixels is frame.pixels:
                classes = np.arange(num_classes)[:, None, None] == frame.classes
                return (classes * np.array([True, *self.learned])[:num_classes, None, None]).astype(
                    np.float32
                )
        return self.answer[:num_classes]


def adapted(shares, learned=(True, True), fuse=0.0):
    """Objects are given in the order of `LABELS`, each in a frame of its own."""
    material, mask = LearningMaterial(32), first_mask()
    for label, there in zip(LABELS, (mask == 4, mask > 0), strict=True):
        labels = np.where(there, mask, 0).astype(np.uint8)
        material.add(FRAME, labels, np.where(mask == label, label, 0).astype(np.uint8))
    assert material.labels == list(LABELS)
    return AdaptedLabels(Fixed(material, shares, learned), material, fuse)


def shares_of(classes):
    return (np.arange(3)[:, None, None] == classes).astype(np.float32)


def test_the_largest_share_wins_at_the_size_of_the_frame():
    classes = np.zeros((32, 32), np.uint8)
    classes[:16, :16], classes[16:, 16:] = 1, 2
    labels = adapted(shares_of(classes)).labels(FRAME, np.zeros((32, 48), np.uint8), 2)
    assert labels.shape == (32, 48)
    assert (labels[:15, :23] == 4).all()
    assert (labels[17:, 25:] == 2).all()
    assert (labels[:15, 25:] == 0).all()


def test_an_object_that_is_not_given_yet_does_not_occur():
    classes = np.full((32, 32), 2, np.uint8)
    labels = adapted(shares_of(classes)).labels(FRAME, np.zeros((32, 48), np.uint8), 1)
    assert set(np.unique(labels)) <= {0, 4}


def test_an_object_that_the_network_loses_keeps_its_propagated_mask_and_is_counted():
    found = adapted(shares_of(np.zeros((32, 32), np.uint8)))
    np.testing.assert_array_equal(found.labels(FRAME, first_mask(), 2), first_mask())
    assert (found.unlearned, found.kept_frames) == ((), {4: 1, 2: 1})


def test_an_object_that_the_network_did_not_learn_keeps_its_propagated_masks():
    everywhere = adapted(shares_of(np.full((32, 32), 1, np.uint8)), learned=(False, True))
    assert everywhere.unlearned == (4,)
    labels = everywhere.labels(FRAME, first_mask(), 2)
    np.testing.assert_array_equal(labels == 4, first_mask() == 4)


def test_given_objects_are_there_and_nowhere_else():
    classes = np.full((32, 32), 1, np.uint8)
    given_mask = np.zeros((32, 48), np.uint8)
    given_mask[20:24, 2:6] = 4
    labels = adapted(shares_of(classes)).labels(FRAME, first_mask(), 2, given_mask)
    np.testing.assert_array_equal(labels == 4, given_mask == 4)


def test_another_label_has_to_be_ahead_by_what_is_added_to_the_propagated_one():
    def labels(share):
        shares = np.full((3, 32, 32), 0.0, np.float32)
        shares[0], shares[1] = 1 - share, share
        return adapted(shares, fuse=0.5).labels(FRAME, first_mask(), 2)

    was_background = first_mask() == 0
    assert (labels(0.7)[was_background] == 0).all()
    assert (labels(0.8)[was_background] == 4).all()
    assert (labels(0.3)[first_mask() == 4] == 4).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.booleans(), st.booleans()),
    st.floats(0.0, 3.0),
    st.sampled_from([0.0, 0.5]),
)
def test_no_object_that_was_there_is_lost_whatever_the_network_says(seed, learned, sharpness, fuse):
    rng = np.random.default_rng(seed)
    shares = rng.random((3, 32, 32), dtype=np.float32) * rng.random((3, 1, 1), dtype=np.float32) ** sharpness
    propagated = rng.choice(np.array([0, 2, 4], np.uint8), (32, 48), p=rng.dirichlet([0.3] * 3))
    labels = adapted(shares, learned, fuse).labels(FRAME, propagated, 2)
    for label in LABELS:
        there = propagated == label
        assert (labels[there] == label).sum() >= LEAST_KEPT * there.sum()
        assert (labels == label).any() or not there.any()


@pytest.mark.parametrize("num_known", [1, 2])
def test_labels_are_those_of_objects_that_are_known(num_known):
    rng = np.random.default_rng(1)
    labels = adapted(rng.random((3, 32, 32), dtype=np.float32)).labels(
        FRAME, np.zeros((32, 48), np.uint8), num_known
    )
    assert np.unique(labels).tolist() == sorted([0, *LABELS[:num_known]])
