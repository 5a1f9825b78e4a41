"""Which sequences of a dataset a training used: drawn for its steps, or propagated through to validate it.

Functions of counts, seed and steps alone: what a training used can be computed without repeating it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storage.rows.batches import order

NEVER = -1
"""First step of a sequence that was not drawn."""


@dataclass(frozen=True)
class Draws:
    """What the first steps of a training drew.

    Attributes
    ----------
    times : numpy.ndarray
        int64 (N,): how often each of the sequences 0..N-1 was drawn.
    first_steps : numpy.ndarray
        int64 (N,): for which step, from 0, each was drawn first; `NEVER` where it was not.
    """

    times: npt.NDArray[np.int64]
    first_steps: npt.NDArray[np.int64]


def draws(seed: int, num_sequences: int, batch_size: int, steps: int) -> Draws:
    """Return what the batches of the steps 0..steps-1 drew; see `storage.rows.batches.Batches.numbers`.

    Parameters
    ----------
    seed
        Of the order of sequences.
    num_sequences
        Sequences to draw from, at least 1.
    batch_size
        Sequences in a batch.
    steps
        Steps that were done, 0 or more.

    Examples
    --------
    >>> draws(seed=0, num_sequences=4, batch_size=2, steps=3).times.sum()
    np.int64(6)
    """
    whole_epochs, rest = divmod(steps * batch_size, num_sequences)
    times = np.full(num_sequences, whole_epochs, np.int64)
    times[order(seed, whole_epochs, num_sequences)[:rest]] += 1
    first_steps = np.empty(num_sequences, np.int64)
    first_steps[order(seed, 0, num_sequences)] = np.arange(num_sequences) // batch_size
    first_steps[times == 0] = NEVER
    return Draws(times, first_steps)


def spread(available: int, wanted: int) -> list[int]:
    """Return `wanted` evenly spread numbers of 0..available-1, or all if there are fewer.

    These are the held-out sequences that a validation propagates through.

    Examples
    --------
    >>> spread(10, 4), spread(3, 4)
    ([0, 2, 5, 7], [0, 1, 2])
    """
    count = min(available, wanted)
    return [place * available // count for place in range(count)]
