"""Clusters of the frames of a clip, by the features of a network of any method that has an embedding."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from shls_core.errors import MissingComponent
from shls_core.methods.dul.network import EMBEDDING
from shls_core.methods.mask_vos.cluster_config import ClusterConfig
from shls_core.methods.mask_vos.clustering import Clusters, clip_clusters
from shls_core.methods.registry import method_config, method_named
from shls_core.propagation.dense_features import DenseFeatures
from shls_core.propagation.unit_cells import unit_vectors
from shls_core.training.reproducible import reproducible
from shls_core.training.weights import weights_from_bytes

_held: dict[tuple[str, str], DenseFeatures] = {}
"""The features used last in this process, by the digest of their weights and the kind of device."""


def features_held(
    digest: str, read: Callable[[], bytes], method: Mapping[str, Any], device_kind: str
) -> DenseFeatures:
    """Return the embedding of a network, made once in every process.

    Parameters
    ----------
    digest
        Of the weights.
    read
        Reads the weights.
    method
        Keys ``name`` and ``network`` of its method.
    device_kind
        The device: ``cpu`` and its instruction set, or the model of a GPU.

    Raises
    ------
    InputError
        If the network has no embedding, or its weights are of another one.
    MissingComponent
        If this machine has no such device.
    """
    key = (digest, device_kind)
    if key not in _held:
        config = method_config(dict(method))
        chosen = method_named(config.name)
        network = chosen.network_with_weights(config, weights_from_bytes(read()))
        _held.clear()
        _held[key] = chosen.feature_maps(network.to(_device(device_kind)), EMBEDDING)
    return _held[key]


def clusters_of_frames(
    frames: Sequence[UInt8[np.ndarray, "H W 3"]],
    features: DenseFeatures,
    config: ClusterConfig,
    num_threads: int,
) -> tuple[Clusters, tuple[int, int]]:
    """Cluster the cells of all frames of a clip.

    Returns
    -------
    clusters : Clusters
    size : tuple of int
        Height and width, in px, of the frames as they were encoded.
    """
    height, width = frames[0].shape[:2]
    shorter = min(height, width)
    if shorter > config.side:
        height, width = ((2 * side * config.side + shorter) // (2 * shorter) for side in (height, width))
        frames = [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames]
    with reproducible(num_threads), torch.inference_mode():
        keys = torch.stack([unit_vectors(features.encode(frame)).float().cpu() for frame in frames])
        return clip_clusters(keys, config), (height, width)


def _device(kind: str) -> torch.device:
    if kind.startswith("cpu"):
        return torch.device("cpu")
    if not torch.cuda.is_available() or torch.cuda.get_device_name() != kind:
        raise MissingComponent(f"expected the device {kind} to cluster with, torch does not find it")
    return torch.device("cuda")
