"""The largest of many similarities, found exactly, with a fixed rule for ties."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

_TIED_AT_ONCE = 32


def best_of(
    similarities: Float[Tensor, "members queries groups"],
    maxima: Float[Tensor, "queries groups"],
    num_best: int,
) -> tuple[Float[Tensor, "queries best"], Int64[Tensor, "queries best"]]:
    """Return the largest similarities of every query, in no particular order.

    The `num_best` largest lie in the `num_best` groups with the largest maxima, so that only these are
    searched. That is many times faster than searching all.

    Parameters
    ----------
    similarities
        No NaN.
    maxima
        Over the members of a group; minus infinity if a group does not count for a query.
    num_best
        Number of results for each query.

    Returns
    -------
    values : Float[Tensor, "queries best"]
        ``best`` is `num_best`, or the number of similarities of a query if that is less; minus infinity
        where a query has fewer candidates.
    indices : Int64[Tensor, "queries best"]
        Member * number of groups + group. On ties, the lowest indices are taken.
    """
    num_members, _, num_groups = similarities.shape
    group_maxima, groups = maxima.topk(min(num_best, num_groups), sorted=False)
    searched = similarities.gather(2, groups.expand(num_members, *groups.shape))
    searched = searched.masked_fill_(group_maxima == -torch.inf, -torch.inf).permute(1, 0, 2).flatten(1)
    values, places = searched.topk(min(num_best, searched.shape[1]))
    members, places = places // groups.shape[1], places % groups.shape[1]
    indices = members * num_groups + groups.gather(1, places)
    lowest = values[:, -1:]
    is_tied = (maxima >= lowest).sum(1) > (group_maxima >= lowest).sum(1)
    is_tied |= (searched >= lowest).sum(1) > values.shape[1]
    is_tied &= lowest[:, 0] > -torch.inf
    queries = is_tied.nonzero()[:, 0]
    for start in range(0, len(queries), _TIED_AT_ONCE):
        tied = queries[start : start + _TIED_AT_ONCE]
        is_out = maxima[tied, None] == -torch.inf
        candidates = similarities[:, tied].permute(1, 0, 2).masked_fill(is_out, -torch.inf).flatten(1)
        indices[tied] = _first_at_least(candidates, lowest[tied], values.shape[1])
        values[tied] = candidates.gather(1, indices[tied])
    return values, indices


def _first_at_least(
    candidates: Float[Tensor, "queries candidates"], lowest: Float[Tensor, "queries 1"], num_best: int
) -> Int64[Tensor, "queries best"]:
    """Return the places of all candidates above `lowest`, and of the first candidates equal to it."""
    is_above, is_equal = candidates > lowest, candidates == lowest
    num_wanted = num_best - is_above.sum(1, keepdim=True)
    is_taken = is_above | (is_equal & (is_equal.cumsum(1, dtype=torch.int32) <= num_wanted))
    return is_taken.nonzero()[:, 1].reshape(-1, num_best)


def best_first(
    values: Float[Tensor, "queries candidates"], rows: Int64[Tensor, "queries candidates"], num_best: int
) -> tuple[Float[Tensor, "queries best"], Int64[Tensor, "queries best"]]:
    """Return the `num_best` largest values in descending order, and their rows; on ties, the lowest row.

    Rows of a query are distinct. Where there are fewer candidates, minus infinity and row 0 follow.
    """
    missing = num_best - values.shape[1]
    if missing > 0:
        values = torch.nn.functional.pad(values, (0, missing), value=-torch.inf)
        rows = torch.nn.functional.pad(rows, (0, missing))
    rows, order = rows.sort(1)
    values, by_value = values.gather(1, order).sort(dim=1, descending=True, stable=True)
    values, rows = values[:, :num_best], rows.gather(1, by_value[:, :num_best])
    return values, rows.masked_fill(values == -torch.inf, 0)


def fill_slots(
    multiplicities: Int64[Tensor, "queries best"],
) -> Int64[Tensor, "queries best"]:
    """Return which candidate takes each slot when a candidate takes as many slots as its multiplicity.

    Parameters
    ----------
    multiplicities
        Of the candidates, in order; each at least 1. There are as many candidates as slots.

    Examples
    --------
    >>> fill_slots(torch.tensor([[1, 3, 1, 1, 1]])).tolist()
    [[0, 1, 1, 1, 2]]
    """
    slots = torch.arange(multiplicities.shape[1], device=multiplicities.device)
    return torch.searchsorted(
        multiplicities.cumsum(1), slots.expand_as(multiplicities).contiguous(), right=True
    )
