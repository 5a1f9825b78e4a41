"""The pictures of a folder, in order: what reads a folder, counts it or digests it asks here."""

from collections.abc import Sequence
from pathlib import Path

from shls_core.errors import InputError
from shls_core.files.droppings import is_dropping
from shls_core.files.natural_order import by_value_of_numbers
from shls_core.files.pictures.formats import is_picture_name


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder of frames, without its subfolders.

    They are sorted by name, numbers in names by their value: ``frame2`` before ``frame10``. Files that
    systems leave (`is_dropping`) are none.

    Raises
    ------
    InputError
        If two pictures differ in their suffix only: both would be the same frame.
    """
    found = [
        path
        for path in folder.iterdir()
        if is_picture_name(path.name) and not is_dropping(path.name) and not path.is_dir()
    ]
    found.sort(key=lambda path: by_value_of_numbers(path.name))
    check_one_each([path.name for path in found], folder)
    return found


def check_one_each(names: Sequence[str], folder: Path) -> None:
    """Check that no two pictures of a folder differ in their suffix only: both would be the same frame.

    Raises
    ------
    InputError
        If two do.
    """
    first_of: dict[str, str] = {}
    for name in names:
        other = first_of.setdefault(Path(name).stem, name)
        if other != name:
            raise InputError(
                f"expected one image for every frame, got {other} and {name} in {folder}: if one is a mask, "
                "name it with --mask"
            )
