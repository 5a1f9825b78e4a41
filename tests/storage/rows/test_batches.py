import itertools
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import InputError
from shls_core.photographs.split import TRAIN
from storage.rows.batches import Batches, LoaderState, Share, order
from storage.rows.loader import SequenceLoader

quick = settings(max_examples=60)


class Numbers:
    """Sequences whose only content is their number."""

    def __init__(self, count=23):
        self.count = count

    def __len__(self):
        return self.count

    def arrays(self, numbers):
        return {"frames": np.array(numbers)}


def batches(count=23, batch_size=4, seed=1, first_step=0, num_threads=0, prefetch=4, **share):
    state = LoaderState(seed, first_step)
    return Batches(Numbers(count), batch_size, state, Share(**share), num_threads, prefetch)


def first(source, count):
    return [batch["frames"].tolist() for batch in itertools.islice(source, count)]


def joined(lists):
    return list(itertools.chain.from_iterable(lists))


def naive_walk(seed, count, length):
    """The endless walk, epoch after epoch, written down."""
    return joined(order(seed, epoch, count).tolist() for epoch in range(length // count + 1))[:length]


@quick
@given(st.integers(1, 30), st.integers(1, 9), st.integers(0, 2**40))
def test_batches_are_the_walk_cut_into_pieces(count, batch_size, seed):
    found = first(batches(count, batch_size, seed), 7)
    assert joined(found) == naive_walk(seed, count, 7 * batch_size)
    assert {len(batch) for batch in found} == {batch_size}


@quick
@given(
    num_ranks=st.integers(1, 5),
    num_workers=st.integers(1, 4),
    own_size=st.integers(1, 4),
    first_step=st.integers(0, 9),
    count=st.integers(1, 30),
)
def test_ranks_and_workers_share_out_what_one_alone_reads(
    num_ranks, num_workers, own_size, first_step, count
):
    batch_size, num_steps = own_size * num_ranks, 2 * num_workers
    alone = first(batches(count, batch_size, first_step=first_step), num_steps)
    read = {
        (rank, worker): first(
            batches(
                count,
                batch_size,
                first_step=first_step,
                rank=rank,
                num_ranks=num_ranks,
                worker=worker,
                num_workers=num_workers,
            ),
            num_steps // num_workers,
        )
        for rank in range(num_ranks)
        for worker in range(num_workers)
    }
    together = [
        joined(read[rank, step % num_workers][step // num_workers] for rank in range(num_ranks))
        for step in range(num_steps)
    ]
    assert together == alone


@quick
@given(
    worker=st.integers(0, 2),
    done=st.integers(0, 5),
    first_step=st.integers(0, 5),
    num_threads=st.integers(0, 3),
)
def test_a_state_resumes_at_the_next_batch_exactly(worker, done, first_step, num_threads):
    share = {"worker": worker, "num_workers": 3}
    whole = first(batches(first_step=first_step, **share), 9)
    started = batches(first_step=first_step, num_threads=num_threads, **share)
    assert first(started, done) == whole[:done]
    assert started.state == LoaderState(1, first_step + 3 * done)
    resumed = batches(first_step=started.state.step, seed=started.state.seed, **share)
    assert first(resumed, 9 - done) == whole[done:]


@pytest.mark.parametrize("num_threads", [1, 2, 4])
def test_threads_change_neither_batches_nor_their_order_and_end_with_the_loop(num_threads):
    before = threading.active_count()
    source = iter(batches(num_threads=num_threads, prefetch=6))
    assert first(source, 20) == first(batches(), 20)
    source.close()
    assert threading.active_count() == before


def test_an_error_while_reading_ahead_reaches_the_reader():
    source = batches(num_threads=2)
    source._sequences.arrays = lambda numbers: 1 / 0
    with pytest.raises(ZeroDivisionError):
        next(iter(source))


def test_a_step_asked_for_moves_nothing():
    source = batches()
    assert source[7]["frames"].tolist() == first(batches(), 8)[7]
    assert source.state == LoaderState(1, 0)


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = {tuple(order(seed, epoch, 20)) for seed in range(3) for epoch in range(5)}
    assert len(orders) == 15
    assert all(sorted(one) == list(range(20)) for one in orders)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch size"),
        ({"batch_size": 4, "num_ranks": 3}, "a batch size that 3 ranks share, got 4"),
        ({"rank": 2, "num_ranks": 2}, "a rank of 0..num_ranks-1, got 2 of 2"),
        ({"worker": -1}, "a worker of 0..num_workers-1, got -1 of 1"),
        ({"seed": -1}, "seed and a step of at least 0"),
        ({"first_step": -1}, "seed and a step of at least 0"),
        ({"num_threads": 3, "prefetch": 2}, "0 <= num_threads <= prefetch, got 3 and 2"),
    ],
)
def test_numbers_that_do_not_fit_together_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        batches(**arguments)


READ_BY_WORKERS = """
import sys
import numpy as np
import torch
from shls_core.photographs.split import TRAIN
from storage.rows.loader import SequenceLoader
from storage.store import Store

if __name__ == "__main__":
    location, dataset, start = sys.argv[1:]
    source = SequenceLoader(Store.open(location).objects, dataset, TRAIN).batches(seed=5, batch_size=2)
    expected = [source[step] for step in range(3, 9)]
    read = torch.utils.data.DataLoader(
        source, batch_size=None, sampler=range(3, 9), num_workers=2, multiprocessing_context=start
    )
    for batch, twin in zip(read, expected, strict=True):
        assert all(isinstance(batch[name], torch.Tensor) for name in twin)
        assert all(np.array_equal(batch[name].numpy(), twin[name]) for name in twin)
"""


@pytest.mark.slow
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_pytorchs_workers_read_the_same_batches_in_order(staged, start, tmp_path):
    # In a process of its own, as a training script is: a fork of this one would inherit Prefect's and Ray's
    # threads and what they do at exit.
    script = tmp_path / "read.py"
    script.write_text(READ_BY_WORKERS)
    command = [sys.executable, str(script), staged.store.location, staged.dataset, start]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_a_pickled_loader_reads_the_same(staged):
    source = SequenceLoader(staged.store.objects, staged.dataset, TRAIN).batches(seed=5, batch_size=2)
    copy = pickle.loads(pickle.dumps(source))
    assert all(np.array_equal(copy[4][name], array) for name, array in source[4].items())
