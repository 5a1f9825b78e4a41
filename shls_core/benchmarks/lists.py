"""Lists of videos: text files of names, as people and systems leave them."""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from shls_core.errors import InputError
from shls_core.files.foreign_file import read_regular, require_folder_name

_PAIR = re.compile(r"/?JPEGImages/[^/]+/(?P<name>.+)/[^/]+\.\w+\s+/?Annotations/", flags=re.IGNORECASE)
"""A line of a DAVIS-2016 list: a frame and its mask, ``/JPEGImages/480p/bear/00000.jpg /Annotations/…``."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_names(path: Path) -> list[str]:
    """Return the names of videos in a list, in its order.

    A line is a name, which may contain spaces, or a pair of a frame and its mask, as in the lists of
    DAVIS-2016. Blank lines, spaces around a name, either kind of line end and a byte order mark are of no
    account.

    Raises
    ------
    InputError
        If the list cannot be read, names no video, names one twice, or has what cannot be a folder's name.
    """
    names = []
    in_pairs = dict[str, None]()
    for line in _text(path).splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        pair = _PAIR.match(stripped)
        name = pair["name"] if pair else stripped.rstrip("/")
        require_folder_name(name, path)
        if pair:
            in_pairs[name] = None
        elif name in names:
            raise InputError(f"expected each video once, got {name!r} twice in {path}")
        else:
            names.append(name)
    names += [name for name in in_pairs if name not in names]
    if not names:
        raise InputError(f"expected the names of videos, one a line, got an empty file: {path}")
    return names


def folder_named(parent: Path, name: str) -> Path:
    """Return the folder of a name, in whichever Unicode form the disk has it."""
    folder = parent / name
    if folder.exists() or name.isascii() or not parent.is_dir():
        return folder
    wanted = unicodedata.normalize("NFC", name)
    found: Sequence[Path] = [
        path for path in parent.iterdir() if unicodedata.normalize("NFC", path.name) == wanted
    ]
    return found[0] if len(found) == 1 else folder


def _text(path: Path) -> str:
    try:
        data = read_regular(path)
        encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
        return data.decode(encoding)
    except OSError as error:
        raise InputError(f"expected a list of videos at {path}, cannot read it: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"expected a list of videos in UTF-8, got other bytes: {path}") from error
