"""Opens a file as a video: no name is taken for an address, no other file is opened, sizes are bounded."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import av
import av.logging
from av.container import InputContainer

from shls_core.errors import InputError
from shls_core.files.foreign_file import UnusableFile, open_regular
from shls_core.files.videos.cut_off import MP4_FIRST
from shls_core.files.videos.errors_logged import messages_logged
from shls_core.files.videos.formats import CONTAINERS, MAX_FRAME_PIXELS, REMEDY

_SCORE_OF_A_NAME = 50  # FFmpeg gives it to what is known by its suffix alone
_OPTIONS = {"format_whitelist": ",".join(CONTAINERS), "max_pixels": str(MAX_FRAME_PIXELS)}


@contextmanager
def regular_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading; pipes, devices and folders are refused.

    Raises
    ------
    InputError
        If there is no regular file, or it cannot be read.
    """
    try:
        file = open_regular(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"expected a video file or a folder of frames, found none at {path}") from error
    except UnusableFile as error:
        raise InputError(
            f"expected a video file or a folder of frames, cannot read {path}: {error.strerror}. Write it to "
            "a file first"
        ) from error
    except OSError as error:
        raise InputError(f"expected a video, cannot read {path}: {error.strerror or error}") from error
    with file:
        yield file


@contextmanager
def opened_container(path: Path) -> Iterator[InputContainer]:
    """Open a video file in FFmpeg while the block runs.

    Raises
    ------
    InputError
        If it is no regular file, no video, or in a container that is not read. The line names what is there.
    """
    with regular_file(path) as file:
        if not os.fstat(file.fileno()).st_size:
            raise InputError(f"expected a video, got an empty file: {path}")
        named = _Named(file, path)
        try:
            container = _opened(named, path)
        except av.FFmpegError as error:
            raise InputError(_what_is_there(named, path)) from error
        with container:
            yield container


class _Named:
    """A file object whose name FFmpeg can take for no address: of the name it needs the suffix alone."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self.tell = file.tell
        self.name = "video" + re.sub(r"[^.a-z0-9]", "", path.suffix.lower())

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        try:
            return self._file.read(size)
        except OSError as error:
            raise InputError(f"expected a video, cannot read {self._path}: {error.strerror}") from error

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a place; an impossible one, which damaged files name, is an error of FFmpeg."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -errno.EINVAL


def _opened(file: _Named, path: Path) -> InputContainer:
    def refuse(url: str, *_: Any) -> NoReturn:
        raise InputError(f"expected a video in one file, {path} refers to another one: {url}")

    file.seek(0)
    return av.open(file, "r", options=_OPTIONS, metadata_errors="replace", io_open=refuse)


def _what_is_there(file: _Named, path: Path) -> str:
    """Return one line about a file that FFmpeg does not open."""
    file.seek(0)
    start = file.read(4096)
    messages = _messages_of_opening(file, path)
    probed = [found for line in messages if (found := re.match(r"Format (\S+) probed.* score=(\d+)", line))]
    if probed and not set(probed[-1][1].split(",")) & set(CONTAINERS):
        return _of_other_format(probed[-1][1], path)
    if _is_text(start):
        return f"expected a video, got text: {path}"
    if start[4:8] in MP4_FIRST and any("moov atom not found" in line for line in messages):
        return (
            f"expected a video, {path} has no index of its frames (moov): it is cut off, or its recording "
            "was not finished"
        )
    if probed and int(probed[-1][2]) > _SCORE_OF_A_NAME:
        name = CONTAINERS[next(name for name in probed[-1][1].split(",") if name in CONTAINERS)]
        return f"expected a video, cannot read any frame of {path}: damaged {name}"
    return f"expected a video, cannot read any frame of {path}: no container that is known"


def _messages_of_opening(file: _Named, path: Path) -> list[str]:
    with messages_logged(av.logging.DEBUG) as messages, suppress(av.FFmpegError, InputError):
        _opened(file, path).close()
    return messages


def _of_other_format(name: str, path: Path) -> str:
    if name in ("hls", "concat", "sdp", "dash", "rtsp"):
        return f"expected a video in one file, got a playlist ({name}): {path}. Make one of it: {REMEDY}"
    try:
        words = av.ContainerFormat(name, "r").long_name
    except ValueError:
        words = name
    return f"expected a video, got {words}: {path}. If it holds one: {REMEDY}"


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:
            return False
        text = start[: error.start].decode("utf-8")
    return all(character.isprintable() or character.isspace() for character in text)
