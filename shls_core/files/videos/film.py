"""A video file: what it states, and its frames in the order of presentation."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.files.videos.colours import ToRgb
from shls_core.files.videos.cut_off import is_cut_off
from shls_core.files.videos.decoding import Packets, Picture, decoded
from shls_core.files.videos.deinterlacing import deinterlaced
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.frame import Frame
from shls_core.files.videos.numbering import Numbering, Shown
from shls_core.files.videos.opening import opened_container, regular_file
from shls_core.files.videos.streams import (
    check_frame_size,
    film_of,
    frames_per_second,
    notes_of_streams,
    stated_frames,
)
from shls_core.files.videos.turning import turn_of

MOST_LOST_AT_FIRST = 300
"""After so many lost frames without one that can be read, no more are tried."""


@dataclass(frozen=True)
class FilmFacts:
    """What a file states of its film.

    Attributes
    ----------
    fps : float
        Frames per second, on average.
    num_stated : int or None
        Frames that the container says it holds, with those that an edit list hides; None if it does not.
    notes : tuple of str
        Lines about what a person may not expect.
    """

    fps: float
    num_stated: int | None
    notes: tuple[str, ...]


def film_facts(path: Path) -> FilmFacts:
    """Return what a video file states, after one of its frames was decoded.

    Raises
    ------
    InputError
        If it is no video, or none of its frames can be read.
    """
    with opened_container(path) as container:
        film = film_of(container, path)
        notes = tuple(notes_of_streams(container, film))
        facts = FilmFacts(frames_per_second(film), stated_frames(container, film), notes)
        pictures = islice(decoded(Packets(container, film)), MOST_LOST_AT_FIRST)
        first = next((picture.frame for picture in pictures if picture.frame is not None), None)
        if first is None:
            raise unreadable(path, film)
        check_frame_size(first.width, first.height, path)
    return facts


def film_frames(path: Path, findings: Findings) -> Generator[Frame, None, None]:
    """Yield the frames of a video file, one at a time; damaged ones keep their numbers.

    Parameters
    ----------
    path : Path
        The file.
    findings : Findings
        Filled in on the way: losses are known at the end.

    Raises
    ------
    InputError
        If it is no video, none of its frames can be read, or one has another size than the first.
    """
    with opened_container(path) as container:
        film = film_of(container, path)
        codec = film.codec_context.codec.canonical_name
        findings.num_stated = stated_frames(container, film)
        packets = Packets(container, film)
        numbering = Numbering(findings)
        whole = deinterlaced(
            of_one_size(decoded(packets), path), codec, film.codec_context.field_order, findings
        )
        for shown in _shown(whole, path, findings):
            yield from numbering.add(shown)
            if numbering.num_lost_at_first >= MOST_LOST_AT_FIRST:
                break
        if not findings.num_read:
            raise unreadable(path, film)
        findings.is_cut_off = _is_cut_off(path)
        if findings.num_stated is not None:
            findings.num_missing = max(0, findings.num_stated - packets.num_frames)
        if not findings.is_cut_off:
            yield from numbering.rest()


def of_one_size(pictures: Iterator[Picture], path: Path) -> Iterator[Picture]:
    """Raise InputError at the first frame that has another size than the first one."""
    first: tuple[int, int] | None = None
    for number, picture in enumerate(pictures):
        if picture.frame is not None:
            size = (picture.frame.width, picture.frame.height)
            first = first or size
            if size != first:
                raise InputError(
                    f"expected frames of one size, {first[0]}x{first[1]}, got {size[0]}x{size[1]} "
                    f"({path}, frame {number:05d})"
                )
        yield picture


def upright(picture: av.VideoFrame, to_rgb: ToRgb, path: Path) -> UInt8[np.ndarray, "H W 3"]:
    """Return the upright RGB pixels of a decoded picture.

    Raises
    ------
    InputError
        If there is no conversion for its colours, or it is turned by no quarter.
    """
    try:
        return np.ascontiguousarray(turn_of(picture)(to_rgb(picture)))
    except InputError as error:
        raise InputError(f"{error}: {path}") from error


def _shown(pictures: Iterator[Picture], path: Path, findings: Findings) -> Iterator[Shown]:
    """Yield pictures as upright RGB pixels."""
    to_rgb = ToRgb(findings)
    for picture in pictures:
        pixels = None if picture.frame is None else upright(picture.frame, to_rgb, path)
        yield Shown(pixels, picture.seconds, picture.is_doubtful)


def unreadable(path: Path, film: VideoStream) -> InputError:
    """Return the error about a film of which no frame can be decoded."""
    codec = film.codec_context.codec.canonical_name
    return InputError(f"expected a video, cannot read any frame of {path}: damaged {codec}")


def _is_cut_off(path: Path) -> bool:
    with regular_file(path) as file:
        return is_cut_off(file, path.stat().st_size)
