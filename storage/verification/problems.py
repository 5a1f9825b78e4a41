"""Problems of a store: one record per finding, with its remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shls_core.errors import ForeignFile, ObjectCorrupted, ObjectMissing, StoreError
from storage.objects.objects import object_path

MISSING: Final = "missing object"
DAMAGED: Final = "damaged object"
DISAGREES: Final = "records disagree"
FOREIGN: Final = "foreign file"
LEDGER: Final = "broken ledger"
NAME: Final = "dangling name"
KEY: Final = "dangling key"
UNFINISHED: Final = "unfinished purge"
TOMBSTONE: Final = "tombstone without a purge"
LOST_TOMBSTONE: Final = "purge without its tombstone"
WITNESS: Final = "tables disagree"
HEAD: Final = "unknown head"
WRONG_KEY: Final = "wrong key"
WRONG_PAGE: Final = "wrong page"
DESCENT: Final = "wrong descent"
USE: Final = "unproven use"
VIDEOS: Final = "changed videos"
REPLAY: Final = "replay differs"

_REMEDIES: Mapping[str, str] = {
    MISSING: "build the dataset again with its configuration: what is missing is made again",
    DAMAGED: "remove the file and build the dataset again: it is made again",
    DISAGREES: "remove the files of both and build the dataset again; neither was written by this project",
    FOREIGN: "move it out of the store",
    LEDGER: "restore the ledger from a copy; entries were changed, removed or put in",
    NAME: "build the dataset again with its configuration, or restore the object from a copy",
    KEY: "`shls dataset gc` removes it; nothing is lost but time",
    UNFINISHED: "run `shls dataset purge` with the same photographs again: it goes on",
    TOMBSTONE: "run the purge again, which ended before it erased anything; or `shls dataset gc` removes it",
    LOST_TOMBSTONE: "restore the object from a copy: without it, what was erased counts as lost",
    WITNESS: "restore both tables of the ledger from a copy; after a run that was killed as it gave a name, "
    "the same command once more writes what is missing",
    HEAD: "restore the ledger from a copy; it was cut or written anew since that head was kept",
    WRONG_KEY: "remove the file: the work is done again",
    WRONG_PAGE: "remove the file: shards are read instead, and a build writes it again",
    DESCENT: "build the dataset again; what was learned from this one is not what its rows say",
    USE: "restore ledger and key index from a copy, or do the work again, which writes a new entry",
    VIDEOS: "restore the videos, or evaluate again on those there are",
    REPLAY: "build the dataset again; what is stored is not what its recipes and inputs give",
}
_ERRORS: Mapping[str, type[StoreError]] = {MISSING: ObjectMissing, FOREIGN: ForeignFile}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a store."""

    kind: str
    path: str
    """The file it is about, inside the store."""
    part_of: str
    """What that file belongs to."""
    what: str
    """What was expected, and what came."""

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES[self.kind]

    def error(self) -> StoreError:
        """Return the error that describes this problem in one line."""
        raised = _ERRORS.get(self.kind, ObjectCorrupted)
        return raised(f"{self.kind} {self.path}, part of {self.part_of}: {self.what}; {self.remedy}")


def about_object(kind: str, digest: str, part_of: str, what: str) -> Problem:
    """Return a problem with an object."""
    return Problem(kind, object_path(digest), part_of, what)


def foreign(path: str) -> Problem:
    """Return the problem of a file that does not belong in a store."""
    return Problem(FOREIGN, path, "nothing", "no part of a store has files of this name")
