"""The folders of the DAVIS benchmark: where its videos are, and where it expects results.

::

    ROOT/JPEGImages/480p/VIDEO/00000.jpg …      ROOT/ImageSets/YEAR/SPLIT.txt     one video a line
    ROOT/Annotations/480p/VIDEO/00000.png …     RESULTS/VIDEO/00000.png …

``Full-Resolution`` or ``1080p`` may stand for ``480p``, ``Annotations_unsupervised`` for ``Annotations``, and
``ImageSets/480p``, where DAVIS-2016 has its lists, for ``ImageSets/2016``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shls_core.benchmarks.lists import folder_named, read_names
from shls_core.errors import InputError
from shls_core.files.masks.mask_folder import masks_in, stem_of

Year = Literal[2016, 2017]
_FRAMES_NAMED = 3
_ANNOTATIONS = ("Annotations", "Annotations_unsupervised")
_RESOLUTIONS = ("480p", "Full-Resolution", "1080p")


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


def davis_split(root: Path, split: str, year: Year = 2017) -> list[DavisVideo]:
    """Return the videos of a split, in the order of its file.

    Raises
    ------
    InputError
        If the split has no list, the list names no video, or a video has no masks or nothing to score.
    """
    names = read_names(_list_of(root, split, year))
    annotations = _annotations(root)
    return [_video(root, annotations, name) for name in names]


def result_paths(results: Path, video: DavisVideo) -> tuple[Path, ...]:
    """Return the result of every frame that is scored: the picture with the name of its annotation.

    Raises
    ------
    InputError
        If one of them is missing.
    """
    folder = folder_named(results, video.name)
    found = {stem_of(path.name): path for path in masks_in(folder).masks}
    wanted = [stem_of(path.name) for path in video.scored_paths]
    missing = [name for name in wanted if name not in found]
    if missing and not folder.is_dir():
        there = sorted(path.name for path in results.iterdir() if path.is_dir())
        raise InputError(
            f"expected {len(wanted)} masks in {folder}, found no such folder; folders there: {_few(there)}"
        )
    if missing:
        raise InputError(
            f"expected {len(wanted)} masks in {folder}, of which {len(missing)} are missing: "
            f"{_few([f'{name}.png' for name in missing])}"
        )
    return tuple(found[name] for name in wanted)


def _list_of(root: Path, split: str, year: Year) -> Path:
    """Return the file that lists a split."""
    folders = [root / "ImageSets" / str(year)]
    if year == 2016:
        folders += [root / "ImageSets" / resolution for resolution in _RESOLUTIONS]
    for folder in folders:
        if (folder / f"{split}.txt").is_file():
            return folder / f"{split}.txt"
    known = ", ".join(sorted(file.stem for folder in folders for file in folder.glob("[!.]*.txt"))) or "none"
    raise InputError(
        f"expected a list of videos at {folders[0] / f'{split}.txt'}, found no such file; "
        f"splits there: {known}"
    )


def _annotations(root: Path) -> Path:
    """Return the folder of annotations, whose name is the resolution."""
    places = [root / kind / resolution for kind in _ANNOTATIONS for resolution in _RESOLUTIONS]
    for place in places:
        if place.is_dir():
            return place
    kinds = sorted(path.name for path in root.glob("*") if path.is_dir())
    raise InputError(
        f"expected annotations in {places[0]} (or {', '.join(_RESOLUTIONS[1:])}), found none; "
        f"folders of {root}: {_few(kinds)}"
    )


def _video(root: Path, annotations: Path, name: str) -> DavisVideo:
    folder = folder_named(annotations, name)
    paths = masks_in(folder).masks
    if not paths:
        raise InputError(f"expected the masks of {name} as PNG in {folder}, found none")
    frames = folder_named(root / "JPEGImages" / annotations.name, name)
    if len(paths) == 1 and len(masks_in(frames).masks) != 1:
        raise InputError(
            f"expected a mask for every frame of {name}, got the first alone ({paths[0].name}), as in "
            f"test-dev and test-challenge, which only the benchmark's server scores: {folder}"
        )
    if len(paths) < 3:
        raise InputError(
            f"expected at least 3 frames, got {len(paths)}: the first and the last frame are not scored "
            f"(video {name})"
        )
    return DavisVideo(name, paths, frames)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_FRAMES_NAMED]) or "none"
    return shown + (", …" if len(names) > _FRAMES_NAMED else "")
