"""The folders of the DAVIS benchmark: where its videos are, and where it expects results.

::

    ROOT/JPEGImages/480p/VIDEO/00000.jpg …      ROOT/ImageSets/YEAR/SPLIT.txt     one video a line
    ROOT/Annotations/480p/VIDEO/00000.png …     RESULTS/VIDEO/00000.png …
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shls_core.errors import InputError
from shls_core.files.foreign_file import read_text, require_folder_name

Year = Literal[2016, 2017]
_FRAMES_NAMED = 3


@dataclass(frozen=True)
class DavisVideo:
    """One video of a split.

    Attributes
    ----------
    name : str
        Its folder's name.
    annotation_paths : tuple of Path
        A mask for every frame, in the order of time.
    frames : Path
        Folder of its frames, each with the name of its mask except for the suffix.
    """

    name: str
    annotation_paths: tuple[Path, ...]
    frames: Path

    @property
    def scored_paths(self) -> tuple[Path, ...]:
        """The masks of the frames that are scored: all but the first and the last."""
        return self.annotation_paths[1:-1]


def davis_split(root: Path, split: str, year: Year = 2017, resolution: str = "480p") -> list[DavisVideo]:
    """Return the videos of a split, in the order of its file.

    Raises
    ------
    InputError
        If the split has no file, the file names no video, or a video has no masks or nothing to score.
    """
    sets = root / "ImageSets" / str(year)
    path = sets / f"{split}.txt"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in sets.glob("*.txt"))) or "none"
        raise InputError(f"expected a list of videos at {path}, found no such file; splits there: {known}")
    try:
        names = read_text(path).split()
    except OSError as error:
        raise InputError(f"expected the names of videos, one a line, in {path}: {error.strerror}") from error
    if not names:
        raise InputError(f"expected the names of videos, one a line, got an empty file: {path}")
    return [_video(root, resolution, require_folder_name(name, path)) for name in names]


def result_paths(results: Path, video: DavisVideo) -> tuple[Path, ...]:
    """Return the result of every frame that is scored.

    Raises
    ------
    InputError
        If one of them is missing.
    """
    folder = results / video.name
    paths = tuple(folder / path.name for path in video.scored_paths)
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        named = ", ".join(missing[:_FRAMES_NAMED]) + (", …" if len(missing) > _FRAMES_NAMED else "")
        raise InputError(
            f"expected {len(paths)} masks in {folder}, of which {len(missing)} are missing: {named}"
        )
    return paths


def _video(root: Path, resolution: str, name: str) -> DavisVideo:
    annotations = root / "Annotations" / resolution / name
    paths = tuple(sorted(annotations.glob("*.png")))
    if not paths:
        raise InputError(f"expected the masks of {name} as PNG in {annotations}, found none")
    if len(paths) < 3:
        raise InputError(
            f"expected at least 3 frames, got {len(paths)}: the first and the last frame are not scored "
            f"(video {name})"
        )
    return DavisVideo(name, paths, root / "JPEGImages" / resolution / name)
