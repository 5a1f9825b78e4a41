"""Sources of a bucket on this machine, while they are read: one request for each file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from shls_core.errors import InputError, SampleError
from storage.files.readers import SHARD_READERS
from storage.sources.bucket import ObjectFacts, is_address, read_object
from tasks.planning.sources.looking import write_through
from tasks.planning.sources.scratch import refuse_without_room, scratch_folder
from tasks.stages.stage import RowPlan


@contextmanager
def at_hand(plan: RowPlan) -> Iterator[RowPlan]:
    """Give the block the plan of a row with its file, or its files, on this machine.

    A film stays for the rows after this one, until the last of them or another film is made: a process has
    one film at a time.

    Raises
    ------
    InputError
        If a file is gone or changed since the build was planned, or this machine has no room for it.
    StoreUnreadable, StoreUnreachable
        If the bucket is the reason.
    """
    if plan.location is None or not _is_fetched(plan):
        yield plan
    elif "places" in plan.decided:
        first, count = plan.decided["places"]
        try:
            yield replace(plan, location=str(_FILM.at_hand(plan.location, plan.decided["file_digest"])))
        finally:
            if first + count == plan.decided["num_places"]:
                _FILM.remove()
    elif "files" in plan.decided:
        with TemporaryDirectory(dir=scratch_folder()) as folder:
            before = plan.decided["before"]
            files = [*plan.decided["files"], *([before] if before else [])]
            fetch_frames(plan.location, files, Path(folder))
            yield replace(plan, location=folder)
    else:
        with fetched_file(plan.location, plan.decided["file_digest"]) as path:
            yield replace(plan, location=str(path))


@contextmanager
def photograph_at_hand(plan: RowPlan) -> Iterator[RowPlan]:
    """Give the block the plan of a row with its photograph on this machine; a video stays where it is.

    Raises
    ------
    InputError, StoreUnreadable, StoreUnreachable
        As for `at_hand`.
    """
    is_video = not plan.decided.keys().isdisjoint(("places", "files"))
    with nullcontext(plan) if is_video else at_hand(plan) as reachable:
        yield reachable


@contextmanager
def fetched_file(address: str, digest: str | None = None) -> Iterator[Path]:
    """Give the block an object as a file, and remove it afterwards; see `fetch`."""
    with TemporaryDirectory(dir=scratch_folder()) as folder:
        path = Path(folder, "object").with_suffix(_suffix(address))
        fetch(address, path, digest)
        yield path


def fetch(address: str, path: Path, digest: str | None = None) -> None:
    """Write an object into a file.

    Parameters
    ----------
    address
        Its address.
    path
        The file.
    digest
        SHA-256 of the bytes that are expected; None: any.

    Raises
    ------
    InputError
        If it is gone, has other bytes, or there is no room for it.
    StoreUnreadable, StoreUnreachable
        If the bucket is the reason.
    """
    changed = f"{address} changed while it was read: run again when nobody writes to it"

    def take(facts: ObjectFacts, pieces: Iterator[bytes]) -> str:
        refuse_without_room(path.parent, facts.size, address)
        with path.open("wb") as copy:
            return write_through(next(pieces, b""), pieces, copy)

    try:
        found = read_object(address, take)
    except SampleError as error:  # it could be read when the build was planned
        raise InputError(f"{changed} ({error.reason})") from error
    if digest not in (None, found):
        raise InputError(changed)


def fetch_frames(address: str, files: Sequence[Sequence[str]], folder: Path) -> None:
    """Write frames into a folder, given the name and the digest of each; see `fetch`."""
    with ThreadPoolExecutor(SHARD_READERS) as threads:
        list(threads.map(lambda file: fetch(f"{address}/{file[0]}", folder / file[0], file[1]), files))


class _FilmAtHand:
    """The film of a bucket that this process has on its disk."""

    def __init__(self) -> None:
        self._of: tuple[str, Path] | None = None

    def at_hand(self, address: str, digest: str) -> Path:
        """Return the file of a film, which is fetched if it is not there."""
        if self._of is None or self._of[0] != digest or not self._of[1].exists():
            self.remove()
            path = (scratch_folder() / "film").with_suffix(_suffix(address))
            try:
                fetch(address, path, digest)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            self._of = digest, path
        return self._of[1]

    def remove(self) -> None:
        """Remove the film, if there is one."""
        if self._of is not None:
            self._of[1].unlink(missing_ok=True)
        self._of = None


_FILM = _FilmAtHand()


def _is_fetched(plan: RowPlan) -> bool:
    """Whether a row reads something in a bucket: one that is known to be rejected does not."""
    is_rejected = "unreadable" in plan.decided or plan.decided.get("duplicate_of") is not None
    return plan.location is not None and is_address(plan.location) and not is_rejected


def _suffix(address: str) -> str:
    suffix = Path(address.rpartition("/")[2]).suffix
    return suffix if suffix.isascii() and suffix.isprintable() and len(suffix) < 20 else ""
