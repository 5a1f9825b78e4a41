"""Shares of labels on a grid: from a given mask, and back to a mask."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8, UInt16
from torch import Tensor

from shls_core.errors import InputError
from shls_core.propagation.grid_mapping import GridMapping
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.snap import superpixel_means


def given_shares(
    mask: UInt8[np.ndarray, "H W"], mapping: GridMapping, config: LabelPropagationConfig
) -> dict[int, Float[Tensor, "h w"]]:
    """Return the share that each object of a mask has in every cell, by its label in ascending order.

    Raises
    ------
    InputError
        If an object has no share in any cell.
    """
    labels = [int(label) for label in np.unique(mask) if label > 0]
    shares = {}
    for label in labels:
        of_object = torch.from_numpy((mask == label).astype(np.float32))[None]
        [shares[label]] = (
            mapping.shares(of_object) if config.given_mask == "area" else mapping.samples(of_object)
        )
    if config.labels == "hard":
        stacked = torch.stack(list(shares.values()))
        hard = hardened(torch.cat((1 - stacked.sum(0, keepdim=True), stacked)))[1:]
        shares = dict(zip(labels, hard, strict=True))
    for label, share in shares.items():
        if not share.any():
            raise InputError(
                "expected objects that can be seen on the grid of {}x{} cells, object {} cannot: work at a "
                "larger size, or with given_mask area and soft labels".format(*mapping.shape[::-1], label)
            )
    return shares


def hardened(soft: Float[Tensor, "channels h w"]) -> Float[Tensor, "channels h w"]:
    """Give every cell completely to the label with the largest share, the first one on ties."""
    return torch.zeros_like(soft).scatter_(0, _first_largest(soft)[None], 1)


def mask_of(
    soft: Float[Tensor, "channels h w"],
    labels: Sequence[int],
    mapping: GridMapping,
    superpixel_map: UInt16[np.ndarray, "H W"] | None = None,
) -> UInt8[np.ndarray, "H W"]:
    """Return the label with the largest share at every pixel; on ties, background comes first.

    Parameters
    ----------
    soft
        Shares on the grid, float32 on the CPU.
    labels
        Of the channels, background first.
    mapping
        Where the cells are.
    superpixel_map
        Every superpixel takes the label with the largest mean share; None: every pixel has its own label.
    """
    channels = (mapping.at_full_size(channel).numpy() for channel in soft)
    if superpixel_map is None:
        return _labels_of_largest(channels, labels)
    means = (superpixel_means(channel, superpixel_map) for channel in channels)
    mask: UInt8[np.ndarray, "H W"] = _labels_of_largest(means, labels)[superpixel_map]
    return mask


def _labels_of_largest(
    channels: Iterator[Float[np.ndarray, "*places"]], labels: Sequence[int]
) -> UInt8[np.ndarray, "*places"]:
    """Return the label of the largest channel at every place, the first one on ties."""
    largest = next(channels)
    found = np.full(largest.shape, labels[0], np.uint8)
    for label, channel in zip(labels[1:], channels, strict=True):
        found[channel > largest] = label
        largest = np.maximum(largest, channel)
    return found


def _first_largest(soft: Float[Tensor, "channels h w"]) -> Int64[Tensor, "h w"]:
    # argmax does not define which of equal values it returns.
    is_largest = soft == soft.amax(0)
    numbers = torch.arange(len(soft), device=soft.device)[:, None, None].expand_as(soft)
    return numbers.masked_fill(~is_largest, len(soft)).amin(0)
