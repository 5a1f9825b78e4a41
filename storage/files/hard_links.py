"""Whether a file system has hard links, which a store in a folder needs.

obstore and deltalake write a new file under another name and link it into place: a second writer is refused.
Both can do nothing else that is atomic: where there are no hard links (exFAT, FAT, some network shares), of
two writers the slower would win.
"""

import os
import uuid
from pathlib import Path


def has_hard_links(folder: Path) -> bool:
    """Return whether files in an existing folder can be linked; it is tried.

    Raises
    ------
    OSError
        If no file can be written there.
    """
    # Names as of partial files: a listing hides them, and a sweep removes what a killed process left.
    stem = folder / f"link-{uuid.uuid4().hex}"
    first, second = stem.with_name(f"{stem.name}#1"), stem.with_name(f"{stem.name}#2")
    try:
        first.touch()
        try:
            os.link(first, second)
        except OSError:
            return False
        return True
    finally:
        first.unlink(missing_ok=True)
        second.unlink(missing_ok=True)
