"""Labels through time against lists of frames in which frames occur again and again."""

import math
from itertools import product

import numpy as np
import pytest
import torch

from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.label_tracker import LabelTracker

HEIGHT, WIDTH, RADIUS, SIZE, NEIGHBOURS = 4, 7, 2.5, 3, 10
CELLS = list(product(range(HEIGHT), range(WIDTH)))


def features_of(num_frames: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(num_frames, HEIGHT, WIDTH, 8, generator=generator)
    return torch.nn.functional.normalize(values, dim=3)


def config(**changes) -> LabelPropagationConfig:
    return LabelPropagationConfig(**{"context": SIZE, "radius": RADIUS, "neighbours": NEIGHBOURS} | changes)


def share(seed: int) -> torch.Tensor:
    return torch.rand(HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed)) * 0.5


def voted(features, shares, number, start, again, everywhere=True):
    """Shares of a frame by the ten best cells of a list of frames, in float64; `shares` by frame and cell."""
    listed = [(n, everywhere) for n in (start, *again)]
    listed += [(max(start, earlier), False) for earlier in range(number - SIZE, number)]
    listed.sort()
    own = features[number].flatten(0, 1).double()
    similarities = {n: (own @ features[n].flatten(0, 1).double().T).tolist() for n, _ in listed}
    found = []
    for q, place in enumerate(CELLS):
        candidates = []
        for n, unrestricted in listed:
            for c, other in enumerate(CELLS):
                if unrestricted or math.dist(place, other) < RADIUS:
                    candidates.append((-similarities[n][q][c], n, c))
        best = sorted(candidates)[:NEIGHBOURS]
        votes = np.exp([-similarity / 0.05 for similarity, *_ in best])
        found.append(sum(v * shares[n][c] for v, (_, n, c) in zip(votes / votes.sum(), best, strict=True)))
    return np.stack(found)


def flat(values: torch.Tensor) -> np.ndarray:
    return values.flatten(1).T.double().numpy()


@pytest.mark.parametrize("everywhere", [True, False])
def test_one_context_is_the_list_with_repetitions(everywhere):
    features = features_of(8)
    given = {3: share(1), 9: share(2)}
    tracker = LabelTracker(config(first_frame_unrestricted=everywhere), features[0], given)
    assert tracker.labels == [0, 3, 9]
    shares = [flat(torch.stack([1 - given[3] - given[9], given[3], given[9]]))]
    for number in range(1, 8):
        found = flat(tracker.step(features[number]))
        shares.append(voted(features, shares, number, 0, (), everywhere))
        np.testing.assert_allclose(found, shares[number], atol=1e-5)
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_objects_that_appear_later_have_a_context_of_their_own_and_all_contexts_share_what_is_merged():
    features = features_of(9)
    first, second = share(1), share(2)
    tracker = LabelTracker(config(), features[0], {1: first})
    zero = torch.zeros_like(first)
    shares = [flat(torch.stack([1 - first, first, zero]))]
    for number in range(1, 9):
        old = voted(features, shares, number, 0, ())
        if number < 4:
            found, merged = flat(tracker.step(features[number])), old
        elif number == 4:
            found = flat(tracker.introduce(features[4], {2: second}))
            cover = second.flatten()[:, None].double().numpy()
            merged = (1 - cover) * old + cover * [0, 0, 1]
        else:
            found = flat(tracker.step(features[number]))
            new = voted(features, shares, number, 4, ())
            background = np.minimum(old[:, :1], new[:, :1])
            merged = np.concatenate([background, old[:, 1:2], new[:, 2:]], 1)
            np.testing.assert_allclose(found, merged, atol=1e-5)
        shares.append(merged)
        np.testing.assert_allclose(found[:, 1], old[:, 1], atol=1e-5)
    assert tracker.labels == [0, 1, 2]


def test_an_object_given_again_has_one_more_reference_and_is_nowhere_else_there():
    features = features_of(9)
    given, again = {1: share(1), 2: share(2)}, torch.zeros(HEIGHT, WIDTH)
    again[:2] = 0.75
    tracker = LabelTracker(config(), features[0], given)
    shares = [flat(torch.stack([1 - given[1] - given[2], given[1], given[2]]))]
    for number in range(1, 9):
        plain = voted(features, shares, number, 0, ())
        if number == 2:
            tracker.introduce(features[2], {2: again})
            cover = again.flatten()[:, None].double().numpy()
            without = np.stack([plain[:, 0] + plain[:, 2], plain[:, 1], 0 * plain[:, 2]], 1)
            plain = (1 - cover) * without + cover * [0, 0, 1]
        else:
            found = flat(tracker.step(features[number]))
            if number > 2:
                with_again = voted(features, shares, number, 0, (2,))
                plain[:, 2] = with_again[:, 2]
                plain[:, 0] = np.minimum(plain[:, 0], with_again[:, 0])
            np.testing.assert_allclose(found, plain, atol=1e-5)
        shares.append(plain)


def test_permuted_labels_permute():
    features = features_of(5)
    one = LabelTracker(config(), features[0], {1: share(1), 2: share(2)})
    other = LabelTracker(config(), features[0], {1: share(2), 2: share(1)})
    for number in range(1, 5):
        found, permuted = one.step(features[number]), other.step(features[number])
        torch.testing.assert_close(found[[0, 2, 1]], permuted)


def test_hard_labels_are_remembered_and_soft_ones_returned():
    features = features_of(4)
    first = (share(1) > 0.25).float()
    tracker = LabelTracker(config(labels="hard"), features[0], {1: first})
    shares = [flat(torch.stack([1 - first, first]))]
    for number in range(1, 4):
        soft = voted(features, shares, number, 0, ())
        np.testing.assert_allclose(flat(tracker.step(features[number])), soft, atol=1e-5)
        shares.append(np.eye(2)[(soft[:, 1] > soft[:, 0]).astype(int)])


def test_all_neighbours_of_an_unlimited_window_are_a_dense_softmax():
    features = features_of(3)
    given = share(1)
    tracker = LabelTracker(config(neighbours="all", window="none", context=0), features[0], {1: given})
    similarities = features[1].flatten(0, 1) @ features[0].flatten(0, 1).T
    expected = (similarities / 0.05).softmax(1) @ given.flatten()
    torch.testing.assert_close(tracker.step(features[1])[1].flatten(), expected)


def square_voted(features, references, shares, number, chosen):
    """Shares of a frame by a softmax over all cells of squares in some frames, in float64."""
    own = features[number].flatten(0, 1).double()
    similarities = {n: (own @ references[n].flatten(0, 1).double().T).tolist() for n in chosen}
    found = []
    for q, (row, column) in enumerate(CELLS):
        near = [
            (n, c)
            for n in chosen
            for c, other in enumerate(CELLS)
            if abs(other[0] - row) <= 2 and abs(other[1] - column) <= 2
        ]
        votes = np.exp([similarities[n][q][c] for n, c in near])
        found.append(sum(v * shares[n][c] for v, (n, c) in zip(votes / votes.sum(), near, strict=True)))
    return np.stack(found)


@pytest.mark.parametrize("references", [(0, 5, -5, -3, -1), (-1,), (0, -3, -1), "all"])
def test_chosen_references_are_compared_in_squares_with_features_of_their_own(references):
    features, as_references = features_of(9) * 3, features_of(18)[9:] * 2
    chosen = config(
        references=references,
        window="square",
        radius=2,
        neighbours="all",
        similarity="dot",
        temperature=1,
        first_frame_unrestricted=False,
    )
    tracker = LabelTracker(chosen, as_references[0], {1: share(1)})
    shares = [flat(torch.stack([1 - share(1), share(1)]))]
    for number in range(1, 9):
        numbers = range(number)
        if references != "all":
            places = {one if one >= 0 else number + one for one in references}
            numbers = [place for place in sorted(places) if 0 <= place < number]
        expected = square_voted(features, as_references, shares, number, numbers)
        found = flat(tracker.step(features[number], as_references[number]))
        np.testing.assert_allclose(found, expected, atol=1e-5)
        shares.append(expected)


def test_what_is_held_does_not_grow_with_time():
    features = features_of(30)
    tracker = LabelTracker(config(), features[0], {1: share(1)})
    held = []
    for number in range(1, 30):
        if number == 6:
            tracker.introduce(features[6], {2: share(2)})
        else:
            tracker.step(features[number])
        held.append(sorted(tracker._frames))
    assert held[3] == [0, 2, 3, 4]
    assert held[-1] == [0, 6, 27, 28, 29]
    assert all(len(frames) == 2 + SIZE for frames in held[8:])
