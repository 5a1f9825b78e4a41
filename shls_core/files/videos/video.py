"""A video of a person: a file or a folder of frames, read one frame at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shls_core.errors import InputError
from shls_core.files.videos.film import film_facts, film_frames
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.frame import Frame
from shls_core.files.videos.frame_folder import frame_folder
from shls_core.files.videos.moving_pictures import is_picture_file, note_of_pictures, picture_frames
from shls_core.files.videos.opening import regular_file
from shls_core.files.videos.streams import FOLDER_FPS


@dataclass(frozen=True)
class Video:
    """A video, whose frames are read on demand.

    Attributes
    ----------
    path : Path
        A video file, or a folder of pictures.
    fps : float
        Frames per second, on average; 24 for a folder, which does not state it.
    num_frames : int or None
        Number of frames; None if only reading them all can say it, as for most files.
    num_stated : int or None
        Number of frames that a file states, which may be wrong or count hidden ones: good for progress.
    notes : tuple of str
        Lines about what is left out or not as a person may expect.
    without : tuple of Path
        Files of a folder that are given in another role.
    """

    path: Path
    fps: float
    num_frames: int | None
    num_stated: int | None = None
    notes: tuple[str, ...] = ()
    without: tuple[Path, ...] = ()

    def frames(self, findings: Findings | None = None) -> Iterator[Frame]:
        """Read the frames in the order of presentation; only one is held at a time.

        A damaged frame keeps its number and shows the frame before it (`Frame.is_damaged`). The file is
        closed when the iterator is.

        Parameters
        ----------
        findings : Findings, optional
            Filled in while frames are read: what was converted, which frames are damaged, what is missing.

        Raises
        ------
        InputError
            If a picture of a folder cannot be read, or a frame has another size than the first one.
        """
        found = Findings() if findings is None else findings
        if self.path.is_dir():
            return frame_folder(self.path, self.without).frames(found)
        if is_picture_file(self.path):
            return picture_frames(self.path, found)
        return film_frames(self.path, found)


def open_video(path: Path, without: Sequence[Path] = ()) -> Video:
    """Open a video file or a folder of frames.

    The pictures of a folder are sorted by name, numbers in names by their value: ``frame2`` before
    ``frame10``. A name is never taken for an address, a pattern or a protocol, and no other file is opened.

    Parameters
    ----------
    path : Path
        The file or the folder.
    without : sequence of Path
        Files that are given in another role, as masks: those in the folder of frames are no frames.

    Raises
    ------
    InputError
        If there is nothing at `path` that can be read as a video, or two pictures differ in their suffix
        only.
    """
    if path.is_dir():
        folder = frame_folder(path, without)
        return Video(path, FOLDER_FPS, len(folder.names), None, folder.notes, tuple(without))
    _check_one_role(path, without)
    if is_picture_file(path):
        number, notes = note_of_pictures(path)
        frames = picture_frames(path, Findings())
        next(frames)
        return Video(path, FOLDER_FPS, number, number, notes)
    facts = film_facts(path)
    return Video(path, facts.fps, None, facts.num_stated, facts.notes)


def frame_numbers(video: Video, names: Sequence[str]) -> list[int]:
    """Return the numbers, from 0, of the frames that have these names.

    The frames of a file are named by their numbers. How many there are is known at the end of reading: a
    number that is too large for a file is refused then, or here, if it is beyond all that the file states.

    Raises
    ------
    InputError
        If there is no frame with such a name.
    """
    if video.path.is_dir():
        files = frame_folder(video.path, video.without).names
        known = {Path(name).stem: number for number, name in enumerate(files)}
        numbers = [known.get(name) for name in names]
    else:
        numbers = [int(name) if name.isdecimal() else None for name in names]
    bound = video.num_stated if video.num_frames is None else video.num_frames
    found = []
    for name, number in zip(names, numbers, strict=True):
        if number is None or (bound is not None and number >= bound):
            raise InputError(f"expected the name of a frame, got {name}, which is none of {video.path}")
        found.append(number)
    return found


def _check_one_role(path: Path, without: Sequence[Path]) -> None:
    """Raise InputError if the video itself is given as something else, too."""
    with regular_file(path):
        for given in without:
            if given.is_file() and given.samefile(path):
                raise InputError(f"expected a video and a mask, got one file as both: {path}")
