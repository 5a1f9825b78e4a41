"""How a score behaves over the frames of a sequence: recall and decay."""

from collections.abc import Sequence

import numpy as np

_RECALL_THRESHOLD = 0.5
_NUM_DECAY_BINS = 4


def recall(frame_values: Sequence[float]) -> float:
    """Return the share of frames whose value is above one half.

    Parameters
    ----------
    frame_values : Sequence[float]
        J or F of one object in every scored frame, at least one.

    Returns
    -------
    float
        Share in 0..1; exactly one half does not count.

    Examples
    --------
    >>> recall([0.9, 0.5, 0.2, 0.6])
    0.5
    """
    return float(np.mean(np.asarray(frame_values) > _RECALL_THRESHOLD))


def decay(frame_values: Sequence[float]) -> float:
    """Return how much of a score is lost from the first to the last quarter of a sequence.

    The four bins include both of their edges, so neighbours share a frame.

    Parameters
    ----------
    frame_values : Sequence[float]
        J or F of one object in every scored frame, at least one.

    Returns
    -------
    float
        Mean of the first bin minus mean of the last, in -1..1: negative where the score grows. Bin edges are
        unsigned 8-bit numbers, as in the official evaluation: beyond 256 scored frames they wrap around, the
        value loses its meaning, and it is NaN if a bin is empty.

    Examples
    --------
    >>> decay([1.0, 1.0, 0.5, 0.5, 0.0])
    0.75
    """
    values = np.asarray(frame_values, dtype=np.float64)
    # The small term makes halves round up; numpy alone rounds them to the even neighbour.
    edges = np.round(np.linspace(1, len(values), _NUM_DECAY_BINS + 1) + 1e-10).astype(np.int64) - 1
    first, second, *_, before_last, last = (edges % 256).tolist()
    first_bin = values[first : second + 1]
    last_bin = values[before_last : last + 1]
    if first_bin.size == 0 or last_bin.size == 0:
        return float("nan")
    return float(first_bin.mean() - last_bin.mean())
