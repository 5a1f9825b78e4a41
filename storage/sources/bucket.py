"""Photographs and videos in a bucket: the objects below a prefix, and reading one of them in one request.

Access is configured as for a store in a bucket (`storage.files.location`); only the rights to list and to
read are needed.
"""

import functools
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import obstore
from obstore.exceptions import InvalidPathError
from obstore.store import ObjectStore as Backend

from shls_core.errors import InputError, ObjectMissing, SampleError, StoreUnreadable
from shls_core.files.source_file import NOT_READABLE
from shls_core.foreign_text import printable, redacted
from storage.files.failures import store_errors
from storage.files.location import check_service, s3_backend
from storage.files.reading import BrokenOff, read_again

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
_CHUNK_BYTES = 1 << 20
_ARCHIVED = "InvalidObjectState"
"""How S3 refuses to give an object of a storage class that has to be restored first."""

Result = TypeVar("Result")


def is_address(place: str) -> bool:
    """Whether a place is an address, not a path.

    Examples
    --------
    >>> is_address("s3://bucket/photographs"), is_address("/home/anna/photographs")
    (True, False)
    """
    return "://" in place


class ObjectGone(InputError):
    """An object that was listed is not there."""


class ObjectFacts(NamedTuple):
    """What a bucket says of an object."""

    size: int
    """In bytes."""
    etag: str
    """Another one for other bytes; empty where the service has none."""


class SourceObject(NamedTuple):
    """An object below a prefix."""

    name: str
    """Its key without the prefix."""
    facts: ObjectFacts
    changed_at: float
    """When it was written, in seconds since 1970."""


@dataclass(frozen=True)
class SourceBucket:
    """A prefix in a bucket, in which photographs or videos lie; empty, or like ``a/b``."""

    bucket: str
    prefix: str

    @classmethod
    def at(cls, address: str) -> "SourceBucket":
        """Return it for ``s3://bucket/prefix``.

        Raises
        ------
        InputError
            If that is no such address, or the environment names a service that cannot be asked.
        """
        bucket, key = _parts(address)
        check_service()
        return cls(bucket, key)

    def __str__(self) -> str:
        return "/".join(part for part in (f"s3://{self.bucket}", self.prefix) if part)

    def address_of(self, name: str) -> str:
        """Return the address of an object by its name below the prefix; ``.`` is the prefix itself."""
        return str(self) if name == "." else f"{self}/{name}"

    def objects(self) -> list[SourceObject]:
        """List all objects below the prefix, by name; what stands for an empty folder is none.

        Raises
        ------
        InputError
            If a key cannot be the name of a file: a part of it is empty, ``.`` or ``..``.
        StoreUnreadable, StoreUnreachable
            If there is no such bucket, no permission, or no answer.
        """
        with _list_errors(str(self)):
            found = read_again(self._listed)
        # The console of S3 makes a key with a slash at its end for a folder; obstore drops the slash.
        return sorted(set(found) - set(_markers(found)))

    def _listed(self) -> list[SourceObject]:
        start = len(self.prefix) + 1 if self.prefix else 0
        listing = obstore.list(_backend(self.bucket), prefix=self.prefix or None, chunk_size=1000)
        return [
            SourceObject(str(entry["path"])[start:], _facts(entry), entry["last_modified"].timestamp())
            for some in listing
            for entry in some
            if len(str(entry["path"])) > start
        ]


def read_object(address: str, take: Callable[[ObjectFacts, Iterator[bytes]], Result]) -> Result:
    """Return what a function makes of an object's facts and its bytes, piece by piece: one request.

    It is called again, with the first bytes, where an answer breaks off. It may stop early. The first piece
    is 1 MiB long at least, or the whole object.

    Raises
    ------
    ObjectGone
        If there is no such object any more.
    SampleError
        If it is archived: "not readable: archived".
    StoreUnreadable, StoreUnreachable
        If there is no permission, or no answer.
    """
    bucket, key = _parts(address)

    def attempt() -> Result:
        answer = obstore.get(_backend(bucket), key)
        facts = _facts(answer.meta)
        return take(facts, _whole(iter(answer.stream(min_chunk_size=_CHUNK_BYTES)), facts.size, key))

    with _read_errors(address):
        return read_again(attempt)


def digest_of_object(address: str) -> str:
    """Return the SHA-256 of an object: of a photograph or a film, the id of the source.

    Raises
    ------
    InputError
        If it is not there, or archived.
    StoreUnreadable, StoreUnreachable
        As `read_object`.
    """

    def take(facts: ObjectFacts, pieces: Iterator[bytes]) -> str:
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        return digest.hexdigest()

    return _named(address, take)


def head_of_object(address: str, length: int) -> bytes:
    """Return the first bytes of an object, at most 1 MiB; raises as `digest_of_object`."""
    return _named(address, lambda facts, pieces: next(pieces, b"")[:length])


def _named(address: str, take: Callable[[ObjectFacts, Iterator[bytes]], Result]) -> Result:
    """Read an object that a user named."""
    try:
        return read_object(address, take)
    except ObjectGone as error:
        raise InputError(f"expected an object at {address}, found none") from error
    except SampleError as error:
        raise InputError(f"expected an object that can be read at {address}: {error.reason}") from error


def _whole(pieces: Iterator[object], size: int, key: str) -> Iterator[bytes]:
    """Yield pieces; raise BrokenOff at the end if they are not the whole object."""
    length = 0
    for piece in pieces:
        data = bytes(piece)  # type: ignore[call-overload]
        length += len(data)
        yield data
    if length != size:
        raise BrokenOff(f"request or response body error: {length} bytes of {key} came, {size} are there")


def _markers(found: list[SourceObject]) -> Iterator[SourceObject]:
    """Yield the empty objects in whose names others lie."""
    empty = {one.name: one for one in found if one.facts.size == 0}
    if empty:
        folders = {parent for one in found for parent in parents_of(one.name)}
        yield from (one for name, one in empty.items() if name in folders)


def parents_of(name: str) -> Iterator[str]:
    """Yield the folders that a name lies in, the outermost first.

    Examples
    --------
    >>> list(parents_of("a/b/c.jpg"))
    ['a', 'a/b']
    """
    at = name.find("/")
    while at >= 0:
        yield name[:at]
        at = name.find("/", at + 1)


def _parts(address: str) -> tuple[str, str]:
    parts = _ADDRESS.fullmatch(address)
    key = (parts[2] or "").strip("/") if parts else ""
    if parts is None or any(part in ("", ".", "..") for part in key.split("/") if key):
        raise InputError(f"expected a folder, or s3://bucket/prefix, got {printable(redacted(address))}")
    return parts[1], key


def _facts(entry: object) -> ObjectFacts:
    etag = entry["e_tag"]  # type: ignore[index]
    return ObjectFacts(int(entry["size"]), str(etag or ""))  # type: ignore[index]


def _backend(bucket: str) -> Backend:
    # Connections are kept; the settings are those of the moment.
    return _backend_with(
        bucket, tuple(sorted(one for one in os.environ.items() if one[0].startswith("AWS_")))
    )


@functools.lru_cache(maxsize=4)
def _backend_with(bucket: str, settings: tuple[tuple[str, str], ...]) -> Backend:
    return s3_backend(bucket)


@contextmanager
def _list_errors(address: str) -> Iterator[None]:
    try:
        with store_errors(f"expected to list {address}"):
            yield
    except StoreUnreadable as error:
        if isinstance(error.__cause__, InvalidPathError):
            key = re.search(r'"([^"]*)"', str(error.__cause__))
            raise InputError(
                f"expected keys that can be names of files in {address}, got "
                f"{printable(key[1]) if key else 'another'}, of which a part is empty, . or .."
            ) from error
        raise


@contextmanager
def _read_errors(address: str) -> Iterator[None]:
    try:
        with store_errors(f"expected to read {address}"):
            yield
    except ObjectMissing as error:
        raise ObjectGone(
            f"{address} was removed while it was read: run again when nobody writes to it"
        ) from error
    except StoreUnreadable as error:
        if _ARCHIVED in str(error):
            raise SampleError(f"{NOT_READABLE}: archived") from error
        raise
