"""The exchange of workers in a process group of torch: gloo between CPUs, nccl between GPUs."""

import pickle
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor

from shls_core.errors import StageError

Value = TypeVar("Value")


class GroupBroken(Exception):
    """A worker of the group is gone; those that are left cannot go on without it."""


class GroupExchange:
    """The exchange of this worker with the others of the default process group; an `Exchange`.

    Worker r of W computes the r-th of W contiguous, nearly equal parts of the shares. Nothing is added on the
    way: all results go to all workers, in the order of the shares.

    An error in one worker ends the work of all, with the same error: who fails outside of an exchange takes
    part in one more, by `tell`, which all others are waiting in or will come to.

    Parameters
    ----------
    num_shares
        Shares of a batch; at least as many as workers.
    """

    def __init__(self, num_shares: int) -> None:
        self._rank, count = dist.get_rank(), dist.get_world_size()
        self._num_shares = num_shares
        self._parts = [
            range(rank * num_shares // count, (rank + 1) * num_shares // count) for rank in range(count)
        ]
        assert all(self._parts)
        self._heard: BaseException | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the worker with the first share, which alone writes."""
        return self._rank == 0

    @property
    def num_shares(self) -> int:
        """Shares of a batch, of all workers together."""
        return self._num_shares

    @property
    def shares(self) -> range:
        """The shares that this worker computes."""
        return self._parts[self._rank]

    def gather(self, own: Sequence[Value]) -> list[Value]:
        """Return the values of all shares.

        Raises
        ------
        GroupBroken
            If a worker is gone.
        BaseException
            What another worker tells.
        """
        return [value for of_worker in self.of_workers(list(own)) for value in of_worker]

    def gather_vectors(self, own: Sequence[Shaped[Tensor, " N"]]) -> list[Shaped[Tensor, " N"]]:
        """Return the vectors of all shares."""
        if not own[0].numel():
            return [own[0]] * self._num_shares
        most = max(map(len, self._parts))
        stacked = torch.stack([*own, *[own[0]] * (most - len(own))])  # all send equally much
        found = [torch.empty_like(stacked) for _ in self._parts]
        _in_group(lambda: dist.all_gather(found, stacked))
        return [
            vector
            for vectors, part in zip(found, self._parts, strict=True)
            for vector in vectors[: len(part)]
        ]

    def of_first(self, make: Callable[[], Value]) -> Value:
        """Return what `make` returns in the first worker."""
        made: Value = self.of_workers(make() if self.is_first else None)[0]
        return made

    def of_workers(self, own: Value) -> list[Any]:
        """Return the value of every worker; raises as `gather` does."""
        return self._all(own, None)

    def tell(self, error: BaseException) -> None:
        """End the work of the others with an error of this worker, unless it is theirs already."""
        if error is self._heard:
            return
        try:
            self._all(None, _sendable(error))
        except GroupBroken:
            raise
        except BaseException:  # this one, or that of a worker before this one
            return

    def _all(self, value: Any, error: BaseException | None) -> list[Any]:
        said: list[Any] = [None] * len(self._parts)
        _in_group(lambda: dist.all_gather_object(said, (value, error)))
        for _, told in said:
            if told is not None:
                self._heard = told
                raise told
        return [value for value, _ in said]


def _in_group(exchange: Callable[[], object]) -> None:
    try:
        exchange()
    except RuntimeError as error:
        raise GroupBroken(str(error).partition("\n")[0]) from error


def _sendable(error: BaseException) -> BaseException:
    """Return an error, or one with its text if it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))  # some can be written and not be read
    except Exception:
        return StageError(f"{type(error).__name__}: {error}")
    return error
