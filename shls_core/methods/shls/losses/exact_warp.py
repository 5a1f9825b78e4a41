"""InfoNCE between points that show the same: every point finds itself in another frame, among all others."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from shls_core.methods.scaled_cosines import scaled_cosines


def exact_warp(
    here: Float[Tensor, "P S"],
    there: Float[Tensor, "P S"],
    places_here: Float[Tensor, "P 2"],
    places_there: Float[Tensor, "P 2"],
    sequences: Int64[Tensor, " P"],
    pairs: Int64[Tensor, " P"],
    temperature: float,
    min_distance: float,
) -> Float[Tensor, ""]:
    r"""Return how badly points find themselves in another frame.

    Row i of both tables shows the same point in two frames. The term of i is

    .. math:: -\log \frac{e^{a_i b_i / \tau}}{e^{a_i b_i / \tau} + \sum_{j \in N_i} e^{a_i b_j / \tau}},

    and the same with the two frames exchanged; the loss is the mean of both. :math:`N_i` holds the points of
    all other sequences, and those of the same pair of frames that are at least `min_distance` away from i.

    Parameters
    ----------
    here, there : Float[Tensor, "P S"]
        Vectors of unit length of every point in the one frame and in the other.
    places_here, places_there : Float[Tensor, "P 2"]
        Where the points are in these frames, in px.
    sequences, pairs : Int64[Tensor, "P"]
        The sequence of every point, and its pair of frames; no two sequences have a pair in common.
    temperature : float
        The :math:`\tau` above, greater than 0.
    min_distance : float
        In px.

    Returns
    -------
    Float[Tensor, ""]
        Mean over points and directions; 0 if there are none.

    References
    ----------
    .. [1] A. van den Oord, Y. Li, O. Vinyals, "Representation Learning with Contrastive Predictive Coding",
       2018, https://doi.org/10.48550/arXiv.1807.03748
    """
    if not len(here):
        return (here.sum() + there.sum()) * 0.0  # still part of the graph: its gradient is zero
    similarity = scaled_cosines(here, there, temperature)
    elsewhere = sequences[:, None] != sequences
    together = pairs[:, None] == pairs
    terms = [
        _surprise(logits, elsewhere | (together & _apart(places, min_distance)))
        for logits, places in ((similarity, places_there), (similarity.T, places_here))
    ]
    return torch.stack(terms).mean()


def _surprise(logits: Float[Tensor, "P P"], negatives: Bool[Tensor, "P P"]) -> Float[Tensor, ""]:
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    others = logits.masked_fill(~(negatives | own), -torch.inf)
    return (others.logsumexp(dim=1) - logits.diagonal()).mean()


def _apart(places: Float[Tensor, "P 2"], distance: float) -> Bool[Tensor, "P P"]:
    difference = places[:, None] - places
    return difference.square().sum(dim=2) >= distance**2


def at_points(
    maps: Float[Tensor, "C h w"], points: Float[Tensor, "P 2"], stride: int
) -> Float[Tensor, "P C"]:
    """Return a feature map at points (x, y) of the frame, bilinearly, in vectors of unit length.

    Cell i is centred on pixel ``stride * i``.
    """
    height, width = maps.shape[1:]
    rows = maps.flatten(1).T.to(torch.promote_types(maps.dtype, torch.float32))
    x, y = (points / stride).unbind(dim=1)
    left, top = x.floor(), y.floor()
    found = rows.new_zeros(len(points), rows.shape[1])
    # Rows by number: the only way to gather whose gradient is the same at every run on every device.
    for row, weight_y in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, weight_x in ((left, 1 - (x - left)), (left + 1, x - left)):
            cell = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
            found = found + (weight_y * weight_x)[:, None] * rows.index_select(0, cell.long())
    return F.normalize(found, dim=1)
