"""A home that is missing or read-only, as in containers: what libraries keep there goes elsewhere."""

import atexit
import os
import shutil
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

from shls_core.errors import InputError

_NO_HOME = "/nonexistent"
"""What a system without a home for a user says (Debian's policy); nothing is made there."""
_KEPT_IN = {
    "PREFECT_HOME": ".prefect",
    "MPLCONFIGDIR": ".config/matplotlib",
    "TORCH_HOME": ".cache/torch",
    "TORCHINDUCTOR_CACHE_DIR": ".cache/torchinductor",
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
}
"""Where libraries keep files of their own: the variable, and the place in the home if it is not set."""


def provide_home(environment: MutableMapping[str, str] = os.environ) -> None:
    """Give libraries a temporary folder for each of their places that cannot be written to.

    ``~`` stays what it is: what a user keeps there is not looked for elsewhere.

    Raises
    ------
    InputError
        If there is no folder for temporary files either.
    """
    try:
        home = Path.home()
    except RuntimeError:  # no HOME, and a user whom the system does not know
        environment["HOME"] = _NO_HOME
        home = Path(_NO_HOME)
    home_works = can_write(home)
    unusable = [name for name, place in _KEPT_IN.items() if not _works(environment.get(name), home_works)]
    if not unusable:
        return
    instead = _temporary_folder()
    for name in unusable:
        (instead / _KEPT_IN[name]).mkdir(parents=True, exist_ok=True)
        environment[name] = str(instead / _KEPT_IN[name])


def prefect_home_is_temporary() -> bool:
    """Return whether what Prefect keeps is lost when the command ends."""
    home = os.environ.get("PREFECT_HOME", "")
    return bool(_made) and home.startswith(str(_made[0]))


def can_write(folder: Path) -> bool:
    """Return whether files can be written to a folder; it is tried: permissions say little to root."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _works(place: str | None, home_works: bool) -> bool:
    if not place:
        return home_works
    folder = Path(place)
    existing = next((parent for parent in (folder, *folder.parents) if parent.exists()), folder)
    return can_write(existing)


_made: list[Path] = []


def _temporary_folder() -> Path:
    if not _made:
        try:
            folder = Path(tempfile.mkdtemp(prefix="shls-home-"))
        except OSError as error:
            raise InputError(
                "expected a folder for temporary files that can be written to (TMPDIR, /tmp or /var/tmp), "
                f"found none: {error.strerror or error}"
            ) from error
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _made.append(folder)
    return _made[0]
