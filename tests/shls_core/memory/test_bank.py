import numpy as np

from shls_core.memory.bank import ClassMemory, MemoryBank
from shls_core.memory.coarse_mask import Similarities
from shls_core.memory.config import MemoryConfig


def directions(*degrees: float) -> np.ndarray:
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def bank_of_two(**settings: float) -> MemoryBank:
    """Background near 0 degrees, object 3 near 90 degrees."""
    labels = np.array([0, 0, 0, 3, 3])
    return MemoryBank(directions(0, 5, 10, 85, 90), labels, MemoryConfig(**settings))


def test_queries_go_to_the_class_they_resemble():
    bank = bank_of_two()
    assert bank.classes.tolist() == [0, 3]
    similarities = bank.predict(directions(2, 88, 40, 50))
    assert bank.winners(similarities).tolist() == [0, 1, 0, 1]
    # The object's references at 85 and 90 degrees, weights 1 and 1/2; its one centroid at 87.5 degrees.
    expected = (np.cos(np.deg2rad(2)) + 0.5 * np.cos(np.deg2rad(3))) / 1.5
    np.testing.assert_allclose(similarities.short_term[1, 1], expected, rtol=1e-6)
    np.testing.assert_allclose(similarities.long_term[1, 1], np.cos(np.deg2rad(0.5)), rtol=1e-6)


def test_only_superpixels_far_ahead_of_the_other_class_are_confident():
    bank = bank_of_two(update_threshold=0.5)
    similarities = bank.predict(directions(0, 5, 44, 90, 49))
    winners = bank.winners(similarities)
    assert winners.tolist() == [0, 0, 0, 1, 1]
    assert bank.confident(similarities, winners).tolist() == [True, True, False, True, False]


def test_threshold_is_a_share_of_the_mean_margin_of_the_class():
    bank = bank_of_two(update_threshold=0.5)
    ahead = np.array([0.8, 0.3, 0.1, 0.2], dtype=np.float32)  # mean of the first three 0.4, of the last 0.2
    long_term = np.stack([ahead, np.zeros(4, np.float32)], axis=1)
    long_term[3] = long_term[3, ::-1]
    similarities = Similarities(np.full((4, 2, 2), 0.5, np.float32), long_term)
    winners = np.array([0, 0, 0, 1])
    assert bank.confident(similarities, winners).tolist() == [True, True, False, True]


def test_confident_members_are_remembered_by_their_class():
    bank = bank_of_two()
    members = directions(20, 70, 60)
    bank.update(members, np.array([0, 1, 1]), np.array([True, True, False]))
    background, thing = (memory.references for memory in bank.memories)
    np.testing.assert_array_equal(background[3:], members[:1])
    np.testing.assert_array_equal(thing[2:], members[1:2])


def test_frame_without_background_updates_nothing():
    bank = bank_of_two()
    bank.update(directions(85, 86), np.array([1, 1]), np.array([True, True]))
    assert [len(memory.references) for memory in bank.memories] == [3, 2]


def test_video_without_background_is_updated_all_the_same():
    bank = MemoryBank(directions(0, 90), np.array([1, 2]), MemoryConfig())
    bank.update(directions(5), np.array([0]), np.array([True]))
    assert [len(memory.references) for memory in bank.memories] == [2, 1]


def test_memory_keeps_the_first_frame_and_the_newest():
    memory = ClassMemory(directions(0, 1), MemoryConfig(memory_cap=2.5))
    for degree in (10, 20, 30, 40):
        memory.remember(directions(degree))
    np.testing.assert_array_equal(memory.references, directions(0, 1, 20, 30, 40))


def test_cap_of_one_keeps_the_first_frame_alone():
    memory = ClassMemory(directions(0, 1), MemoryConfig(memory_cap=1.0))
    memory.remember(directions(10, 20))
    np.testing.assert_array_equal(memory.references, directions(0, 1))


def test_a_class_that_appears_later_is_recognised_from_then_on():
    axes = np.eye(4, dtype=np.float32)
    bank = MemoryBank(axes[[0, 3]], np.array([0, 3]), MemoryConfig(neighbours=1))
    bank.introduce(axes[[1]], np.array([1]))
    assert bank.classes.tolist() == [0, 1, 3]
    winners = bank.winners(bank.predict(axes[[3, 1, 0]]))
    assert bank.classes[winners].tolist() == [3, 1, 0]


def test_given_members_of_a_known_class_are_never_forgotten():
    axes = np.eye(4, dtype=np.float32)
    bank = MemoryBank(axes[[0, 3]], np.array([0, 3]), MemoryConfig(neighbours=1, memory_cap=1.0))
    bank.introduce(axes[[1]], np.array([3]))
    for _ in range(3):
        bank.update(axes[[0, 2]], np.array([0, 1]), np.array([True, True]))
    assert bank.classes.tolist() == [0, 3]
    assert bank.predict(axes[[1]]).short_term.tolist() == [[0.0, 1.0]]
