"""Eq. 1 and the vote against loops."""

import pytest
import torch

from shls_core.propagation.superpixel_memory.coarse_mask import knn_votes, margins, paint, winning_class
from shls_core.propagation.superpixel_memory.similarities import NO_REFERENCE, Similarities


def random_similarities(num_classes: int, seed: int = 0) -> Similarities:
    generator = torch.Generator().manual_seed(seed)
    neighbours = torch.rand(30, num_classes, 3, generator=generator).sort(dim=2, descending=True).values
    neighbours[:, 0, 2] = NO_REFERENCE
    return Similarities(neighbours, torch.rand(30, num_classes, generator=generator))


def weighted(neighbours: list[float]) -> float:
    known = [(s, 1 / n) for n, s in enumerate(neighbours, start=1) if s != NO_REFERENCE]
    return sum(s * w for s, w in known) / sum(w for _, w in known)


@pytest.mark.parametrize("num_classes", [2, 3, 5])
def test_margin_is_equation_one(num_classes):
    similarities = random_similarities(num_classes)
    for row, margin in enumerate(margins(similarities)):
        total = [
            weighted(similarities.neighbours[row, k].tolist()) + similarities.long_term[row, k].item()
            for k in range(num_classes)
        ]
        expected = [
            total[k] - max(total[other] for other in range(num_classes) if other != k)
            for k in range(num_classes)
        ]
        torch.testing.assert_close(margin, torch.tensor(expected), atol=1e-6, rtol=0)


def test_equal_classes_have_no_margin_and_the_first_wins():
    similarities = Similarities(torch.full((1, 3, 2), 0.5), torch.full((1, 3), 0.5))
    assert margins(similarities).tolist() == [[0.0, 0.0, 0.0]]
    assert winning_class(similarities, "eq1").tolist() == [0]


def test_single_class_wins_everywhere():
    similarities = random_similarities(1)
    assert not winning_class(similarities, "eq1").any()
    assert not winning_class(similarities, "knn_vote").any()


def test_vote_of_the_nearest_references_of_all_classes():
    similarities = random_similarities(3)
    for row, votes in enumerate(knn_votes(similarities)):
        everyone = sorted(
            ((s, k) for k in range(3) for s in similarities.neighbours[row, k].tolist() if s != NO_REFERENCE),
            reverse=True,
        )
        expected = [0.0, 0.0, 0.0]
        for rank, (similarity, k) in enumerate(everyone[:3], start=1):
            expected[k] += similarity / rank
        torch.testing.assert_close(votes, torch.tensor(expected), atol=1e-6, rtol=0)


def test_the_rules_can_disagree():
    # Class 0 has the one nearest reference, class 1 two good ones and the nearest centroid.
    neighbours = torch.tensor([[[0.9, 0.1], [0.8, 0.8]]])
    similarities = Similarities(neighbours, torch.tensor([[0.1, 0.9]]))
    assert winning_class(similarities, "knn_vote").tolist() == [0]
    assert winning_class(similarities, "eq1").tolist() == [1]


def test_paint_gives_every_pixel_the_value_of_its_superpixel():
    superpixels = torch.tensor([[0, 1], [2, 1]])
    assert paint(torch.tensor([5, 7, 9]), superpixels).tolist() == [[5, 7], [9, 7]]
    rows = torch.tensor([[5, 6], [7, 8], [9, 10]])
    assert paint(rows, superpixels).tolist() == [[[5, 6], [7, 8]], [[9, 10], [7, 8]]]
