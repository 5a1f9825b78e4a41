"""The masks in a folder: which files are taken for masks, in which order, and what else lies there."""

import unicodedata
from pathlib import Path
from typing import NamedTuple

from shls_core.errors import InputError
from shls_core.files.droppings import is_dropping
from shls_core.files.natural_order import by_value_of_numbers
from shls_core.files.pictures.formats import is_picture_name


class MasksInFolder(NamedTuple):
    """The files of a folder; those that systems leave behind are in neither list."""

    masks: tuple[Path, ...]
    """Pictures, numbers in names in the order of their value."""
    others: tuple[str, ...]
    """Names of files and folders that are no pictures."""


def masks_in(folder: Path) -> MasksInFolder:
    """List a folder of masks; one that does not exist is empty.

    Raises
    ------
    InputError
        If the folder cannot be listed, or two masks differ only in their suffix.
    """
    try:
        names = sorted((path.name for path in folder.iterdir()), key=by_value_of_numbers)
    except FileNotFoundError:
        return MasksInFolder((), ())
    except OSError as error:
        raise InputError(f"expected a folder of masks, cannot list {folder}: {error.strerror}") from error
    names = [name for name in names if not is_dropping(name)]
    masks = [name for name in names if is_picture_name(name) and (folder / name).is_file()]
    known: dict[str, str] = {}
    for name in masks:
        other = known.setdefault(stem_of(name), name)
        if other != name:
            raise InputError(f"expected one mask of a frame, got {other} and {name} in {folder}")
    taken = frozenset(masks)
    return MasksInFolder(
        tuple(folder / name for name in masks), tuple(name for name in names if name not in taken)
    )


def stem_of(name: str) -> str:
    """Return a file's name without suffix, in one Unicode form: systems differ in how they store ``é``.

    Examples
    --------
    >>> stem_of("00001.PNG")
    '00001'
    """
    return unicodedata.normalize("NFC", Path(name).stem)
