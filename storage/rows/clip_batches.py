"""Batches of clips: what is drawn of a clip depends on its place in the order of training."""

import operator
from collections.abc import Sequence
from typing import Protocol, cast

from storage.rows.batches import Batches, LoaderState, SequenceArrays, Sequences, Share


class Clips(Protocol):
    """What batches of clips are made of: numbered clips, of which a place shows a part."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def arrays(self, numbers: Sequence[int], places: Sequence[int], seed: int) -> SequenceArrays:
        """Return parts of the clips with some numbers, decoded and stacked."""
        ...


class ClipBatches(Batches):
    """The endless batches of the clips of a split, by step or by iteration.

    The clips in a batch are numbered, ordered, shared among ranks and workers, and read ahead as in
    `storage.rows.batches.Batches`. Every clip also has its place: the number of clips before it in the
    endless list of all epochs. What is drawn of a clip is a function of seed and place, so neither ranks,
    workers and threads nor an interruption change it. A batch is ``{"frames": uint8 (B, T, S, S, 3)}``, RGB.

    Parameters
    ----------
    clips
        What to read from.
    batch_size, state, share, num_threads, prefetch
        As for `Batches`; the seed of `state` is also that of the draws.

    Raises
    ------
    InputError
        For inconsistent numbers.
    """

    def __init__(
        self,
        clips: Clips,
        batch_size: int,
        state: LoaderState,
        share: Share,
        num_threads: int,
        prefetch: int,
    ) -> None:
        # Of sequences, the base class reads only the number: clips come from `__getitem__` below.
        super().__init__(cast("Sequences", clips), batch_size, state, share, num_threads, prefetch)
        self._clips = clips

    def places(self, step: int) -> range:
        """Return the places, from 0, of the clips that `numbers` returns for a step, in their order."""
        own_size = self._batch_size // self._share.num_ranks
        first = operator.index(step) * self._batch_size + self._share.rank * own_size
        return range(first, first + own_size)

    def __getitem__(self, step: int) -> SequenceArrays:
        """Return this rank's part of the batch of a step."""
        return self._clips.arrays(self.numbers(step), self.places(step), self._state.seed)
