"""Crops of maps, resized, with backward passes that are deterministic on every device."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from shls_core.photographs.crops import Box


def resized_crop(
    maps: Float[Tensor, "C map_h map_w"], box: Box, size: tuple[int, int]
) -> Float[Tensor, "C h w"]:
    """Crop a box and resize it bilinearly; pixels outside the box have no effect.

    Parameters
    ----------
    maps : Float[Tensor, "C map_h map_w"]
    box : Box
        In pixels of the maps; beyond the maps, their outermost pixels are repeated.
    size : tuple of int
        Height h and width w of the result.
    """
    rows = _window(box.top, box.bottom, size[0], maps.shape[1])
    columns = _window(box.left, box.right, size[1], maps.shape[2])
    # Interpolation as two products: on CUDA, interpolate and grid_sample use atomic adds in their backward.
    if isinstance(columns, slice):
        maps = _going_on(maps[:, :, columns], 2, size[1])
    else:
        maps = maps[:, :, columns[1]] @ _hats(*columns, maps).T
    if isinstance(rows, slice):
        return _going_on(maps[:, rows], 1, size[0])
    return _hats(*rows, maps) @ maps[:, rows[1]]


def _window(
    start: int, stop: int, num_out: int, num_in: int
) -> slice | tuple[Float[Tensor, " num_out"], slice]:
    """Return the slice of an axis if no resizing is needed, else the places to sample and their slice."""
    if stop - start == num_out:
        return slice(start, min(stop, num_in))
    places = start + (torch.arange(num_out) + 0.5) * ((stop - start) / num_out) - 0.5
    places = places.clamp(start, min(stop, num_in) - 1)
    return places, slice(int(places[0]), min(int(places[-1]) + 2, num_in))


def _going_on(maps: Float[Tensor, "C h w"], axis: int, length: int) -> Float[Tensor, "C ..."]:
    """Repeat the last row or column until an axis has the length `length`."""
    there = maps.shape[axis]
    if there == length:
        return maps
    last = maps.narrow(axis, there - 1, 1)
    return torch.cat([maps, *[last] * (length - there)], dim=axis)


def _hats(
    places: Float[Tensor, " num_out"], window: slice, like: Float[Tensor, "..."]
) -> Float[Tensor, "num_out num_in"]:
    """Return the weights of linear interpolation at `places` between the integers in `window`."""
    weights = (1.0 - (places[:, None] - torch.arange(window.start, window.stop)).abs()).clamp(min=0.0)
    return weights.to(like)


def nearest_crop(
    maps: Shaped[Tensor, "... H W"], box: Box, size: tuple[int, int]
) -> Shaped[Tensor, "... h w"]:
    """Crop a box, in px, and resize it by nearest neighbour; beyond the maps, their border is repeated."""
    rows = _nearest(box.top, box.bottom, size[0], maps.shape[-2])
    columns = _nearest(box.left, box.right, size[1], maps.shape[-1])
    return maps[..., rows[:, None].to(maps.device), columns.to(maps.device)]


def _nearest(start: int, stop: int, num_out: int, num_in: int) -> Tensor:
    return (start + (2 * torch.arange(num_out) + 1) * (stop - start) // (2 * num_out)).clamp(max=num_in - 1)


def upsampled(maps: Float[Tensor, "N C h w"]) -> Float[Tensor, "N C 2*h 2*w"]:
    """Double height and width bilinearly."""
    return _doubled(_doubled(maps, 2), 3)


def _doubled(maps: Float[Tensor, "N C h w"], axis: int) -> Float[Tensor, "N C ..."]:
    length = maps.shape[axis]
    before = torch.cat([maps.narrow(axis, 0, 1), maps.narrow(axis, 0, length - 1)], dim=axis)
    after = torch.cat([maps.narrow(axis, 1, length - 1), maps.narrow(axis, length - 1, 1)], dim=axis)
    pairs = torch.stack([torch.lerp(maps, before, 0.25), torch.lerp(maps, after, 0.25)], dim=axis + 1)
    return pairs.flatten(axis, axis + 1)
