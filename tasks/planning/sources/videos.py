"""The videos in a place, as `tasks.stages.footage` plans them in a folder.

As in `tasks.planning.sources.photographs`: what the stage decides of a folder is decided here from what the
index holds, and a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from shls_core.clips.config import FootageConfig
from shls_core.errors import InputError
from shls_core.files.natural_order import by_value_of_numbers
from shls_core.files.pictures.folders import check_one_each
from shls_core.files.skipped import SkippedKind
from shls_core.files.skipped_beside_videos import BesideVideos, counted_beside_videos
from shls_core.files.source_file import NOT_READABLE
from shls_core.files.videos.film_times import FilmTimes
from shls_core.foreign_text import printable
from storage.sources.index import Entry
from tasks.planning.sources.indexed import Looked, SourceIndex
from tasks.planning.sources.looking import LooksAtVideos, Unread, times_of
from tasks.planning.sources.notes import joined_notes, looks_like_notes, table_of_notes
from tasks.planning.sources.places import Contents, Place, SourceFile, counted
from tasks.stages.counted_sources import CountedSources
from tasks.stages.footage import _id_of, _Video  # other names would give every row another key
from tasks.stages.stage import RowPlan
from tasks.stages.video_folder.listing import NOTES_FILE, Film, FrameFile, Frames, Left


def videos_in(place: Place, index: SourceIndex, config: FootageConfig) -> tuple[CountedSources, Contents]:
    """Return the rows of the videos in a place and what is left out, and all that is there.

    Raises
    ------
    InputError
        If there are no videos, the place is a store, or their notes cannot be read without a guess.
    StoreUnreadable, StoreUnreachable
        If the place is in a bucket that cannot be read.
    """
    contents = place.contents()
    table = table_of_notes(place, contents, NOTES_FILE)
    skipped: list[Left] = [(one.kind, one.name) for one in contents.skipped]
    files = [file for file in contents.files if file != table]
    read = [file for file in files if not looks_like_notes(file.name, NOTES_FILE)]
    looked = dict(zip(read, index.look_at_all(read, LooksAtVideos()), strict=True))
    skipped += [(SkippedKind.UNREAD_NOTES, printable(file.name)) for file in files if file not in looked]
    found = _videos_among(looked)
    skipped += found.left
    if not found.videos:
        only = ", ".join(counted([str(kind) for kind, _ in skipped]))
        raise InputError(
            f"expected films or folders of frames in {place}, found none{', only ' + only if only else ''}"
        )
    names = [video.name for video in found.videos]
    others = sorted({file.name for file in files if looked.get(file, file) is not None}.difference(names))
    joined, num_notes = joined_notes(table, [*names, *others])
    notes = {name: joined.of_file[name].values for name in names if name in joined.of_file}
    skipped += [(str(one.kind), one.name) for one in joined.skipped]
    rows, cut_off = _planned(found, notes, config)
    totals: dict[str, int] = {SkippedKind.UNMATCHED_NOTE: num_notes}
    return CountedSources(rows, counted=counted_beside_videos([*skipped, *cut_off], totals)), contents


@dataclass
class _Found:
    """Films and folders of frames."""

    videos: list[Film | Frames] = field(default_factory=list)
    """By name."""
    locations: dict[str, str] = field(default_factory=dict)
    """By name of the video."""
    times: dict[str, FilmTimes | str] = field(default_factory=dict)
    """How long films are, or why they cannot be read, by name."""
    left: list[Left] = field(default_factory=list)
    """What is left out."""

    def add(self, video: Film | Frames, location: str) -> None:
        """Take in a video."""
        self.videos.append(video)
        self.locations[video.name] = location
        if video.unreadable and video.unreadable.startswith(NOT_READABLE):
            reason = video.unreadable.removeprefix(f"{NOT_READABLE}: ")
            self.left.append((SkippedKind.UNREADABLE_FILE, f"{printable(video.name)}: {reason}"))


def _videos_among(looked: Mapping[SourceFile, Looked]) -> _Found:
    found = _Found()
    pictures: dict[str, list[tuple[SourceFile, Entry | Unread]]] = defaultdict(list)
    with_films: set[str] = set()
    for file, one in looked.items():
        if one is None:
            continue
        if one.kind in ("sidecar", "text"):
            found.left.append((SkippedKind.SIDECAR, printable(file.name)))
        elif one.kind == "picture":
            pictures[_parent(file.name)].append((file, one))
        else:
            with_films.add(_parent(file.name))
            found.add(_film(file, one), file.location)
            if isinstance(one, Entry) and one.facts is not None:
                found.times[file.name] = times_of(one.facts)
    for folder, some in sorted(pictures.items()):
        if folder in with_films or len(some) < 2:
            found.left += [(BesideVideos.PICTURE, printable(file.name)) for file, _ in some]
        else:
            found.add(_frames(folder, some), some[0][0].location.rpartition("/")[0])
    found.videos.sort(key=lambda video: video.name)
    return found


def _film(file: SourceFile, found: Entry | Unread) -> Film:
    path = Path(file.location)
    if isinstance(found, Unread):
        return Film(file.name, path, None, found.reason)
    return Film(file.name, path, found.digest)


def _frames(folder: str, files: Sequence[tuple[SourceFile, Entry | Unread]]) -> Frames:
    ordered = sorted(files, key=lambda one: by_value_of_numbers(PurePosixPath(one[0].name).name))
    path = Path(ordered[0][0].location).parent
    names = [file.location.rpartition("/")[2] for file, _ in ordered]
    try:
        check_one_each(names, path)
    except InputError:
        return Frames(folder, path, (), "two pictures differ in their suffix only")
    frames: list[FrameFile] = []
    for name, (_, one) in zip(names, ordered, strict=True):
        if isinstance(one, Unread):
            return Frames(folder, path, (), one.reason)
        frames.append(FrameFile(name, str(one.digest), one.size))
    return Frames(folder, path, tuple(frames))


def _planned(
    found: _Found, notes: Mapping[str, Mapping[str, str]], config: FootageConfig
) -> tuple[list[RowPlan], list[Left]]:
    """Return the rows of videos, and the films that are cut off."""
    rows: list[RowPlan] = []
    cut_off: list[Left] = []
    first_with: dict[str, str] = {}
    for video in found.videos:
        video_id = _id_of(video)
        original = first_with.setdefault(video_id, video.name)
        duplicate_of = original if original != video.name else None
        known = _Video(video, video_id, duplicate_of, notes.get(video.name, {}))
        if isinstance(video, Frames):
            planned = known.rows_of_folder()
        else:
            times = video.unreadable or found.times[video.name]
            if isinstance(times, FilmTimes) and times.is_cut_off:
                cut_off.append((BesideVideos.CUT_OFF_FILM, video.name))
            planned = known.rows_of_film(times, config)
        rows += [replace(plan, location=found.locations[video.name]) for plan in planned]
    return rows, cut_off


def _parent(name: str) -> str:
    return str(PurePosixPath(name).parent)
