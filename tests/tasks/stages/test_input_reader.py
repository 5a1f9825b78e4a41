import numpy as np

from tasks.stages.input_reader import PixelMemory


def test_pixels_are_made_once_until_memory_runs_out():
    made = []

    def pixels(name, num_bytes=100):
        def make():
            made.append(name)
            return np.full(num_bytes, len(made), np.uint8)

        return memory.remember(name, make)

    memory = PixelMemory(most_bytes=250)
    first = pixels("a")
    assert pixels("a") is first
    pixels("b")
    pixels("a")  # used again: b is now the oldest
    pixels("c")
    assert pixels("a") is first
    assert made == ["a", "b", "c"]
    pixels("b")
    assert made == ["a", "b", "c", "b"]


def test_what_is_larger_than_the_memory_is_held_until_the_next():
    memory, made = PixelMemory(most_bytes=10), []

    def make():
        made.append(1)
        return np.zeros(100, np.uint8)

    assert memory.remember("large", make) is memory.remember("large", make)
    memory.remember("small", lambda: np.zeros(1, np.uint8))
    memory.remember("large", make)
    assert len(made) == 2
