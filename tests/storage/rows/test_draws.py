from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.rows.batches import Batches, LoaderState, Share
from storage.rows.draws import NEVER, draws, spread


class Numbered:
    """So many sequences, which nobody reads."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count


@given(
    seed=st.integers(0, 5), count=st.integers(1, 9), batch_size=st.integers(1, 7), steps=st.integers(0, 12)
)
def test_draws_are_those_of_the_batches_of_the_loader(seed, count, batch_size, steps):
    batches = Batches(Numbered(count), batch_size, LoaderState(seed), Share(), 0, 0)
    times, first = Counter(), {}
    for step in range(steps):
        for number in batches.numbers(step):
            times[number] += 1
            first.setdefault(number, step)
    found = draws(seed, count, batch_size, steps)
    assert found.times.tolist() == [times[number] for number in range(count)]
    assert found.first_steps.tolist() == [first.get(number, NEVER) for number in range(count)]


@pytest.mark.parametrize(
    ("available", "wanted", "numbers"),
    [
        (10, 4, [0, 2, 5, 7]),
        (3, 4, [0, 1, 2]),
        (1, 1, [0]),
        (6, 3, [0, 2, 4]),
        (5, 5, [0, 1, 2, 3, 4]),
        (0, 3, []),
    ],
)
def test_numbers_are_spread_over_all(available, wanted, numbers):
    assert spread(available, wanted) == numbers
