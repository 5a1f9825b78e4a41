"""Configuration of memory clustering."""

from typing import Literal

from pydantic import Field

from shls_core.frozen import FrozenConfig


class MemoryConfig(FrozenConfig):
    """How the objects of a video are remembered and recognised."""

    search: Literal["faiss", "torch"] = "faiss"
    """The search for nearest references: FAISS (on the CPU; on a GPU with its GPU build), or PyTorch
    (products and top-k) on the network's device. Results are equal up to exact ties."""

    neighbours: int = Field(default=2, ge=1, le=64)
    """Nearest references of each class that the short-term similarity averages, with weights
    1, 1/2, 1/3, ... (SHLS, section 3.3)."""

    max_centroids: int = Field(default=10, ge=1, le=256)
    """Largest number of centroids of one class in the long-term memory."""

    superpixels_per_centroid: int = Field(default=20, ge=1)
    """Superpixels of a class in the first frame for each of its centroids: larger objects get more."""

    kmeans_iterations: int = Field(default=20, ge=1, le=1000)
    """Iterations of the k-means of the first frame."""

    pre_segmentation: Literal["eq1", "knn_vote"] = "eq1"
    """Rule of the coarse mask: Eq. 1 of the paper (short- and long-term memory), or a vote of the nearest
    references of all classes (short-term memory only)."""

    update_threshold: float = Field(default=0.4, ge=0.0)
    """A superpixel enters the memory if its sureness is at least this share of the mean sureness of the
    superpixels of the same class in the same frame. Sureness is the margin of Eq. 1 or, with refinement, the
    mean log-odds of the refined mask; 0 accepts all that are not below 0."""

    inside_only: bool = False
    """Whether superpixels that touch another class stay out of the memory. Superpixels at the border of an
    object mix pixels of both sides: if they are remembered, the object can grow or shrink from frame to
    frame."""

    place_weight: float = Field(default=0.0, ge=0.0, le=100.0)
    """Weight of spatial nearness, relative to similarity, when the memory compares superpixels. 0, as
    published: places count only as far as superfeatures contain them."""

    memory_size: int | None = Field(default=None, ge=0)
    """Largest number of references from frames after the first, over all classes together; None: as many as
    `memory_cap` allows. SHLS, Table 3, varies it as 0, 1k, 2k, 4k, all. That the first frame is not counted
    is our reading, because its data is always available there. The shares of the classes are those of the
    first frame."""

    memory_cap: float = Field(default=10.0, ge=1.0)
    """Largest number of references of a class, as a multiple of those of the first frame; those of the first
    frame and the newest are kept."""

    outlier_filter: bool = False
    """Whether parts of an object's coarse mask that are far from its previous mask are dropped."""
