"""What is in a folder of videos and is not used, counted, in words about videos."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from shls_core.files.skipped import SkippedKind
from shls_core.files.skipped_counts import SkippedFiles

_NAMED = 3


class BesideVideos(StrEnum):
    """Kinds that only videos have, beside those of `SkippedKind`."""

    PICTURE = "picture"
    """A picture that is no frame: it lies beside films, or alone in its folder."""
    CUT_OFF_FILM = "cut_off_film"
    """A film whose end is missing. What there is of it is used."""
    PIECE_BEYOND_LIMIT = "piece_beyond_limit"
    """A piece of a video that has as many clips already as one video may have."""


_PHRASES: Mapping[str, tuple[str, str]] = {
    SkippedKind.UNLISTED_FOLDER: (
        "folder cannot be listed, and the videos in it are missing",
        "folders cannot be listed, and the videos in them are missing",
    ),
    SkippedKind.UNMATCHED_NOTE: (
        "of {of} rows of videos.csv is about no video in the folder, and is not used",
        "of {of} rows of videos.csv are about no video in the folder, and are not used",
    ),
    SkippedKind.UNREAD_NOTES: (
        "table of notes not read: notes come from videos.csv in the folder itself",
        "tables of notes not read: notes come from videos.csv in the folder itself",
    ),
    SkippedKind.LOOSELY_MATCHED_NOTE: (
        "row of videos.csv names its video in other upper and lower case, and is used",
        "rows of videos.csv name their videos in other upper and lower case, and are used",
    ),
    BesideVideos.PICTURE: (
        "picture left out: it is no frame of a folder of frames",
        "pictures left out: they are no frames of a folder of frames",
    ),
    BesideVideos.CUT_OFF_FILM: (
        "film is cut off, and what there is of it is used",
        "films are cut off, and what there is of them is used",
    ),
    BesideVideos.PIECE_BEYOND_LIMIT: (
        "of {of} pieces left out: a video has at most clips.max_clips_per_video clips",
        "of {of} pieces left out: a video has at most clips.max_clips_per_video clips",
    ),
}


class SkippedOfVideos(SkippedFiles):
    """How many things of one kind are not used of a folder of videos."""

    def __str__(self) -> str:
        if self.kind not in _PHRASES:
            return super().__str__()
        words = _PHRASES[self.kind][self.count > 1].format(of=self.of)
        more = ", …" if self.count > len(self.names) else ""
        names = f" ({', '.join(self.names)}{more})" if self.names else ""
        return f"{self.count} {words}{names}"


def counted_beside_videos(
    skipped: Iterable[tuple[str, str]], totals: Mapping[str, int] | None = None
) -> tuple[SkippedOfVideos, ...]:
    """Count what is not used, in the order of `SkippedKind` and `BesideVideos`.

    Parameters
    ----------
    skipped
        Kind and name of each thing.
    totals
        Of how many, by kind, where it is known.

    Examples
    --------
    >>> str(counted_beside_videos([(BesideVideos.PICTURE, "poster.jpg")])[0])
    '1 picture left out: it is no frame of a folder of frames (poster.jpg)'
    """
    names: dict[str, list[str]] = {}
    for kind, name in sorted(skipped):
        names.setdefault(kind, []).append(name)
    return tuple(
        SkippedOfVideos(
            kind=str(kind),
            count=len(names[kind]),
            of=(totals or {}).get(kind),
            names=tuple(name for name in names[kind][:_NAMED] if name),
        )
        for kind in (*SkippedKind, *BesideVideos)
        if kind in names
    )
