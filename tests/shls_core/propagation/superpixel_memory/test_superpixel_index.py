"""Segment sums against loops over pixels."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import InputError
from shls_core.methods.backbone import Backbone
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex


def random_maps(seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    maps = []
    for count in (5, 9, 1):
        labels = rng.integers(0, count, size=(7, 11))
        labels.flat[:count] = np.arange(count)
        maps.append(labels)
    return torch.from_numpy(np.stack(maps))


def test_means_equal_a_loop_over_superpixels():
    maps = random_maps()
    values = torch.randn(3, 4, 7, 11, generator=torch.Generator().manual_seed(1))
    index = SuperpixelIndex.of(maps)
    means = index.means(values)
    assert index.offsets == (0, 5, 14, 15)
    for frame in range(3):
        for label in range(index.offsets[frame + 1] - index.offsets[frame]):
            expected = values[frame][:, maps[frame] == label].mean(dim=1)
            torch.testing.assert_close(means[index.offsets[frame] + label], expected)


def test_gradient_of_a_mean_is_one_over_the_area():
    maps = torch.tensor([[[0, 0, 0], [0, 1, 1]]])
    values = torch.zeros(1, 1, 2, 3, requires_grad=True)
    SuperpixelIndex.of(maps).means(values)[0, 0].backward()
    torch.testing.assert_close(values.grad, torch.tensor([[[[0.25, 0.25, 0.25], [0.25, 0.0, 0.0]]]]))


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), channels_last=st.booleans())
def test_means_and_gradients_equal_sums_by_index(seed, channels_last):
    generator = torch.Generator().manual_seed(seed)
    maps = random_maps(seed)
    values = torch.rand(3, 2, 7, 11, generator=generator, dtype=torch.float64)
    if channels_last:
        values = values.contiguous(memory_format=torch.channels_last)
    weights = torch.rand(15, 2, generator=generator, dtype=torch.float64)
    mine, theirs = values.clone().requires_grad_(), values.clone().requires_grad_()

    index = SuperpixelIndex.of(maps)
    means = index.means(mine)
    rows = theirs.permute(0, 2, 3, 1).reshape(-1, 2)
    sums = torch.zeros(15, 2, dtype=torch.float64).index_add(0, index.labels.flatten(), rows)
    expected = sums / torch.bincount(index.labels.flatten())[:, None]
    torch.testing.assert_close(means, expected)
    (means * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(mine.grad, theirs.grad)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000))
def test_relabelling_permutes_means_and_positions_and_nothing_else(seed):
    generator = torch.Generator().manual_seed(seed)
    maps = random_maps(seed)
    orders = [torch.randperm(int(labels.max()) + 1, generator=generator) for labels in maps]
    relabelled = torch.stack([order[labels] for order, labels in zip(orders, maps, strict=True)])
    values = torch.rand(3, 4, 7, 11, generator=generator)
    before, after = SuperpixelIndex.of(maps), SuperpixelIndex.of(relabelled)
    for frame, order in enumerate(orders):
        own = slice(before.offsets[frame], before.offsets[frame + 1])
        assert torch.equal(after.means(values)[own][order], before.means(values)[own])
        assert torch.equal(after.positions[own][order], before.positions[own])


def test_a_vanished_superpixel_sends_no_gradient():
    index = SuperpixelIndex(torch.tensor([[[0, 2], [2, 2]]]), (0, 3))
    values = torch.ones(1, 1, 2, 2, requires_grad=True)
    index.means(values).sum().backward()
    torch.testing.assert_close(values.grad, torch.tensor([[[[1.0, 1 / 3], [1 / 3, 1 / 3]]]]))


def test_positions_of_known_superpixels():
    maps = torch.tensor([[[0, 0, 0, 1], [0, 0, 0, 1], [2, 2, 2, 2]]])
    expected = torch.tensor([[6 / 12, 0.25, 1 / 3], [2 / 12, 0.25, 1.0], [4 / 12, 1.0, 0.5]])
    torch.testing.assert_close(SuperpixelIndex.of(maps).positions, expected)


def test_quarter_takes_every_fourth_pixel_and_zeroes_what_vanished():
    maps = torch.zeros(1, 8, 8, dtype=torch.int64)
    maps[0, 1:3, 1:3] = 1  # lies between the pixels that are kept
    maps[0, 4:, :] = 2
    quarter = SuperpixelIndex.of(maps).at_quarter
    assert quarter.labels.tolist() == [[[0, 0], [2, 2]]]
    assert quarter.areas.tolist() == [2.0, 0.0, 2.0]
    assert quarter.means(torch.ones(1, 3, 2, 2)).tolist() == [[1.0] * 3, [0.0] * 3, [1.0] * 3]
    assert quarter.positions[1].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("height", "width"), [(480, 854), (240, 427), (9, 6)])
def test_quarter_is_as_large_as_the_coarse_features_and_centred_alike(height, width):
    rows = torch.arange(height)[:, None].expand(1, height, width).contiguous()
    coarse = Backbone(0.0625).eval()(torch.zeros(1, 3, height, width))["layer4"]
    quarter = SuperpixelIndex.of(rows).at_quarter.labels
    assert quarter.shape[1:] == coarse.shape[2:]
    assert quarter[0, :, 0].tolist() == list(range(0, height, 4))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[0, 2], [0, 2]], r"labels 0\.\.2 without gaps, got no pixel of 1 \(frame 1\)"),
        ([[1, 2], [1, 2]], r"from 0 upwards, got 1 \(frame 1\)"),
        ([[-1, 0], [0, 0]], r"from 0 upwards, got -1 \(frame 1\)"),
    ],
)
def test_labels_with_gaps_are_refused(labels, message):
    maps = torch.stack([torch.tensor([[0, 1], [2, 3]]), torch.tensor(labels)])
    with pytest.raises(InputError, match=message):
        SuperpixelIndex.of(maps)
