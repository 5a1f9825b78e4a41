"""How far a new version of a dataset may be from the one published before it."""

import pydantic

from shls_core.frozen import FrozenConfig


class DriftConfig(FrozenConfig):
    """Bounds on the drift between two versions of a dataset; to each distance, what chance explains is added.

    Whoever exchanges a share of the photographs for others, of any kind, moves no distribution farther than
    that share: the default is met by no night that adds or exchanges less than a fifth (docs/drift.md).
    """

    enforced: bool = True
    """Whether a version that drifted is held back; otherwise drift is computed and shown only."""
    max_distance: float = pydantic.Field(default=0.2, ge=0, le=1)
    """Largest distance between the distributions of a figure (Kolmogorov and Smirnov: the largest difference
    of the shares of rows below any value; 0: the same, 1: no value in common)."""
    max_rejected_change: float = pydantic.Field(default=0.1, ge=0, le=1)
    """Largest change of the share of a stage's rows that are rejected for one reason."""
    max_gone_share: float = pydantic.Field(default=0.5, ge=0, le=1)
    """Largest share of the sources of the last version that may be gone: neither their bytes nor their names
    are there. Withdrawn ones do not count."""
    min_sources: int = pydantic.Field(default=20, ge=1)
    """Fewest sources, on both sides, with which drift is judged: of fewer, each is a large share."""
