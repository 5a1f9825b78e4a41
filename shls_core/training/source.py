"""What a training learns from."""

from typing import Final, Literal

Source = Literal["stills", "clips"]
"""``stills``: pseudo-sequences that are made from photographs; ``clips``: pieces of videos."""

STILLS: Final = "stills"
CLIPS: Final = "clips"
