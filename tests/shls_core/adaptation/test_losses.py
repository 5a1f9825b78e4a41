"""The losses of a frame against loops, and classes that are not known in it."""

import math

import pytest
import torch

from shls_core.adaptation.losses import frame_losses, known_logits


def by_loops(logits, classes, num_classes, dice):
    """The loss of one frame, from its definition."""
    _, height, width = logits.shape
    entropy, both, shares, sizes = 0.0, [0.0] * num_classes, [0.0] * num_classes, [0.0] * num_classes
    for row in range(height):
        for column in range(width):
            powers = [math.exp(float(logits[k, row, column])) for k in range(num_classes)]
            true = int(classes[row, column])
            entropy -= math.log(powers[true] / sum(powers)) / (height * width)
            sizes[true] += 1
            both[true] += powers[true] / sum(powers)
            for k in range(num_classes):
                shares[k] += powers[k] / sum(powers)
    ratios = [(2 * b + 1) / (p + y + 1) for b, p, y in zip(both, shares, sizes, strict=True)]
    return entropy + dice * (1 - sum(ratios) / num_classes)


@pytest.fixture
def batch():
    torch.manual_seed(0)
    known = torch.tensor([2, 4, 3])
    classes = torch.stack([torch.randint(0, int(one), (5, 5)) for one in known])
    return torch.randn(3, 4, 5, 5), classes, known


@pytest.mark.parametrize("dice", [0.0, 1.0, 0.3])
def test_each_frame_has_the_loss_of_its_definition(batch, dice):
    logits, classes, known = batch
    found = frame_losses(logits, classes, known, dice)
    expected = [by_loops(*one[:2], int(one[2]), dice) for one in zip(*batch, strict=True)]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_an_object_that_is_given_later_has_no_part(batch):
    logits, classes, known = batch
    logits.requires_grad_()
    frame_losses(logits, classes, known, 1.0).sum().backward()
    assert (logits.grad[0, 2:] == 0).all()
    assert (logits.grad[2, 3:] == 0).all()
    assert (logits.grad[1] != 0).all()
    shares = torch.softmax(known_logits(logits, known), dim=1)
    assert (shares[0, 2:] == 0).all()
    assert (shares[1] > 0).all()
