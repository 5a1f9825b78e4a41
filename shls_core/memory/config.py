"""Configuration of memory clustering."""

from typing import Literal

from pydantic import Field

from shls_core.frozen import FrozenConfig


class MemoryConfig(FrozenConfig):
    """How the objects of a video are remembered and recognised."""

    neighbours: int = Field(default=2, ge=1, le=64)
    """Nearest references of each class that the short-term similarity averages, with weights
    1, 1/2, 1/3, ... (SHLS, section 3.3)."""

    max_centroids: int = Field(default=10, ge=1, le=256)
    """Most centroids of one class in the long-term memory."""

    superpixels_per_centroid: int = Field(default=20, ge=1)
    """Superpixels of a class in the first frame for each of its centroids: larger objects get more."""

    kmeans_iterations: int = Field(default=20, ge=1, le=1000)
    """Iterations of the k-means of the first frame."""

    kmeans_seed: int = Field(default=0, ge=0, lt=2**31)
    """Seed of the first centroids."""

    pre_segmentation: Literal["eq1", "knn_vote"] = "eq1"
    """Rule of the coarse mask: Eq. 1 of the paper (short- and long-term memory), or a vote of the nearest
    references of all classes (short-term memory only)."""

    update_threshold: float = Field(default=0.4, ge=0.0)
    """A superpixel enters the memory when its margin (Eq. 1) is at least this share of the mean margin of
    the superpixels that went to the same class in the same frame; 0 accepts all with a margin >= 0."""

    memory_cap: float = Field(default=10.0, ge=1.0)
    """Most references of a class, as a multiple of those of the first frame; those of the first frame and
    the newest are kept."""
