"""The four channels against loops over superpixels and classes."""

import torch

from shls_core.propagation.superpixel_memory.attention import attention_channels
from shls_core.propagation.superpixel_memory.similarities import Similarities


def random_similarities(num_classes: int) -> Similarities:
    generator = torch.Generator().manual_seed(num_classes)
    neighbours = torch.rand(20, num_classes, 2, generator=generator).sort(dim=2, descending=True).values
    return Similarities(neighbours, torch.rand(20, num_classes, generator=generator))


def test_channels_are_the_class_itself_and_the_strongest_other_one():
    similarities = random_similarities(4)
    channels = attention_channels(similarities, torch.tensor([1, 2, 3]))
    assert channels.shape == (3, 20, 4)
    short_term = (similarities.neighbours[..., 0] + similarities.neighbours[..., 1] / 2) / 1.5
    for row in range(20):
        for number, k in enumerate((1, 2, 3)):
            others = [column for column in range(4) if column != k]  # the background, column 0, among them
            expected = [
                short_term[row, k].item(),
                max(short_term[row, column].item() for column in others),
                similarities.long_term[row, k].item(),
                max(similarities.long_term[row, column].item() for column in others),
            ]
            torch.testing.assert_close(channels[number, row], torch.tensor(expected))


def test_one_class_alone_has_nothing_to_contrast_with():
    channels = attention_channels(random_similarities(1), torch.tensor([0]))
    assert not channels[..., [1, 3]].any()
    assert channels[..., [0, 2]].all()


def test_gradients_reach_every_similarity_that_is_used():
    neighbours = torch.rand(5, 3, 2, requires_grad=True)
    long_term = torch.rand(5, 3, requires_grad=True)
    attention_channels(Similarities(neighbours, long_term), torch.tensor([1, 2])).sum().backward()
    # Of two objects and the background, each class is used as itself or as another.
    assert (neighbours.grad[:, 1:] > 0).all()
    assert (long_term.grad[:, 1:] > 0).all()
