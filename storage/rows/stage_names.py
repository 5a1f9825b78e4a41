"""The names of the stages. A name is already part of every row key, so no code digest covers this module."""

from typing import Final

INGEST: Final = "ingest"
SALIENCY: Final = "saliency"
SEQUENCES: Final = "sequences"
SUPERPIXELS: Final = "superpixels"
