import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.methods.shls.refinement.sampling import nearest_crop, resized_crop, upsampled
from shls_core.photographs.crops import Box


def random_maps(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(st.integers(1, 9), st.integers(1, 9))
def test_upsampling_is_that_of_torch(height, width):
    maps = random_maps(2, 3, height, width)
    expected = F.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(upsampled(maps), expected)


@settings(max_examples=50)
@given(st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_resized_crop_of_a_whole_map_is_the_interpolation_of_torch(size):
    maps = random_maps(3, 6, 9)
    expected = F.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0]
    torch.testing.assert_close(resized_crop(maps, Box(0, 0, 6, 9), size), expected)


@given(st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_resized_crop_knows_nothing_of_its_surroundings(size):
    maps = random_maps(3, 10, 12)
    expected = F.interpolate(maps[None, :, 2:7, 3:11], size, mode="bilinear", align_corners=False)[0]
    torch.testing.assert_close(resized_crop(maps, Box(2, 3, 7, 11), size), expected)


def test_crop_of_its_own_size_is_the_part_as_it_is():
    maps = random_maps(3, 10, 12)
    assert torch.equal(resized_crop(maps, Box(2, 1, 6, 12), (4, 11)), maps[:, 2:6, 1:12])


def test_beyond_the_frame_the_border_goes_on():
    maps = random_maps(2, 6, 7)
    part = resized_crop(maps, Box(4, 4, 8, 8), (4, 4))
    assert torch.equal(part[:, :, 3], part[:, :, 2])
    assert torch.equal(part[:, 2], part[:, 1])
    torch.testing.assert_close(part[:, :2, :3], maps[:, 4:6, 4:7])
    assert torch.equal(nearest_crop(maps, Box(4, 4, 8, 8), (4, 4)), part)


@pytest.mark.parametrize("size", [(4, 5), (2, 3), (8, 10), (3, 7)])
def test_nearest_crop_takes_the_pixel_that_holds_the_centre(size):
    maps, box = random_maps(2, 9, 9), Box(2, 3, 6, 8)
    part = nearest_crop(maps, box, size)
    for row in range(size[0]):
        for column in range(size[1]):
            at = int(2 + (row + 0.5) * 4 / size[0]), int(3 + (column + 0.5) * 5 / size[1])
            assert torch.equal(part[:, row, column], maps[:, at[0], at[1]])


def test_gradients_of_a_resized_crop_are_right():
    maps = random_maps(1, 5, 6).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda m: resized_crop(m, Box(1, 0, 5, 4), (6, 3)), maps)
