import torch

from shls_core.propagation.frame_slots import FrameSlots


def test_places_are_taken_over_and_what_is_held_stays():
    features = torch.arange(6.0).view(6, 1, 1, 1)
    slots = FrameSlots(features[0], 2)
    zero, one, two = (slots.put(number, features[number]) for number in range(3))
    assert [float(held) for held in (zero, one, two)] == [0, 1, 2]  # more than there are places
    slots.drop(0)
    three = slots.put(3, features[3])
    assert three.data_ptr() == zero.data_ptr()
    slots.drop(2)  # it has no place to leave
    four = slots.put(4, features[4])
    assert four.data_ptr() not in (one.data_ptr(), three.data_ptr())
    assert [float(held) for held in (one, two, three, four)] == [1, 2, 3, 4]
