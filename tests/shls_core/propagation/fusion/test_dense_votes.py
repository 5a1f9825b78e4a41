import numpy as np
import torch

from shls_core.propagation.fusion.config import DenseVotesConfig
from shls_core.propagation.fusion.dense_votes import DenseVotes
from shls_core.propagation.superpixel_memory.pooled_features import PooledFeatures

HEIGHT, WIDTH, STRIDE, SIDE = 18, 26, 4, 5
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH] // SIDE
SUPERPIXELS = (ROWS * (-(-WIDTH // SIDE)) + COLUMNS).astype(np.int64)
CLASSES = torch.tensor([0, 2])
CONFIG = DenseVotesConfig(context=2, radius=3, neighbours=3)


class Noise:
    """Other features for every frame, by its first pixel."""

    device, stride = torch.device("cpu"), STRIDE

    def encode(self, frame):
        noise = torch.Generator().manual_seed(int(frame[0, 0, 0]))
        return torch.randn(8, -(-HEIGHT // STRIDE), -(-WIDTH // STRIDE), generator=noise)


def frame(number):
    return PooledFeatures(Noise()).encode(np.full((HEIGHT, WIDTH, 3), number, np.uint8), SUPERPIXELS)


def mask():
    found = torch.zeros(HEIGHT, WIDTH, dtype=torch.int64)
    found[4:14, 6:20] = 2
    return found


def test_a_frame_that_is_the_first_one_again_has_its_shares():
    votes = DenseVotes(DenseVotesConfig(context=0, neighbours=1), frame(0), mask())
    found = votes.shares(frame(0), CLASSES)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(len(found)))
    [inside] = np.unique(SUPERPIXELS[5:10, 10:15])
    assert float(found[inside, 1]) > 0.8
    assert float(found[0, 1]) < 0.2


def test_cells_remember_the_votes_of_the_pixels_around_them():
    votes = DenseVotes(CONFIG, frame(0), mask())
    votes.shares(frame(1), CLASSES)
    decided = torch.rand(int(SUPERPIXELS.max()) + 1, 2, generator=torch.Generator().manual_seed(0))
    decided /= decided.sum(dim=1, keepdim=True)
    votes.learn(frame(1), decided, CLASSES)
    shape = (-(-HEIGHT // STRIDE), -(-WIDTH // STRIDE))
    sums, weights = np.zeros((*shape, 2)), np.zeros(shape)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            for row in range(shape[0]):
                for column in range(shape[1]):
                    place = min(y / STRIDE, shape[0] - 1), min(x / STRIDE, shape[1] - 1)
                    weight = max(0, 1 - abs(place[0] - row)) * max(0, 1 - abs(place[1] - column))
                    sums[row, column] += weight * decided[SUPERPIXELS[y, x]].numpy()
                    weights[row, column] += weight
    remembered = votes._tracker._frames[1].shares.view(*shape, 2)
    np.testing.assert_allclose(remembered.numpy(), sums / weights[..., None], atol=1e-5)


def test_an_object_that_is_given_later_has_shares_from_then_on():
    votes = DenseVotes(CONFIG, frame(0), mask())
    votes.shares(frame(1), CLASSES)
    later = torch.zeros(HEIGHT, WIDTH, dtype=torch.int64)
    later[:4, :6] = 9
    votes.introduce(frame(1), torch.full((int(SUPERPIXELS.max()) + 1, 2), 0.5), CLASSES, later)
    found = votes.shares(frame(1), torch.tensor([0, 2, 9]))
    assert float(found[0, 2]) > 0.5


def test_memory_does_not_grow_with_time():
    votes = DenseVotes(CONFIG, frame(0), mask())
    for number in range(1, 8):
        shares = votes.shares(frame(number), CLASSES)
        votes.learn(frame(number), shares, CLASSES)
    assert sorted(votes._tracker._frames) == [0, 6, 7]
