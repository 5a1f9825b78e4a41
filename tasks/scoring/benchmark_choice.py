"""A split of a benchmark in any layout, and the digest that identifies its videos."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shls_core.benchmarks.davis.layout import Year, davis_split
from shls_core.benchmarks.video import BenchmarkVideo, of_davis
from shls_core.benchmarks.youtube_vos.layout import RESULTS, youtube_vos_split
from shls_core.files.foreign_file import LARGEST_PICTURE, read_regular
from storage.canonical import digest_bytes, digest_json

BenchmarkFormat = Literal["davis", "youtube-vos"]


@dataclass(frozen=True)
class BenchmarkChoice:
    """A split of a benchmark."""

    format: BenchmarkFormat
    root: Path
    split: str
    year: Year = 2017
    """For DAVIS: 2016 has one object per video."""

    @property
    def name(self) -> str:
        """The name of the benchmark."""
        return f"DAVIS-{self.year}" if self.format == "davis" else "YouTube-VOS"

    def videos(self) -> list[BenchmarkVideo]:
        """Return its videos.

        Raises
        ------
        InputError
            If something is missing; only names are checked.
        """
        if self.format == "youtube-vos":
            return youtube_vos_split(self.root, self.split)
        return [of_davis(video, self.year) for video in davis_split(self.root, self.split, self.year)]

    def masks(self, out: Path) -> Path:
        """Return where the folders of masks go."""
        return out if self.format == "davis" else out / RESULTS


def material_digest(videos: Sequence[BenchmarkVideo]) -> str:
    """Digest every file that the masks and their scores depend on."""
    digests: dict[str, str] = {}
    for video in videos:
        for path in video.files():
            name = f"{video.name}/{path.name}"
            if name in digests:  # a frame that is a PNG, like its mask
                name = f"{video.name}/frames/{path.name}"
            digests[name] = digest_bytes(read_regular(path, LARGEST_PICTURE))
    return digest_json(digests)
