"""What is in a folder and is not used, and why."""

from enum import StrEnum
from typing import NamedTuple


class SkippedKind(StrEnum):
    """Why something in a folder is not used."""

    UNLISTED_FOLDER = "unlisted_folder"
    """It cannot be listed: nobody knows what is in it."""
    BROKEN_LINK = "broken_link"
    """It leads to nothing."""
    UNREADABLE_FILE = "unreadable_file"
    """It cannot be read, or is far too large for a picture: it becomes a rejected row."""
    VIDEO = "video"
    UNMATCHED_NOTE = "unmatched_note"
    """A row of the table of notes that is about no file."""
    UNREAD_NOTES = "unread_notes"
    """A file that looks like a table of notes, at a place or in a format in which none is read."""
    LOOSELY_MATCHED_NOTE = "loosely_matched_note"
    """A row of the table of notes whose file is named in other upper and lower case. It is used."""
    SIDECAR = "sidecar"
    """A sidecar: a file that cameras and programs keep beside pictures."""
    DROPPING = "dropping"
    """A file or folder that systems leave, or a hidden one."""
    FOLDER_MET_BEFORE = "folder_met_before"
    """A link to a folder that is already searched, or that contains the link."""
    SPECIAL_FILE = "special_file"
    """A pipe, a socket or a device: it is never opened."""
    STORE = "store"
    """A store of this project."""


class Skipped(NamedTuple):
    """One thing that is not used."""

    kind: SkippedKind
    name: str
    """Inside the folder, printable; of an unreadable file, with the reason."""
