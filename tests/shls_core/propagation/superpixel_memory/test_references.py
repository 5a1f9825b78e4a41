"""The table of references against lists and brute force."""

import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import MissingComponent
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.references import References, ring_sizes
from shls_core.propagation.superpixel_memory.similarities import NO_REFERENCE

SEARCHES = ("faiss", "torch")


def unit_vectors(count: int, seed: int, size: int = 6) -> torch.Tensor:
    return F.normalize(torch.rand(count, size, generator=torch.Generator().manual_seed(seed)), dim=1)


def numbered(*numbers: int) -> torch.Tensor:
    """Members that can be told apart by their one channel."""
    return torch.tensor(numbers, dtype=torch.float32)[:, None]


def told(members: torch.Tensor) -> list[int]:
    return members[:, 0].int().tolist()


@settings(max_examples=60)
@given(
    cap=st.floats(1.0, 6.0),
    size=st.none() | st.integers(0, 12),
    first=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    data=st.data(),
)
def test_each_class_keeps_its_first_frame_and_its_newest(cap, size, first, data):
    config = MemoryConfig(memory_cap=cap, memory_size=size)
    references = References(
        [numbered(*range(-count, 0)) for count in first], [numbered()] * len(first), config
    )
    came = [[] for _ in first]
    for frame in range(data.draw(st.integers(0, 5))):
        columns = data.draw(st.lists(st.integers(0, len(first) - 1), max_size=6))
        members = [10 * frame + number for number in range(len(columns))]
        references.remember(numbered(*members), torch.tensor(columns, dtype=torch.int64))
        for member, column in zip(members, columns, strict=True):
            came[column].append(member)
        for column, ring in enumerate(ring_sizes(first, config)):
            assert told(references.first(column)) == list(range(-first[column], 0))
            assert told(references.later(column)) == came[column][max(len(came[column]) - ring, 0) :]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1000), neighbours=st.integers(1, 5), counts=st.lists(st.integers(1, 40), min_size=1)
)
def test_both_searches_find_the_largest_inner_products_of_each_class(seed, neighbours, counts):
    members = [unit_vectors(count, seed + column) for column, count in enumerate(counts)]
    queries = unit_vectors(9, seed - 1 if seed else 7)
    for search in SEARCHES:
        config = MemoryConfig(neighbours=neighbours, search=search)
        references = References(members, [members[0][:0]] * len(members), config)
        coming = unit_vectors(30, seed + 99)
        columns = torch.arange(30) % len(members)
        references.remember(coming, columns)
        found = references.similarities(queries)
        for column, first in enumerate(members):
            everyone = torch.cat([first, references.later(column)]).double()
            expected = (queries.double() @ everyone.T).sort(dim=1, descending=True).values[:, :neighbours]
            expected = F.pad(expected, (0, neighbours - expected.shape[1]), value=NO_REFERENCE)
            torch.testing.assert_close(found[:, column].double(), expected, atol=1e-6, rtol=0)


def test_the_search_of_pytorch_may_go_through_the_queries_in_parts(monkeypatch):
    references = References([unit_vectors(20, 0)], [unit_vectors(0, 0)], MemoryConfig(search="torch"))
    at_once = references.similarities(unit_vectors(9, 1))
    monkeypatch.setattr("shls_core.propagation.superpixel_memory.search._MOST_PRODUCTS", 50)
    torch.testing.assert_close(references.similarities(unit_vectors(9, 1)), at_once)


@pytest.mark.parametrize("search", SEARCHES)
def test_gradients_reach_queries_and_references_remembered_at_any_time(search):
    first = unit_vectors(3, 0).requires_grad_()
    coming, queries = unit_vectors(4, 1).requires_grad_(), unit_vectors(5, 2).requires_grad_()
    config = MemoryConfig(neighbours=1, search=search)
    references = References([first], [first[:0]], config)
    early = references.similarities(first.detach()).sum()  # each finds itself
    references.remember(coming, torch.zeros(4, dtype=torch.int64))
    late = references.similarities(coming.detach()).sum() + references.similarities(queries).sum()
    (early + late).backward()
    nearest = (queries @ torch.cat([first, coming]).T).argmax(dim=1)
    for row in range(3):
        expected = first[row] + queries[nearest == row].sum(dim=0)
        torch.testing.assert_close(first.grad[row], expected.detach())
    for row in range(4):
        expected = coming[row] + queries[nearest == 3 + row].sum(dim=0)
        torch.testing.assert_close(coming.grad[row], expected.detach())
    torch.testing.assert_close(queries.grad, torch.cat([first, coming])[nearest].detach())


def test_memory_size_is_shared_among_classes_and_bounded_by_the_cap():
    assert ring_sizes([3, 1], MemoryConfig(memory_size=8)) == [6, 2]
    assert ring_sizes([3, 1], MemoryConfig(memory_size=8, memory_cap=2)) == [3, 1]
    assert ring_sizes([3, 1], MemoryConfig(memory_size=0)) == [0, 0]
    assert sum(ring_sizes([33, 33, 34], MemoryConfig(memory_size=50))) <= 50


def test_missing_faiss_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    references = References([unit_vectors(1, 0)], [unit_vectors(0, 0)], MemoryConfig())
    with pytest.raises(MissingComponent, match="pip install faiss-cpu"):
        references.similarities(unit_vectors(1, 0))
