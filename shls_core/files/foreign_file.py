"""Read files of others that are read whole: regular files of a size that a file of their kind has.

Opening a named pipe waits, and reading /dev/zero never ends. A folder that somebody sent may hold both.
"""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Final

from shls_core.errors import InputError

LARGEST_TEXT: Final = 64 << 20
"""Bytes of the largest list, configuration or JSON file that is read."""
LARGEST_RECORD: Final = 256 << 20
"""Bytes of the largest record: a manifest of millions of shards."""
LARGEST_PICTURE: Final = 1 << 30
"""Bytes of the largest photograph that is read whole."""
LARGEST_WEIGHTS: Final = 4 << 30
"""Bytes of the largest set of weights."""

_LONGEST_NAME = 255
_MORE_BYTES = 1 << 20
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFDIR: "a folder",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class UnusableFile(OSError):
    """A file that can be read, and must not be: it is no regular file, too large, or not text."""


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a regular file, or one that a link leads to, to read its bytes; never wait.

    Raises
    ------
    UnusableFile
        If it is not a regular file; `strerror` says what it is.
    OSError
        If it cannot be opened.
    """
    # Without O_NONBLOCK, opening a named pipe waits for somebody who writes to it.
    try:
        file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115
    except IsADirectoryError:
        require_regular(Path(path).stat(), path)
        raise
    try:
        require_regular(os.fstat(file.fileno()), path)
    except UnusableFile:
        file.close()
        raise
    return file


def read_regular(path: str | os.PathLike[str], at_most: int = LARGEST_TEXT) -> bytes:
    """Return the bytes of a regular file, or of one that a link leads to.

    Takes the place of `pathlib.Path.read_bytes`, whose errors it raises, and never waits.

    Raises
    ------
    UnusableFile
        If it is not a regular file, or has more than `at_most` bytes; `strerror` says which.
    OSError
        If it cannot be read.
    """
    with open_regular(path) as file:
        found = os.fstat(file.fileno())
        require_regular(found, path, at_most)
        data = file.read(found.st_size + 1)
        while len(data) > found.st_size:  # it grew meanwhile, or says no size, like the files of /proc
            if len(data) > at_most:
                raise _too_large(path, len(data), at_most)
            if not (more := file.read(_MORE_BYTES)):
                break
            data += more
    return data


def read_text(path: str | os.PathLike[str], at_most: int = LARGEST_TEXT) -> str:
    """Return the text of a regular file in UTF-8, without a byte order mark.

    Raises
    ------
    UnusableFile
        As for `read_regular`, and if it is not text.
    OSError
        If it cannot be read.
    """
    data = read_regular(path, at_most)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(
            errno.EILSEQ, f"it is no text in UTF-8 (byte {error.start})", os.fspath(path)
        ) from error
    if "\0" in text:
        raise UnusableFile(errno.EILSEQ, "it is no text: it has bytes of zero", os.fspath(path))
    return text


def require_regular(found: os.stat_result, path: str | os.PathLike[str], at_most: int | None = None) -> None:
    """Raise UnusableFile for what `stat` says is not a regular file, or has more than `at_most` bytes."""
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise UnusableFile(errno.EINVAL, f"it is {kind}, no regular file", os.fspath(path))
    if at_most is not None and found.st_size > at_most:
        raise _too_large(path, found.st_size, at_most)


def require_folder_name(name: str, where: str | os.PathLike[str]) -> str:
    """Return a name that others gave, if a folder or a file inside another folder can have it.

    Parameters
    ----------
    name
        The name, of a video for example.
    where
        The file that it came from, for the message.

    Raises
    ------
    InputError
        If it leads elsewhere (``..``, an absolute path, any slash), or no file can be called so.
    """
    if name in ("", ".", ".."):
        reason = "that is another folder"
    elif "/" in name or "\\" in name:
        reason = "a name has no slash"
    elif not all(character.isprintable() for character in name):
        reason = "it has characters that cannot be printed"
    elif len(os.fsencode(name)) > _LONGEST_NAME:
        reason = f"a name has at most {_LONGEST_NAME} bytes"
    else:
        return name
    cut = name if len(name) <= 80 else f"{name[:80]}…"
    raise InputError(f"expected the name of a folder in {Path(where)}, got {cut!r}: {reason}")


def _too_large(path: str | os.PathLike[str], size: int, at_most: int) -> UnusableFile:
    what = f"it has {_megabytes(size)}, and files of its kind have at most {_megabytes(at_most)}"
    return UnusableFile(errno.EFBIG, what, os.fspath(path))


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MB"
