"""Batches of sequences, read ahead; the sequences in a batch are a function of (seed, step) alone."""

import functools
import itertools
import operator
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from shls_core.errors import InputError
from shls_core.seeding import generator

Column = Literal["frames", "masks", "superpixel_maps", "warps"]
SequenceArrays = dict[Column, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class LoaderState:
    """The position of an iteration over batches; store the two numbers to resume it exactly."""

    seed: int
    """Seed of the order of sequences, 0 or more."""
    step: int = 0
    """Number of the next batch, from 0."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of every batch, and of the steps, that one reader takes.

    The sequences in the batch of a step do not depend on the number of ranks. Rank r of N takes the r-th of N
    equal parts of it: the parts of all ranks, in order, are the batch of a single rank. Within a rank, worker
    w of W takes the steps w, W + w, 2 W + w … after the first: the batches of all workers, in turn, are those
    of a single worker.
    """

    rank: int = 0
    num_ranks: int = 1
    worker: int = 0
    num_workers: int = 1

    def __post_init__(self) -> None:
        for what, number, count in (
            ("rank", self.rank, self.num_ranks),
            ("worker", self.worker, self.num_workers),
        ):
            if not 0 <= number < count:
                raise InputError(f"expected a {what} of 0..num_{what}s-1, got {number} of {count}")


class Sequences(Protocol):
    """What batches are made of: numbered sequences."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def arrays(self, numbers: Sequence[int]) -> SequenceArrays:
        """Return the sequences with some numbers, decoded and stacked."""
        ...


class Batches:
    """The endless batches of a split, by step or by iteration.

    A batch is a dict of arrays by column, for those columns the loader reads::

        frames           uint8   (B, T, H, W, 3)   RGB
        masks            uint8   (B, T, H, W)      0 background, 1..K objects
        superpixel_maps  uint16  (B, T, H, W)      0..R-1 in every frame
        warps            float64 (B, T, K+1, 3, 3) from each label's layer to the frame

    ``batches[step]`` is the batch of any step. Iterating yields those from `state` on, read ahead by threads
    (JPEG and zstd release the interpreter's lock), and advances `state`. For processes instead of threads,
    pass it to PyTorch as a map-style dataset whose keys are steps. It can be pickled; workers may be forked,
    or must be spawned if the store is in a bucket::

        batches = loader.batches(seed=0, batch_size=8)
        for batch in torch.utils.data.DataLoader(
            batches, batch_size=None, sampler=range(batches.state.step, 1000), num_workers=2
        ):
            batch["frames"]  # torch.uint8 (8, T, H, W, 3)

    Parameters
    ----------
    sequences
        What to read from.
    batch_size
        Sequences in a batch over all ranks; a multiple of the number of ranks.
    state
        Seed of the order, and the step to start at.
    share
        The part to read, where several ranks or workers read together.
    num_threads
        Threads that read ahead, one batch each; 0 reads on demand.
    prefetch
        Batches that are read, or being read, ahead of the one in use; at least `num_threads`.

    Raises
    ------
    InputError
        For inconsistent numbers.
    """

    def __init__(
        self,
        sequences: Sequences,
        batch_size: int,
        state: LoaderState,
        share: Share,
        num_threads: int,
        prefetch: int,
    ) -> None:
        if batch_size < 1 or batch_size % share.num_ranks:
            raise InputError(f"expected a batch size that {share.num_ranks} ranks share, got {batch_size}")
        if state.seed < 0 or state.step < 0:
            raise InputError(f"expected a seed and a step of at least 0, got {state.seed} and {state.step}")
        if not 0 <= num_threads <= prefetch:
            raise InputError(f"expected 0 <= num_threads <= prefetch, got {num_threads} and {prefetch}")
        self._sequences = sequences
        self._batch_size = batch_size
        self._state = state
        self._share = share
        self._num_threads, self._prefetch = num_threads, prefetch

    @property
    def state(self) -> LoaderState:
        """The position of the iteration: a loader that starts here yields what this one would yield next.

        With several workers, all of them have the same state once each has yielded equally often.
        """
        return self._state

    def numbers(self, step: int) -> list[int]:
        """Return the numbers, 0..len-1, of the sequences in this rank's part of the batch of a step.

        The epochs, each a new shuffle of the split, form one endless list. Step s takes batch_size places of
        it from place s * batch_size on: a batch may span two epochs, and every batch has the full size.
        """
        own_size = self._batch_size // self._share.num_ranks
        first = operator.index(step) * self._batch_size + self._share.rank * own_size
        return [self._number_at(place) for place in range(first, first + own_size)]

    def __getitem__(self, step: int) -> SequenceArrays:
        """Return this rank's part of the batch of a step."""
        return self._sequences.arrays(self.numbers(step))

    def __iter__(self) -> Iterator[SequenceArrays]:
        """Yield batches without end, from `state` on."""
        for batch in self._read_ahead() if self._num_threads else map(self.__getitem__, self._steps()):
            self._state = LoaderState(self._state.seed, self._state.step + self._share.num_workers)
            yield batch

    def _steps(self) -> Iterator[int]:
        return itertools.count(self._state.step + self._share.worker, self._share.num_workers)

    def _read_ahead(self) -> Iterator[SequenceArrays]:
        steps = self._steps()
        readers = ThreadPoolExecutor(self._num_threads, thread_name_prefix="loader")
        try:
            waiting: deque[Future[SequenceArrays]] = deque()
            while True:
                while len(waiting) < self._prefetch:
                    waiting.append(readers.submit(self.__getitem__, next(steps)))
                yield waiting.popleft().result()
        finally:
            readers.shutdown(cancel_futures=True)

    def _number_at(self, place: int) -> int:
        epoch, position = divmod(place, len(self._sequences))
        return int(order(self._state.seed, epoch, len(self._sequences))[position])


@functools.lru_cache(maxsize=4)
def order(seed: int, epoch: int, num_sequences: int) -> npt.NDArray[np.int64]:
    """Return the numbers 0..num_sequences-1 in the order of an epoch: a uniformly random permutation."""
    return generator(seed, "order", str(epoch)).permutation(num_sequences)
