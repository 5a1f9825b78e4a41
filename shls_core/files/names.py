"""Names of files: as they are recorded and compared."""

import os
import posixpath
import unicodedata


def recorded_name(name: str) -> str:
    r"""Return the name of a file as text that is valid UTF-8: bytes that are not are spelt out.

    Examples
    --------
    >>> import os
    >>> recorded_name(os.fsdecode(b"caf\xe9.png"))
    'caf\\xe9.png'
    """
    return os.fsencode(name).decode(errors="backslashreplace")


def normal_name(name: str) -> str:
    """Return one spelling of all names that look alike: Unicode NFC, no ``./``, no doubled slashes.

    macOS and its archives decompose accents where tables hold them composed.

    Examples
    --------
    >>> normal_name("./a//Zoe" + chr(0x308) + ".png") == "a/Zo" + chr(0xEB) + ".png"
    True
    """
    composed = unicodedata.normalize("NFC", name.strip())
    return posixpath.normpath(composed) if composed else ""
