"""The vote of the memory as a loss: soft nearest neighbours in the other frames of a sequence."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.methods.scaled_cosines import scaled_cosines


def soft_neighbours(
    superfeatures: Float[Tensor, "R S"],
    labels: Int64[Tensor, " R"],
    frames: Int64[Tensor, " R"],
    temperature: float,
) -> Float[Tensor, ""]:
    r"""Return how badly superpixels find their own object in the other frames.

    All superpixels j of other frames vote for the object of a superpixel i, with a weight that grows with
    similarity. The term of i is the negative log of the share of votes for its own object,

    .. math::
        -\log \frac{\sum_{j: f_j \ne f_i, y_j = y_i} e^{s_{ij}/\tau}}{\sum_{j: f_j \ne f_i} e^{s_{ij}/\tau}},

    and the loss is the mean over those superpixels for which other frames show both their own object and
    another one. Unlike `nt_xent`, it needs only *some* similar superpixels of the object, like the nearest
    references of a memory in use, and it needs them in other frames.

    Parameters
    ----------
    superfeatures : Float[Tensor, "R S"]
        Vectors of unit length of all frames of one sequence; their inner products are the similarities s.
    labels : Int64[Tensor, "R"]
        Object y of every superpixel, the same number in all frames; the background is a class like any other.
    frames : Int64[Tensor, "R"]
        Frame f of every superpixel.
    temperature : float
        The :math:`\tau` above, greater than 0.

    Returns
    -------
    Float[Tensor, ""]
        Mean over these superpixels; 0 if there are none.

    References
    ----------
    .. [1] J. Goldberger, S. Roweis, G. Hinton, R. Salakhutdinov, "Neighbourhood Components Analysis",
       NeurIPS 2004
    .. [2] N. Frosst, N. Papernot, G. Hinton, "Analyzing and Improving Representations with the Soft Nearest
       Neighbor Loss", ICML 2019, https://doi.org/10.48550/arXiv.1902.01889
    """
    elsewhere = frames[:, None] != frames
    own = elsewhere & (labels[:, None] == labels)
    counts = own.any(dim=1) & (elsewhere & ~own).any(dim=1)
    if not bool(counts.any()):
        return superfeatures.sum() * 0.0  # still part of the graph: its gradient is zero
    similarity = scaled_cosines(superfeatures[counts], superfeatures, temperature)
    of_all, of_own = (
        similarity.masked_fill(~asked[counts], -torch.inf).logsumexp(dim=1) for asked in (elsewhere, own)
    )
    return (of_all - of_own).mean()
