"""The names of the stages. A name is part of every row key, so this module counts in no code digest."""

from typing import Final

INGEST: Final = "ingest"
SALIENCY: Final = "saliency"
SEQUENCES: Final = "sequences"
SUPERPIXELS: Final = "superpixels"
