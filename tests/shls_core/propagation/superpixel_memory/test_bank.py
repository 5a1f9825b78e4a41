import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import InputError
from shls_core.propagation.superpixel_memory.bank import MemoryBank
from shls_core.propagation.superpixel_memory.coarse_mask import margins
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.similarities import Similarities


def directions(*degrees: float) -> torch.Tensor:
    angles = torch.deg2rad(torch.tensor(degrees, dtype=torch.float32))
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def bank_of_two(**settings: float) -> MemoryBank:
    """Background near 0 degrees, object 3 near 90 degrees."""
    return MemoryBank(directions(0, 5, 10, 85, 90), torch.tensor([0, 0, 0, 3, 3]), MemoryConfig(**settings))


def later(bank: MemoryBank) -> list[torch.Tensor]:
    return [bank.references.later(column) for column in range(len(bank.classes))]


def test_queries_go_to_the_class_they_resemble():
    bank = bank_of_two()
    assert bank.classes.tolist() == [0, 3]
    assert bank.object_columns.tolist() == [1]
    similarities = bank.predict(directions(2, 88, 40, 50))
    assert bank.winners(similarities).tolist() == [0, 1, 0, 1]
    # The object's references at 85 and 90 degrees, weights 1 and 1/2; its one centroid at 87.5 degrees.
    expected = (math.cos(math.radians(2)) + 0.5 * math.cos(math.radians(3))) / 1.5
    assert similarities.short_term[1, 1].item() == pytest.approx(expected, rel=1e-6)
    assert similarities.long_term[1, 1].item() == pytest.approx(math.cos(math.radians(0.5)), rel=1e-6)


def test_only_superpixels_far_ahead_of_the_other_class_are_confident():
    bank = bank_of_two(update_threshold=0.5)
    similarities = bank.predict(directions(0, 5, 44, 90, 49))
    winners = bank.winners(similarities)
    assert winners.tolist() == [0, 0, 0, 1, 1]
    confident = bank.confident(winners, bank.sureness(similarities, winners))
    assert confident.tolist() == [True, True, False, True, False]


def test_threshold_is_a_share_of_the_mean_margin_of_the_class():
    bank = bank_of_two(update_threshold=0.5)
    # Mean of the first three 0.4, of the last 0.2.
    ahead = torch.tensor([[0.8, 0.0], [0.3, 0.0], [0.1, 0.0], [0.0, 0.2]])
    winners = torch.tensor([0, 0, 0, 1])
    sureness = bank.sureness(Similarities(torch.full((4, 2, 2), 0.5), ahead), winners)
    torch.testing.assert_close(sureness, torch.tensor([0.8, 0.3, 0.1, 0.2]))
    assert bank.confident(winners, sureness).tolist() == [True, True, False, True]


def test_log_odds_of_a_refined_mask_follow_the_same_rule():
    # Means -1 and 2: above 0.4 times that are -0.4 and 0.8.
    log_odds = torch.tensor([-0.3, -1.7, 3.0, 1.0])
    assert bank_of_two().confident(torch.tensor([1, 1, 0, 0]), log_odds).tolist() == [True, False, True, True]


def test_confident_members_are_remembered_by_their_class():
    bank = bank_of_two(update_threshold=0.9)
    members = directions(20, 70, 60)
    bank.update(members, torch.tensor([0, 1, 1]), torch.tensor([1.0, 1.0, 0.5]))
    background, thing = later(bank)
    assert torch.equal(background, members[:1])
    assert torch.equal(thing, members[1:2])


def test_of_one_frame_the_less_sure_are_forgotten_first():
    bank = bank_of_two(memory_cap=2.0, update_threshold=0.0)  # room for two later members of the object
    members = directions(70, 71, 72, 0)
    bank.update(members, torch.tensor([1, 1, 1, 0]), torch.tensor([0.9, 0.1, 0.5, 1.0]))
    assert torch.equal(later(bank)[1], members[[2, 0]])


def test_what_may_not_be_learnt_counts_for_what_the_frame_is_like():
    bank = bank_of_two(update_threshold=0.9)
    members = directions(20, 70, 60)
    told = (members, torch.tensor([0, 1, 1]), torch.tensor([1.0, 1.0, 0.5]))
    bank.update(*told, may_be_learnt=torch.tensor([False, True, True]))
    background, thing = later(bank)
    assert len(background) == 0  # it is there all the same: the frame has not lost it
    assert torch.equal(thing, members[1:2])
    bank.update(*told, may_be_learnt=torch.tensor([False, False, True]))
    assert len(later(bank)[1]) == 1  # less sure than those of its class, the other one included


def test_frame_without_background_updates_nothing():
    bank = bank_of_two()
    before = bank.predict(directions(30))
    bank.update(directions(85, 86), torch.tensor([1, 1]), torch.tensor([1.0, 1.0]))
    assert len(bank.references) == 5
    assert torch.equal(bank.predict(directions(30)).long_term, before.long_term)


def test_video_without_background_is_updated_all_the_same():
    bank = MemoryBank(directions(0, 90), torch.tensor([1, 2]), MemoryConfig())
    bank.update(directions(5), torch.tensor([0]), torch.tensor([1.0]))
    assert [len(members) for members in later(bank)] == [1, 0]


def test_objects_that_appear_later_become_classes():
    bank = bank_of_two()
    bank.update(directions(20, 80), torch.tensor([0, 1]), torch.tensor([1.0, 1.0]))
    bank.introduce(directions(40, 41, 42, 89), torch.tensor([2, 2, 2, 3]))
    assert bank.classes.tolist() == [0, 2, 3]
    assert [len(members) for members in later(bank)] == [1, 0, 1]
    # Object 3 was told three members by hand, two in the first frame and one now.
    assert torch.equal(bank.references.first(2), directions(85, 90, 89))
    similarities = bank.predict(directions(0, 41, 88))
    assert bank.winners(similarities).tolist() == [0, 1, 2]
    assert similarities.long_term[1, 1].item() == pytest.approx(1.0)


def test_introducing_known_objects_moves_their_centroids():
    introduced, updated = bank_of_two(), bank_of_two()
    introduced.introduce(directions(70, 0), torch.tensor([3, 0]))
    updated.update(directions(70, 0), torch.tensor([1, 0]), torch.tensor([1.0, 1.0]))
    torch.testing.assert_close(introduced.centroids.values, updated.centroids.values)


def test_introducing_nothing_is_refused():
    with pytest.raises(InputError, match="at least one object to introduce, got none"):
        bank_of_two().introduce(directions()[:0].reshape(0, 2), torch.tensor([], dtype=torch.int64))


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), search=st.sampled_from(["faiss", "torch"]))
def test_orders_of_superpixels_and_objects_permute_the_result_and_nothing_else(seed, search):
    generator = torch.Generator().manual_seed(seed)
    frames = F.normalize(torch.rand(4, 50, 8, generator=generator), dim=2)
    labels = torch.randint(4, (50,), generator=generator)
    labels[:4] = torch.arange(4)
    order = torch.stack([torch.randperm(50, generator=generator) for _ in frames])
    renamed = torch.cat([torch.tensor([0]), torch.tensor([7, 2, 5])[torch.randperm(3, generator=generator)]])
    config = MemoryConfig(search=search, memory_cap=2.0, superpixels_per_centroid=4)
    bank = MemoryBank(frames[0], labels, config)
    other = MemoryBank(frames[0][order[0]], renamed[labels][order[0]], config)
    for frame, shuffle in zip(frames[1:], order[1:], strict=True):
        similarities, shuffled = bank.predict(frame), other.predict(frame[shuffle])
        columns = torch.searchsorted(other.classes, renamed[bank.classes])
        torch.testing.assert_close(shuffled.short_term[:, columns], similarities.short_term[shuffle])
        torch.testing.assert_close(shuffled.long_term[:, columns], similarities.long_term[shuffle])
        winners, other_winners = bank.winners(similarities), other.winners(shuffled)
        assert torch.equal(other.classes[other_winners], renamed[bank.classes[winners]][shuffle])
        bank.update(frame, winners, bank.sureness(similarities, winners))
        other.update(frame[shuffle], other_winners, other.sureness(shuffled, other_winners))


def test_inference_mode_gives_what_training_gives_and_training_reaches_every_frame():
    frames = F.normalize(torch.rand(3, 40, 8, generator=torch.Generator().manual_seed(0)), dim=2)

    def last_similarities(values: torch.Tensor) -> torch.Tensor:
        bank = MemoryBank(values[0], torch.arange(40) % 3, MemoryConfig(update_threshold=0.0))
        for frame in values[1:]:
            similarities = bank.predict(frame)
            winners = bank.winners(similarities)
            bank.update(frame, winners, bank.sureness(similarities, winners))
        return similarities.short_term + similarities.long_term

    with torch.inference_mode():
        in_use = last_similarities(frames)
    learning = frames.clone().requires_grad_()
    in_training = last_similarities(learning)
    torch.testing.assert_close(in_training.detach(), in_use)
    in_training.sum().backward()
    assert (learning.grad.abs().sum(dim=2) > 0).all()


def test_mixed_precision_does_not_blur_similarities():
    frames = F.normalize(torch.rand(4, 400, 8, generator=torch.Generator().manual_seed(0)), dim=2)
    labels = torch.arange(400) % 3

    def last_similarities() -> Similarities:
        bank = MemoryBank(frames[0], labels, MemoryConfig())
        similarities = bank.predict(frames[1])
        winners = bank.winners(similarities)
        bank.update(frames[1], winners, bank.sureness(similarities, winners))
        bank.introduce(frames[2], 1 + labels)
        return bank.predict(frames[3])

    exact = last_similarities()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = last_similarities()
    assert torch.equal(mixed.neighbours, exact.neighbours)
    assert torch.equal(mixed.long_term, exact.long_term)


def test_with_the_vote_what_eq_1_would_give_to_another_class_stays_out_even_at_a_threshold_of_0():
    superfeatures = torch.rand(200, 8, generator=torch.Generator().manual_seed(0))
    superfeatures = F.normalize(superfeatures, dim=1)
    config = MemoryConfig(pre_segmentation="knn_vote", neighbours=1, update_threshold=0)
    bank = MemoryBank(superfeatures[:60], torch.arange(60) % 3, config)
    similarities = bank.predict(superfeatures[60:])
    voted, by_eq1 = bank.winners(similarities), margins(similarities).argmax(dim=1)
    before = len(bank.references)
    bank.update(superfeatures[60:], voted, bank.sureness(similarities, voted))
    of_eq1 = margins(similarities).gather(1, voted[:, None])[:, 0] >= 0
    assert 0 < (voted != by_eq1).sum() < 140
    assert len(bank.references) - before == of_eq1.sum() < 140
