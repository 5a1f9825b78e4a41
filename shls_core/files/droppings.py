"""Files and folders that systems leave among those of people."""

_NAMES = frozenset(
    {
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini"),  # Windows
        *("$recycle.bin", "recycler", "system volume information"),
        *("__macosx", "icon\r"),  # macOS
        *("@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@synoresource"),  # NAS
        *("picasa.ini", "zbthumbnail.info", "pspbrwse.jbf"),  # catalogues of pictures
        "lost+found",
    }
)
_ENDINGS = ("@synoeastream", "@synoresource", ":zone.identifier")


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
    return name.startswith(".") or name.lower() in _NAMES or name.lower().endswith(_ENDINGS)
