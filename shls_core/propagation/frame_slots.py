"""Stores tensors of some frames of a video in one block of memory."""

from jaxtyping import Shaped
from torch import Tensor


class FrameSlots:
    """Slots for tensors of frames, which later frames reuse.

    Tensors that are allocated and freed one by one leave holes in memory that nothing else fits into: half
    the size of what is held. One block has no such holes, and the pages of slots that are never used cost
    nothing.

    Parameters
    ----------
    like : Shaped[Tensor, "..."]
        A tensor with the shape, type and device of all that are stored.
    num_slots : int
        Frames that are held at a time; further frames get memory of their own.
    """

    def __init__(self, like: Shaped[Tensor, "..."], num_slots: int) -> None:
        self._slots: Shaped[Tensor, "slots ..."] = like.new_empty(num_slots, *like.shape)
        self._free = list(range(num_slots))
        self._taken: dict[int, int] = {}

    def put(self, number: int, values: Shaped[Tensor, "..."]) -> Shaped[Tensor, "..."]:
        """Copy the tensor of a frame; return the copy, which is valid until the frame is dropped."""
        if not self._free:
            return values.clone()
        slot = self._taken[number] = self._free.pop()
        return self._slots[slot].copy_(values)

    def drop(self, number: int) -> None:
        """Free the slot of a frame for another one."""
        slot = self._taken.pop(number, None)
        if slot is not None:
            self._free.append(slot)
