"""The section ``method`` of a configuration of SHLS: what training reads, and what use alone reads."""

from shls_core.methods.shls.config import ShlsConfig
from shls_core.propagation.fusion.config import FusedMemoryConfig


class ShlsSection(ShlsConfig):
    """Superfeatures learned from still images, and how they are used.

    Training reads what it inherits. A key that use alone reads is added here: so it is not part of the code
    that makes weights.
    """

    memory: FusedMemoryConfig = FusedMemoryConfig()
    """The memory of a video, and what is fused with it. Propagation uses all of it, the training of
    refinement the memory alone."""
