"""How pseudo-masks are found by clustering the features of a clip."""

from pydantic import Field

from shls_core.frozen import FrozenConfig


class ClusterConfig(FrozenConfig):
    """Clusters of the keys of all cells of a clip: the largest are background, the others pseudo-objects."""

    checkpoint: str | None = None
    """Id, in the same store, of the checkpoint whose features are clustered: one of DUL or of Mask-VOS. None:
    the dataset has no clusters."""

    side: int = Field(default=256, ge=9, le=4096)
    """Largest shorter side of the frames whose features are clustered, in px (published: 256)."""

    num_clusters: int = Field(default=5, ge=2, le=64)
    """Clusters of a clip. Published: 5, the best of 2, 3, 5, 8, 10."""

    kmeans_steps: int = Field(default=100, ge=1, le=10_000)
    """Steps of k-means (published: 100)."""

    max_share: float = Field(default=0.4, gt=0.0, le=1.0)
    """Largest share of the cells of a clip that a pseudo-object has; larger clusters are background.
    Published: 0.4."""

    min_share: float = Field(default=0.002, ge=0.0, le=1.0)
    """Smallest share; smaller clusters are background. Our choice."""

    position_weight: float = Field(default=0.5, ge=0.0, le=10.0)
    """Length of the code of a cell's place and time beside that of its key, which is 1. The paper joins a
    code, and does not say with which weight."""
