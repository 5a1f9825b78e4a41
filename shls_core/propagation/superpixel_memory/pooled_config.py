"""Configuration of the superpixel memory on dense features."""

from pydantic import Field

from shls_core.frozen import FrozenConfig
from shls_core.propagation.fusion.config import FusedMemoryConfig


class SuperpixelMemoryConfig(FrozenConfig):
    """Which dense features superpixels are compared by, and how the memory uses them."""

    features: str = Field(default="layer4", min_length=1)
    """Features whose means over superpixels are compared: the name of a layer or of an embedding of the
    network. Layers end in a ReLU, so that cosines lie in 0..1, as the memory assumes."""

    memory: FusedMemoryConfig = FusedMemoryConfig(
        neighbours=5,
        pre_segmentation="knn_vote",
        update_threshold=0.0,
        inside_only=True,
        place_weight=1.0,
        memory_cap=2.0,
    )
    """The memory. Other defaults than SHLS as published: votes of neighbours, no superpixels at borders,
    places compared, and fewer references, because vectors are up to sixteen times as long."""
