"""The segmentation term of Mask-VOS: pseudo-objects of the query, from their masks in the references."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from shls_core.methods.dul.config import STRIDE
from shls_core.methods.mask_vos.enlarged import enlarged
from shls_core.methods.mask_vos.network import Encoded, MaskVosNetwork
from shls_core.methods.mask_vos.readout import affinity, carried, coarse_mask
from shls_core.methods.soft_aggregation import class_log_odds
from shls_core.propagation.grid_mapping import GridMapping


@dataclass(frozen=True)
class Step:
    """The frames of a step, the references before the query.

    Attributes
    ----------
    images : Float[Tensor, "B T 3 S S"]
        Normalised.
    encoded : Encoded
        Of the same frames, clip by clip.
    masks : UInt8[numpy.ndarray, "B T S S"]
        Pseudo-masks.
    targets : sequence of tuple of int
        Of every clip, the labels of its pseudo-objects that are segmented; perhaps none.
    """

    images: Float[Tensor, "B T 3 S S"]
    encoded: Encoded
    masks: UInt8[np.ndarray, "B T S S"]
    targets: Sequence[tuple[int, ...]]


@dataclass(frozen=True)
class _Query:
    """One frame of one clip that is segmented from all frames before it."""

    clip: int
    time: int


def segmentation(
    network: MaskVosNetwork, step: Step, times: Sequence[int], temperature: float
) -> Float[Tensor, ""]:
    """Return the cross-entropy of the segmented frames with their pseudo-masks, over all pixels.

    Other pseudo-objects are background. A clip without targets has the loss 0.

    Parameters
    ----------
    network
        Trained.
    step
        Frames and pseudo-masks.
    times
        The frames that are segmented, each from all frames before it, above 0.
    temperature
        Divisor of cosines before the softmax over the cells of the references.
    """
    num_clips, num_frames, _, side, _ = step.images.shape
    clips = [clip for clip, targets in enumerate(step.targets) if targets]
    if not clips:
        return step.encoded.keys.sum() * 0.0
    queries = [_Query(clip, time) for time in times for clip in clips]
    found = _Masks(step, clips)
    weights, coarse = [], []
    for query in queries:
        rows, of_objects = _read(step, found, query, temperature)
        weights.append(rows)
        coarse.append(of_objects)
    # Of all objects: first in the references, then in the frames that are segmented.
    references = [_Query(clip, time) for time in range(max(times)) for clip in clips]
    shown = [(one, number) for one in (*references, *queries) for number in found.objects[one.clip]]
    given = torch.stack([found.masks[number, one.time] for one, number in shown[: _count(found, references)]])
    masks = torch.cat([given, enlarged(torch.cat(coarse)[:, None], (side, side), STRIDE)[:, 0]])
    frames = torch.tensor([one.clip * num_frames + one.time for one, _ in shown], device=step.images.device)
    encoded = step.encoded.of_frames(frames)
    values = network.values(step.images.flatten(0, 1).index_select(0, frames), masks, encoded)

    num_given = len(given)
    of_references = _by_query(found, references, values[:num_given])
    read = [
        carried(
            rows,
            torch.cat([of_references[query.clip, time] for time in range(query.time)], dim=2).transpose(1, 2),
            step.encoded.grid,
        )
        for query, rows in zip(queries, weights, strict=True)
    ]
    log_odds = network.log_odds(
        torch.cat(read), values[num_given:], encoded.of_frames(slice(num_given, None)), (side, side)
    )
    losses = [
        _cross_entropy(class_log_odds(of_objects), _labels(step, query))
        for query, of_objects in zip(queries, _split(found, queries, log_odds), strict=True)
    ]
    return torch.stack(losses).sum() / (num_clips * len(times))


class _Masks:
    """The masks of all pseudo-objects that are segmented, one by one.

    Attributes
    ----------
    objects : dict of int to list of int
        Numbers of the objects of each clip.
    masks : Float[Tensor, "N T S S"]
        0 or 1.
    shares : Float[Tensor, "N T P"]
        Shares of the cells.
    """

    def __init__(self, step: Step, clips: Sequence[int]) -> None:
        device, side = step.images.device, step.masks.shape[2]
        self.objects: dict[int, list[int]] = {}
        masks: list[np.ndarray] = []
        for clip in clips:
            self.objects[clip] = list(range(len(masks), len(masks) + len(step.targets[clip])))
            masks += [step.masks[clip] == label for label in step.targets[clip]]
        stacked = torch.from_numpy(np.stack(masks).astype(np.float32))
        mapping = GridMapping.of((side, side), STRIDE, "strided")
        shares = mapping.shares(stacked.flatten(0, 1)).reshape(*stacked.shape[:2], -1)
        self.masks, self.shares = stacked.to(device), shares.to(device)


def _read(
    step: Step, found: _Masks, query: _Query, temperature: float
) -> tuple[Float[Tensor, "P R"], Float[Tensor, "K h w"]]:
    """Return the affinity of a query with its references, and the coarse masks of its objects."""
    num_frames = step.images.shape[1]
    first = query.clip * num_frames
    keys = step.encoded.keys[first : first + num_frames]
    weights = affinity(keys[query.time], keys[: query.time].flatten(0, 1), temperature)
    shares = found.shares[found.objects[query.clip], : query.time].flatten(1)
    background = (1.0 - shares.sum(dim=0, keepdim=True)).clamp(min=0.0)
    return weights, coarse_mask(weights, torch.cat([background, shares]), step.encoded.grid)[1:]


def _count(found: _Masks, queries: Sequence[_Query]) -> int:
    return sum(len(found.objects[query.clip]) for query in queries)


def _split(found: _Masks, queries: Sequence[_Query], rows: Float[Tensor, "N *rest"]) -> tuple[Tensor, ...]:
    """Divide rows of all objects of some frames by frame."""
    parts: tuple[Tensor, ...] = torch.functional.split(
        rows, [len(found.objects[query.clip]) for query in queries]
    )
    return parts


def _by_query(
    found: _Masks, queries: Sequence[_Query], values: Float[Tensor, "N C h w"]
) -> dict[tuple[int, int], Float[Tensor, "K C P"]]:
    """Return the values of the objects of a clip at a time, by both."""
    parts = _split(found, queries, values.flatten(2))
    return {(query.clip, query.time): part for query, part in zip(queries, parts, strict=True)}


def _labels(step: Step, query: _Query) -> Int64[Tensor, "S S"]:
    """Return the class of every pixel of a query: 0, or which of the objects of its clip."""
    mask = step.masks[query.clip, query.time]
    labels = np.zeros(mask.shape, np.int64)
    for number, label in enumerate(step.targets[query.clip], start=1):
        labels[mask == label] = number
    return torch.from_numpy(labels).to(step.images.device)


def _cross_entropy(log_odds: Float[Tensor, "classes S S"], labels: Int64[Tensor, "S S"]) -> Float[Tensor, ""]:
    # Neither cross_entropy nor gather: on CUDA their gradients differ from run to run.
    classes = torch.arange(len(log_odds), device=labels.device)[:, None, None]
    chosen = (log_odds * (classes == labels)).sum(dim=0)
    return (log_odds.logsumexp(dim=0) - chosen).mean()
