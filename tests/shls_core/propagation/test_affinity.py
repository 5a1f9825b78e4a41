"""Tiles and groups against sorting all candidates of every cell."""

import math
from itertools import product

import numpy as np
import pytest
import torch

from shls_core.propagation import affinity
from shls_core.propagation.affinity import ContextFrame, matches
from shls_core.propagation.match_window import Window

DISC = Window("disc", 3.2)


def unit_features(count: int, height: int, width: int, channels: int = 16, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(
        torch.randn(count, height, width, channels, generator=generator), dim=3
    )


def is_inside(window: Window, one: tuple[int, int], other: tuple[int, int]) -> bool:
    rows, columns = one[0] - other[0], one[1] - other[1]
    if window.shape == "disc":
        return math.hypot(rows, columns) < window.radius
    return window.shape == "none" or max(abs(rows), abs(columns)) <= window.radius


def by_repetition(query, frames, entries, window, num_slots, temperature=0.05):
    """Weights of all cells of all frames; `entries` repeat frames: (number, counts everywhere)."""
    height, width, _ = query.shape
    cells = list(product(range(height), range(width)))
    weights = np.zeros((len(cells), len(frames) * len(cells)))
    own = query.flatten(0, 1).double()
    similarities = [(own @ frame.flatten(0, 1).double().T).tolist() for frame in frames]
    for q, place in enumerate(cells):
        candidates = []
        for number, everywhere in entries:
            for c, other in enumerate(cells):
                if everywhere or is_inside(window, place, other):
                    candidates.append((-similarities[number][q][c], number, c))
        candidates.sort()
        voters = candidates[:num_slots]
        votes = np.exp(-np.array([similarity for similarity, *_ in voters]) / temperature)
        for vote, (_, number, c) in zip(votes / votes.sum(), voters, strict=True):
            weights[q, number * len(cells) + c] += vote
    return weights


def in_full(query, context, window, num_slots, temperature=0.05, **options):
    """Weights of all cells of all frames, from the rows of `matches`; every cell is to come once."""
    num_cells = query.shape[0] * query.shape[1]
    weights = torch.full((num_cells, len(context) * num_cells), torch.nan)
    for found in matches(query, context, window, num_slots, temperature, **options):
        assert weights[found.cells].isnan().all()
        of_block = torch.zeros(len(found.cells), weights.shape[1])
        weights[found.cells] = of_block.scatter_add(1, found.rows, found.weights)
        torch.testing.assert_close(found.weights.sum(1), torch.ones(len(found.cells)))
        assert found.weights.dtype == torch.float32
        if num_slots is not None:
            assert found.weights.shape[1] == num_slots
            assert (found.weights.diff(dim=1) <= 0).all()
    return weights.numpy()


@pytest.mark.parametrize("window", [DISC, Window("square", 2.0), Window("none", 1.0), Window("disc", 0.5)])
@pytest.mark.parametrize(("height", "width"), [(7, 11), (13, 5), (1, 1), (2, 3), (1, 9)])
def test_matches_are_those_of_repeated_frames(height, width, window):
    query, *frames = unit_features(4, height, width)
    context = [ContextFrame(frames[0], 4, True), ContextFrame(frames[1]), ContextFrame(frames[2], 2)]
    entries = [(0, True), (0, False), (0, False), (0, False), (1, False), (2, False), (2, False)]
    expected = by_repetition(query, frames, entries, window, 10)
    np.testing.assert_allclose(in_full(query, context, window, 10), expected, atol=1e-5)
    in_small_blocks = in_full(query, context, window, 10, values_at_once=1)
    np.testing.assert_allclose(in_small_blocks, expected, atol=1e-5)


def test_a_frame_that_counts_often_fills_all_slots_with_its_best_cell_and_outside_the_window_only_one():
    query, first = unit_features(2, 1, 9)
    first[0, 8] = query[0, 0]  # the best, and far away
    found = next(matches(query, [ContextFrame(first, 21, True)], DISC, 10, 0.05))
    assert found.rows[0, 0] == 8
    is_outside = found.rows[0] > 3
    assert len(found.rows[0, is_outside].unique()) == is_outside.sum() < 10
    assert len(found.rows[0, ~is_outside].unique()) == 1
    found = next(matches(query, [ContextFrame(first, 21)], DISC, 10, 0.05))
    assert len(found.rows[0].unique()) == 1
    assert found.rows[0, 0] < 4


def test_slots_without_candidates_weigh_nothing():
    query, frame = unit_features(2, 2, 2)
    [found] = matches(query, [ContextFrame(frame)], Window("disc", 1.0), 10, 0.05)
    assert found.weights[:, 0].tolist() == [1.0] * 4
    assert not found.weights[:, 1:].any()
    assert found.rows[:, 0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("is_unrestricted", [False, True])
@pytest.mark.parametrize("num_codes", [1, 2, 5])
def test_of_equal_similarities_the_older_frame_comes_first_then_the_lower_cell(num_codes, is_unrestricted):
    height, width, num_slots = 6, 9, 7
    codes = torch.from_numpy(np.random.default_rng(0).integers(0, num_codes, (3, height, width)))
    query, *frames = torch.eye(num_codes)[codes]
    context = [ContextFrame(frame, is_unrestricted=is_unrestricted) for frame in frames]
    cells = list(product(range(height), range(width)))
    for found in matches(query, context, DISC, num_slots, 0.05):
        for cell, rows in zip(found.cells.tolist(), found.rows.tolist(), strict=True):
            candidates = [
                (-float(query[cells[cell]] @ frame[other]), number * len(cells) + c)
                for number, frame in enumerate(frames)
                for c, other in enumerate(cells)
                if is_unrestricted or is_inside(DISC, cells[cell], other)
            ]
            assert rows == [row for _, row in sorted(candidates)[:num_slots]]


def test_all_neighbours_in_an_infinite_window_are_a_dense_softmax():
    query, *frames = unit_features(3, 6, 7)
    everything = torch.cat([frame.flatten(0, 1) for frame in frames])
    dense = (query.flatten(0, 1) @ everything.T / 0.05).softmax(1)
    context = [ContextFrame(frame) for frame in frames]
    for window in (Window("disc", math.inf), Window("none", 1.0), Window("square", 100.0)):
        np.testing.assert_allclose(in_full(query, context, window, None), dense, atol=1e-6)
        np.testing.assert_allclose(in_full(query, context, window, 84), dense, atol=1e-6)


@pytest.mark.parametrize("window", [DISC, Window("square", 2.0)])
def test_all_neighbours_in_a_window_weigh_in_proportion_to_their_multiplicity(window):
    query, *frames = unit_features(3, 5, 9)
    context = [ContextFrame(frames[0], 3, True), ContextFrame(frames[1], 2)]
    entries = [(0, True), (0, False), (0, False), (1, False), (1, False)]
    expected = by_repetition(query, frames, entries, window, 10**6)
    np.testing.assert_allclose(in_full(query, context, window, None), expected, atol=1e-6)


def test_half_precision_is_widened_and_autocast_changes_nothing():
    query, frame = unit_features(2, 5, 6).half()
    exact = in_full(query.float(), [ContextFrame(frame.float())], DISC, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = in_full(query, [ContextFrame(frame)], DISC, 4)
    np.testing.assert_array_equal(found, exact)


def test_no_more_similarities_are_held_than_asked_for(monkeypatch):
    taken = []
    take = affinity.Scratch.take

    def noting(scratch, name, *shape):
        if name == "products":
            taken.append(math.prod(shape))
        return take(scratch, name, *shape)

    monkeypatch.setattr(affinity.Scratch, "take", noting)
    query, *frames = unit_features(4, 24, 20)
    context = [ContextFrame(frames[0], is_unrestricted=True), *map(ContextFrame, frames[1:])]
    list(matches(query, context, DISC, 10, 0.05, values_at_once=20_000))
    assert 10_000 < max(taken) <= 20_000
    assert len(taken) > 10
