"""What is held of some frames of a video, in one piece of memory."""

from jaxtyping import Shaped
from torch import Tensor


class FrameSlots:
    """Places for tensors of frames, which later frames take over.

    Tensors that come and go one by one leave holes in memory that nothing else fits into: half as much again
    as what is held. What lies in one piece does not, and pages of places never taken cost nothing.

    Parameters
    ----------
    like : Shaped[Tensor, "..."]
        Of the shape, type and device of all that come.
    num_slots : int
        Frames that are held at a time; more than that are held on their own.
    """

    def __init__(self, like: Shaped[Tensor, "..."], num_slots: int) -> None:
        self._slots: Shaped[Tensor, "slots ..."] = like.new_empty(num_slots, *like.shape)
        self._free = list(range(num_slots))
        self._taken: dict[int, int] = {}

    def put(self, number: int, values: Shaped[Tensor, "..."]) -> Shaped[Tensor, "..."]:
        """Copy what is to be held of a frame; return the copy, which is good until the frame is dropped."""
        if not self._free:
            return values.clone()
        slot = self._taken[number] = self._free.pop()
        return self._slots[slot].copy_(values)

    def drop(self, number: int) -> None:
        """Let another frame take the place of this one."""
        slot = self._taken.pop(number, None)
        if slot is not None:
            self._free.append(slot)
