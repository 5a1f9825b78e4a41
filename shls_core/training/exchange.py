"""What the workers of one training exchange: every result of a share, in the order of the shares."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from jaxtyping import Shaped
from torch import Tensor

Value = TypeVar("Value")


@runtime_checkable
class Exchange(Protocol):
    """How one worker sees the others.

    Every worker calls the same methods in the same order. Results are moved, and never added on the way: a
    sum would depend on who has added what.
    """

    @property
    def num_shares(self) -> int:
        """Shares of a batch, of all workers together."""
        ...

    @property
    def shares(self) -> range:
        """The shares that this worker computes; those of all workers follow each other."""
        ...

    def gather(self, own: Sequence[Value]) -> list[Value]:
        """Return the values of all shares, given those of the own ones."""
        ...

    def gather_vectors(self, own: Sequence[Shaped[Tensor, " N"]]) -> list[Shaped[Tensor, " N"]]:
        """Return the vectors of all shares, given those of the own ones; all have one length and type."""
        ...

    def of_first(self, make: Callable[[], Value]) -> Value:
        """Return what `make` returns in the worker with the first share; it is called there alone."""
        ...


class Alone:
    """The exchange of a single worker, which computes all shares.

    Parameters
    ----------
    num_shares : int
        Shares of a batch.
    """

    def __init__(self, num_shares: int = 1) -> None:
        self._num_shares = num_shares

    @property
    def num_shares(self) -> int:
        """Shares of a batch."""
        return self._num_shares

    @property
    def shares(self) -> range:
        """All of them."""
        return range(self._num_shares)

    def gather(self, own: Sequence[Value]) -> list[Value]:
        """Return the own values: there are no others."""
        return list(own)

    def gather_vectors(self, own: Sequence[Shaped[Tensor, " N"]]) -> list[Shaped[Tensor, " N"]]:
        """Return the own vectors."""
        return list(own)

    def of_first(self, make: Callable[[], Value]) -> Value:
        """Return what `make` returns."""
        return make()
