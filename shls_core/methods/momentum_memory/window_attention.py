"""Attention of every cell to the cells around its place in several reference frames."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

_COLUMNS = 16
"""Columns of queries that are compared at a time: their windows overlap in most columns of references."""


def window_attention(
    queries: Float[Tensor, "B h w C"],
    references: Float[Tensor, "B K h w C"],
    values: Float[Tensor, "B K h w V"],
    radius: int,
) -> Float[Tensor, "B h w V"]:
    """Return, for every cell, the mean of the values of references, weighted by how similar cells are.

    The weights are one softmax of inner products over all cells of all K references that are at most `radius`
    rows and columns away. Cells beyond the borders of a frame have no weight. In float32 at least, whatever
    autocast says; gradients repeat to the bit on every device.

    Parameters
    ----------
    queries
        Features of the cells of frames.
    references
        Features of the cells of their references; on order among references nothing depends but rounding.
    values
        Of the cells of references, for example colours.
    radius
        In cells; 0 compares equal places alone.

    References
    ----------
    Z. Lai, E. Lu, W. Xie, "MAST: A Memory-Augmented Self-Supervised Tracker", CVPR 2020,
    https://doi.org/10.1109/CVPR42600.2020.00651, section 3.2.
    """
    height, width = queries.shape[1:3]
    with torch.autocast(queries.device.type, enabled=False):
        exact, around, values_around = (
            one.to(torch.promote_types(one.dtype, torch.float32)) for one in (queries, references, values)
        )
        border = (0, 0, radius, radius, radius, radius)
        around = torch.nn.functional.pad(around, border)
        values_around = torch.nn.functional.pad(values_around, border)
        strips = []
        for left in range(0, width, _COLUMNS):
            right = min(left + _COLUMNS, width)
            seen = slice(left, right + 2 * radius)
            is_candidate = _candidates(height, width, left, right, radius, queries.device)
            strips.append(
                _attended(
                    exact[:, :, left:right], around[..., seen, :], values_around[..., seen, :], is_candidate
                )
            )
        return torch.cat(strips, dim=2)


def _attended(
    queries: Float[Tensor, "B h s C"],
    around: Float[Tensor, "B K H a C"],
    values: Float[Tensor, "B K H a V"],
    is_candidate: Bool[Tensor, "h s o a"],
) -> Float[Tensor, "B h s V"]:
    """Return the weighted means for a strip of columns: row by row, for every offset of rows."""
    height, num_offsets = is_candidate.shape[0], is_candidate.shape[2]
    rows = [
        (frame, slice(offset, offset + height))
        for frame in range(around.shape[1])
        for offset in range(num_offsets)
    ]
    products = torch.stack([queries @ around[:, frame, seen].transpose(2, 3) for frame, seen in rows], dim=3)
    by_frame = products.reshape(*products.shape[:3], -1, num_offsets, products.shape[4])
    similarities = by_frame.masked_fill(~is_candidate[:, :, None], -torch.inf)
    weights = similarities.flatten(3).softmax(3)
    attended: Tensor = weights @ torch.cat([values[:, frame, seen] for frame, seen in rows], dim=2)
    return attended


def _candidates(
    height: int, width: int, left: int, right: int, radius: int, device: torch.device
) -> Bool[Tensor, "h s o a"]:
    """Return which cells around a strip are on the frame and in the window of a query.

    The axes are row and column of the query, offset of the row, and column of the padded reference.
    """
    rows = torch.arange(height, device=device)[:, None] + torch.arange(-radius, radius + 1, device=device)
    own = torch.arange(left, right, device=device)
    columns = torch.arange(left - radius, right + radius, device=device)
    is_near = (columns - own[:, None]).abs() <= radius
    has_column = is_near & (columns >= 0) & (columns < width)
    has_row = (rows >= 0) & (rows < height)
    return has_row[:, None, :, None] & has_column[None, :, None, :]
