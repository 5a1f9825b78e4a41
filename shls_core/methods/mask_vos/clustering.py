"""Pseudo-masks of a clip: clusters of the keys of its cells.

References
----------
.. [1] L. Li, W. Wang, T. Zhou, J. Li, Y. Yang, "Unified Mask Embedding and Correspondence Learning for
   Self-Supervised Video Segmentation", CVPR 2023, https://arxiv.org/abs/2303.10100, Eq. 4
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from shls_core.methods.mask_vos.cluster_config import ClusterConfig
from shls_core.propagation.superpixel_memory.kmeans import spherical_kmeans

_OCTAVES = 7


@dataclass(frozen=True)
class Clusters:
    """The pseudo-masks of a clip.

    Attributes
    ----------
    maps : UInt8[numpy.ndarray, "T h w"]
        0 background, 1.. pseudo-objects, the largest first.
    shares : tuple of float
        The share that each pseudo-object has of all cells of the clip.
    """

    maps: UInt8[np.ndarray, "T h w"]
    shares: tuple[float, ...]


def clip_clusters(keys: Float[Tensor, "T h w S"], config: ClusterConfig) -> Clusters:
    """Divide the cells of a clip into clusters, and keep those that may be objects.

    Parameters
    ----------
    keys
        Unit vectors.
    config
        How many clusters, and which are kept.

    Returns
    -------
    Clusters
        Perhaps without any pseudo-object.
    """
    num_frames, height, width, size = keys.shape
    code = config.position_weight * position_code(num_frames, height, width)
    members = F.normalize(torch.cat([keys.reshape(-1, size).cpu().float(), code], dim=1), dim=1)
    num_clusters = min(config.num_clusters, len(members))
    found = spherical_kmeans(members, num_clusters, config.kmeans_steps)
    return kept_clusters(found.reshape(num_frames, height, width).numpy(), config)


def kept_clusters(found: np.ndarray, config: ClusterConfig) -> Clusters:
    """Number the clusters by size, those that are too large or too small as background.

    Parameters
    ----------
    found
        Cluster of every cell, from 0, of any shape.
    config
        Which are kept.
    """
    counts = np.bincount(found.ravel())
    shares = counts / found.size
    kept = [
        int(cluster)
        for cluster in np.argsort(-counts, kind="stable")
        if config.min_share <= shares[cluster] <= config.max_share and counts[cluster]
    ]
    labels = np.zeros(len(counts), np.uint8)
    labels[kept] = np.arange(1, len(kept) + 1)
    return Clusters(labels[found], tuple(float(shares[cluster]) for cluster in kept))


def position_code(num_frames: int, height: int, width: int) -> Float[Tensor, "cells code"]:
    """Return a unit vector for every cell of a clip: sines and cosines of its time, row and column.

    The first octave is half a period along an axis. Each further one has half the length of the one before:
    so the nearer two cells, the more alike they are.
    """
    axes = []
    for length in (num_frames, height, width):
        places = torch.arange(length, dtype=torch.float64) / length
        octaves = 2.0 ** torch.arange(_OCTAVES, dtype=torch.float64)
        angles = places[:, None] * math.pi * octaves
        axes.append(torch.cat([angles.sin() / octaves, angles.cos() / octaves], dim=1))
    time, row, column = axes
    parts = [
        time[:, None, None].expand(-1, height, width, -1),
        row[None, :, None].expand(num_frames, -1, width, -1),
        column[None, None].expand(num_frames, height, -1, -1),
    ]
    return F.normalize(torch.cat(parts, dim=3).reshape(-1, 6 * _OCTAVES), dim=1).float()
