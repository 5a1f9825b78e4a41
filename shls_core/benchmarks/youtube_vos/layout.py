"""The folders of YouTube-VOS: where its videos are, and which frames its server wants.

::

    ROOT/SPLIT/JPEGImages/VIDEO/00000.jpg …      every fifth frame
    ROOT/SPLIT/Annotations/VIDEO/00000.png …     masks of the frames in which objects first appear
    ROOT/SPLIT/meta.json                         per video and object, the frames that are scored
    ROOT/SPLIT_all_frames/JPEGImages/VIDEO/…     every frame; also below ROOT/all_frames
    RESULTS/Annotations/VIDEO/00000.png …        what is submitted, as a zip file

The split ``valid_all_frames`` has the masks and the wanted frames of ``valid``, and its own frames.
"""

import codecs
from pathlib import Path

from pydantic import BaseModel, ValidationError

from shls_core.benchmarks.lists import folder_named
from shls_core.benchmarks.video import BenchmarkVideo
from shls_core.errors import InputError
from shls_core.files.foreign_file import read_regular, require_folder_name
from shls_core.files.foreign_json import strict_json
from shls_core.files.masks.mask_folder import masks_in
from shls_core.files.videos.video import frame_numbers, open_video
from shls_core.frozen import first_problem

RESULTS = "Annotations"
_ALL_FRAMES = "_all_frames"


class _Object(BaseModel):
    frames: list[str]


class _Video(BaseModel):
    objects: dict[str, _Object]


class _Meta(BaseModel):
    videos: dict[str, _Video]


def youtube_vos_split(root: Path, split: str) -> list[BenchmarkVideo]:
    """Return the videos of a split, by name.

    The wanted frames are those that ``meta.json`` lists for an object.

    Raises
    ------
    InputError
        If a folder, a frame or every mask of a video is missing, or ``meta.json`` has another content than
        expected.
    """
    described = root / split.removesuffix(_ALL_FRAMES)
    frames = _frames(root, split)
    meta = _meta(described / "meta.json")
    return [_video(name, meta.videos[name], described, frames) for name in sorted(meta.videos)]


def _video(name: str, listed: _Video, described: Path, frames: Path) -> BenchmarkVideo:
    annotations = folder_named(described / "Annotations", name)
    given = masks_in(annotations).masks
    if not given:
        raise InputError(f"expected the masks of {name} as PNG in {annotations}, found none")
    wanted = tuple(sorted({frame for one in listed.objects.values() for frame in one.frames}))
    if not wanted:
        raise InputError(f"expected objects and their frames, got none of video {name} in meta.json")
    # If a named frame is missing, fail before any work is done.
    folder = folder_named(frames, name)
    frame_numbers(open_video(folder), [*wanted, *(path.stem for path in given)])
    return BenchmarkVideo(name, folder, given, wanted)


def _frames(root: Path, split: str) -> Path:
    candidates = [root / split / "JPEGImages"]
    if split.endswith(_ALL_FRAMES):
        candidates.append(root / "all_frames" / split / "JPEGImages")
    for folder in candidates:
        if folder.is_dir():
            return folder
    known = ", ".join(sorted(path.parent.name for path in root.glob("*/JPEGImages"))) or "none"
    raise InputError(f"expected the videos of a split in {candidates[0]}, found none; splits there: {known}")


def _meta(path: Path) -> _Meta:
    try:
        data = read_regular(path).removeprefix(codecs.BOM_UTF8)
        strict_json(data)
        meta = _Meta.model_validate_json(data)
    except OSError as error:
        raise InputError(f"expected the list of videos and objects at {path}: {error.strerror}") from error
    except ValueError as error:
        what = first_problem(error) if isinstance(error, ValidationError) else error
        raise InputError(
            f"expected videos, their objects and the frames of each in {path}, got something else: {what}"
        ) from error
    for name in meta.videos:
        require_folder_name(name, path)
    if not meta.videos:
        raise InputError(f"expected at least one video in {path}, got none")
    return meta
