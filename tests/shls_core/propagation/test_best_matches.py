"""The largest of many, against sorting all of them."""

import pytest
import torch

from shls_core.propagation.best_matches import best_first, best_of, fill_slots


@pytest.mark.parametrize("num_values", [2, 3, 1000])
@pytest.mark.parametrize(("num_members", "num_groups"), [(1, 1), (3, 5), (7, 30), (30, 7)])
def test_the_best_are_those_of_a_stable_sort(num_members, num_groups, num_values):
    generator = torch.Generator().manual_seed(0)
    num_queries, num_best = 40, 6
    values = torch.randint(num_values, (num_members, num_queries, num_groups), generator=generator).float()
    is_out = torch.rand(num_queries, num_groups, generator=generator) < 0.4
    maxima = values.amax(0).masked_fill(is_out, -torch.inf)
    found, indices = best_of(values, maxima, num_best)
    found, indices = best_first(found, indices, num_best)
    for query in range(num_queries):
        flat = values[:, query].masked_fill(is_out[query], -torch.inf).flatten().tolist()
        expected = sorted((-value, index) for index, value in enumerate(flat) if value > -torch.inf)[
            :num_best
        ]
        padding = num_best - len(expected)
        assert found[query].tolist() == [-value for value, _ in expected] + [-torch.inf] * padding
        assert indices[query].tolist() == [index for _, index in expected] + [0] * padding


def test_slots_are_those_of_repetition():
    multiplicities = torch.randint(1, 5, (20, 8), generator=torch.Generator().manual_seed(0))
    for row, slots in zip(multiplicities, fill_slots(multiplicities), strict=True):
        assert slots.tolist() == torch.arange(8).repeat_interleave(row)[:8].tolist()
