"""The names of the stages. A name is already part of every row key, so no code digest covers this module."""

from typing import Final

INGEST: Final = "ingest"
SALIENCY: Final = "saliency"
SEQUENCES: Final = "sequences"
SUPERPIXELS: Final = "superpixels"
FOOTAGE: Final = "footage"
CLIPS: Final = "clips"
CLUSTERS: Final = "clusters"

OF_STILLS: Final = (INGEST, SALIENCY, SEQUENCES, SUPERPIXELS)
"""The stages of a dataset from photographs."""
OF_VIDEOS: Final = (FOOTAGE, CLIPS, CLUSTERS)
"""The stages of a dataset from videos; it may have no clusters."""
