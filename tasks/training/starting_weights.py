"""The weights that a training begins with, if they are those of another checkpoint."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from shls_core.errors import InputError
from shls_core.training.weights import weights_from_bytes
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record


def starting_weights(objects: ObjectStore, checkpoint: str) -> dict[str, Tensor]:
    """Return the weights of a checkpoint.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
    """
    record = get_record(objects, checkpoint, CheckpointRecord)
    return weights_from_bytes(objects.get(record.weights))


def begin_with(network: nn.Module, weights: Mapping[str, Tensor], checkpoint: str) -> tuple[str, ...]:
    """Give a network those weights of a checkpoint that it has, too, by name; the others stay as they are.

    Parameters
    ----------
    network
        Changed in place.
    weights
        Of the checkpoint.
    checkpoint
        Its id, for messages.

    Returns
    -------
    tuple of str
        The parts of the network that have none of these weights: they begin at random.

    Raises
    ------
    InputError
        If none are shared, or one has another shape.
    """
    own = network.state_dict()
    shared = {name: value for name, value in weights.items() if name in own}
    if not shared:
        raise InputError(
            f"expected to start from a checkpoint that shares weights with the network, got "
            f"{short(checkpoint)}…, which has none of {', '.join(sorted(_parts(own)))}"
        )
    for name, value in sorted(shared.items()):  # a file has its weights in no order
        if value.shape != own[name].shape:
            raise InputError(
                f"expected to start from a checkpoint of the same size, got {short(checkpoint)}…, whose "
                f"{name} is {_size(value)} where the network has {_size(own[name])}"
            )
    with torch.no_grad():
        network.load_state_dict({**own, **shared})
    return tuple(sorted(_parts(own) - _parts(shared)))


def _parts(state: Mapping[str, Tensor]) -> set[str]:
    return {name.partition(".")[0] for name in state}


def _size(value: Tensor) -> str:
    return "x".join(map(str, value.shape)) or "one number"
