"""The features of some frames of a video in one piece of memory."""

from jaxtyping import Float
from torch import Tensor


class FeatureSlots:
    """Places for the features of frames, which later frames take over.

    Frames that come and go one by one leave holes in memory that nothing else fits into: half as much again
    as what is held. What lies in one piece does not, and pages of places never taken cost nothing.

    Parameters
    ----------
    like : Float[Tensor, "h w C"]
        Features of the shape, type and device of all that come.
    num_slots : int
        Frames that are held at a time; more than that are held on their own.
    """

    def __init__(self, like: Float[Tensor, "h w C"], num_slots: int) -> None:
        self._slots: Float[Tensor, "slots h w C"] = like.new_empty(num_slots, *like.shape)
        self._free = list(range(num_slots))
        self._taken: dict[int, int] = {}

    def put(self, number: int, features: Float[Tensor, "h w C"]) -> Float[Tensor, "h w C"]:
        """Copy the features of a frame; return the copy, which is good until the frame is dropped."""
        if not self._free:
            return features.clone()
        slot = self._taken[number] = self._free.pop()
        return self._slots[slot].copy_(features)

    def drop(self, number: int) -> None:
        """Let another frame take the place of this one."""
        slot = self._taken.pop(number, None)
        if slot is not None:
            self._free.append(slot)
