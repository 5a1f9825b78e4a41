"""Files and folders that systems leave among those of people."""

_NAMES = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "#recycle", "__macosx", "lost+found"}
)


def is_dropping(name: str) -> bool:
    """Whether a file or folder of this name was left by a system: hidden, a thumbnail, a marker.

    Parameters
    ----------
    name : str
        One part of a path.

    Examples
    --------
    >>> [is_dropping(name) for name in ("._IMG_1.jpg", "@eaDir", "Thumbs.db", "IMG_1.jpg")]
    [True, True, True, False]
    """
    return name.startswith(".") or name.lower() in _NAMES
