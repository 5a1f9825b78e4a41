"""InfoNCE of exact warps against loops over points."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.methods.shls.losses.exact_warp import at_points, exact_warp

TEMPERATURE = 0.3
DISTANCE = 4.0


def unit_vectors(count: int, seed: int) -> torch.Tensor:
    values = torch.randn(count, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(values, dim=1)


def naive(here, there, places_here, places_there, sequences, pairs) -> float:
    def weight(a, b):
        return math.exp(sum(x * y for x, y in zip(a, b, strict=True)) / TEMPERATURE)

    terms = []
    for queries, keys, places in ((here, there, places_there), (there, here, places_here)):
        for i in range(len(queries)):
            own = weight(queries[i], keys[i])
            others = sum(
                weight(queries[i], keys[j])
                for j in range(len(keys))
                if sequences[j] != sequences[i]
                or (pairs[j] == pairs[i] and math.dist(places[i], places[j]) >= DISTANCE)
            )
            terms.append(-math.log(own / (own + others)))
    return sum(terms) / len(terms)


@settings(max_examples=40)
@given(
    pairs=st.lists(st.integers(0, 3), min_size=1, max_size=10),
    seed=st.integers(0, 1000),
)
def test_equals_loops_over_points(pairs, seed):
    sequences = [pair // 2 for pair in pairs]
    here, there = unit_vectors(len(pairs), seed), unit_vectors(len(pairs), seed + 1)
    draws = torch.Generator().manual_seed(seed)
    places = [torch.rand(len(pairs), 2, generator=draws, dtype=torch.float64) * 10 for _ in range(2)]
    got = exact_warp(
        here, there, *places, torch.tensor(sequences), torch.tensor(pairs), TEMPERATURE, DISTANCE
    )
    expected = naive(here.tolist(), there.tolist(), *(one.tolist() for one in places), sequences, pairs)
    assert got.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_points_of_another_pair_of_frames_of_the_sequence_are_no_negatives():
    same = torch.tensor([[1.0, 0.0]]).repeat(2, 1)
    far = torch.tensor([[0.0, 0.0], [90.0, 90.0]])
    loss = exact_warp(same, same, far, far, torch.tensor([0, 0]), torch.tensor([0, 1]), 0.07, 10.0)
    assert loss.item() == pytest.approx(0.0, abs=1e-7)


def test_no_point_costs_nothing_and_stays_in_the_graph():
    none = torch.zeros(0, 3, requires_grad=True)
    numbers = torch.zeros(0, dtype=torch.int64)
    loss = exact_warp(none, none, none[:, :2], none[:, :2], numbers, numbers, 0.07, 10.0)
    loss.backward()
    assert loss.item() == 0.0


def test_a_map_is_read_between_its_cells():
    maps = torch.stack(
        [torch.arange(6.0).repeat(5, 1), torch.arange(5.0)[:, None].repeat(1, 6), torch.ones(5, 6)]
    )
    points = torch.tensor([[4.0, 8.0], [6.0, 10.0], [0.0, 0.0], [20.0, 16.0]])
    found = at_points(maps, points, stride=4)
    assert torch.allclose(found[:, :2] / found[:, 2:], points / 4, atol=1e-6)
    assert torch.allclose(found.norm(dim=1), torch.ones(4))
