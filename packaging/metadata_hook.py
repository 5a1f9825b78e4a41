"""What a wheel that is made from a checkout requires (a metadata hook of Hatchling)."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class FastSlicFromHere(MetadataHookInterface):
    """Lets `pip install .` build fast-slic by `packaging/fast_slic`, because its own build fails.

    The source distribution holds no `packaging/`, so wheels made from it name the published package.
    """

    def update(self, metadata: dict[str, Any]) -> None:
        """Replace the requirement by one that leads into this checkout."""
        folder = Path(self.root, "packaging", "fast_slic")
        if folder.is_dir():
            metadata["dependencies"] = [
                f"fast-slic @ {folder.as_uri()}" if requirement.startswith("fast-slic") else requirement
                for requirement in metadata["dependencies"]
            ]
