"""Where a store is: a folder, or a prefix in a bucket of an S3 service.

A bucket is reached as the usual environment variables say, read when a store is opened:

===========================================  =======================================================
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY     credentials; AWS_SESSION_TOKEN, where they are temporary
AWS_REGION, or AWS_DEFAULT_REGION            region of the bucket; us-east-1 where neither is set
AWS_ENDPOINT_URL                             address of a service that is not Amazon's
AWS_ALLOW_HTTP                               ``true``, where that address begins with ``http://``
===========================================  =======================================================

Without keys, the credentials of the machine (an instance role) are asked for; profiles are not read.
"""

import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from obstore.store import LocalStore, S3Store
from obstore.store import ObjectStore as Backend

from shls_core.errors import InputError, StoreUnwritable

PUBLIC_SETTINGS = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ALLOW_HTTP")
"""The variables above that are no secret."""

# A refused connection is told in two seconds, a host that is not there in half a minute, one that takes a
# request and never answers in two minutes. The upload of a large shard over a slow line has to fit into one.
_CONNECT_TIMEOUT = "5s"
_REQUEST_TIMEOUT = "120s"
_MAX_RETRIES = 4
_RETRY_TIMEOUT_SECONDS = 60

# deltalake turns a path into a URL and back, and loses or dies of these on the way.
_LOST_IN_URLS = re.compile(r"%[0-9A-Fa-f]{2}|[\[\]|^\\]")
_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*)/*")


@dataclass(frozen=True)
class TableLocation:
    """Where a Delta table is, and how deltalake gets there."""

    uri: str
    options: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of where it is."""
        return self.uri.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Folder:
    """A store in a folder of this machine; `path` is absolute."""

    path: Path
    kind: ClassVar[str] = "a folder"

    def __str__(self) -> str:
        return str(self.path)

    def prepare(self) -> None:
        """Make the folder where there is none."""
        (self.path / "objects").mkdir(parents=True, exist_ok=True)

    def backend(self) -> Backend:
        """Return the files of the store, named by their path inside it."""
        return LocalStore(prefix=self.path)

    def table(self, name: str) -> TableLocation:
        """Return where the Delta table of one name is."""
        return TableLocation(str(self.path / "ledger" / name))

    def sweep(self) -> None:
        """Remove what writers that were killed left beside the files they wrote: ``FILE#1``.

        No listing shows these. Only to be done while nobody is at work: a writer's own looks the same.
        """
        for part in ("objects", "keys", "running", "training"):
            for left in (self.path / part).rglob("*#*"):
                left.unlink(missing_ok=True)


@dataclass(frozen=True)
class Bucket:
    """A store in a bucket; `prefix` is empty or like ``a/b``."""

    name: str
    prefix: str
    kind: ClassVar[str] = "a bucket"

    def __str__(self) -> str:
        return "/".join(part for part in (f"s3://{self.name}", self.prefix) if part)

    def prepare(self) -> None:
        """Do nothing: a bucket has no folders, and is not ours to make."""

    def sweep(self) -> None:
        """Do nothing: of a killed writer a bucket keeps no part."""

    def backend(self) -> Backend:
        """Return the objects of the store, named by their key below its prefix."""
        return S3Store(
            self.name,
            prefix=self.prefix or None,
            config={"region": _region(), "conditional_put": "etag"},
            client_options={
                "allow_http": _allows_http(),
                "connect_timeout": _CONNECT_TIMEOUT,
                "timeout": _REQUEST_TIMEOUT,
            },
            retry_config={
                "max_retries": _MAX_RETRIES,
                "retry_timeout": timedelta(seconds=_RETRY_TIMEOUT_SECONDS),
            },
        )

    def table(self, name: str) -> TableLocation:
        """Return where the Delta table of one name is."""
        options = {
            "region": _region(),
            "conditional_put": "etag",
            # Whatever the environment says: with it, the slower of two writers would win.
            "AWS_S3_ALLOW_UNSAFE_RENAME": "false",
            "allow_http": str(_allows_http()).lower(),
            "connect_timeout": _CONNECT_TIMEOUT,
            "timeout": _REQUEST_TIMEOUT,
            "max_retries": str(_MAX_RETRIES),
            "retry_timeout": f"{_RETRY_TIMEOUT_SECONDS}s",
        }
        return TableLocation(f"{self}/ledger/{name}", options)


Location = Folder | Bucket


def locate(text: str | os.PathLike[str]) -> Location:
    """Return the location that a person, or `str` of a location, spells.

    Raises
    ------
    InputError
        If it is neither a path nor ``s3://bucket/prefix``.
    StoreUnwritable
        If the path is one that no store can have.
    """
    if isinstance(text, str) and re.match(r"[a-z][a-z0-9+.-]*:/", text):
        return _bucket(text)
    path = Path(text).absolute()
    if unusable := _LOST_IN_URLS.search(str(path)):
        raise StoreUnwritable(f"expected a store path without [ ] | ^ \\ or %XX, got {unusable[0]} in {path}")
    return Folder(path)


def _bucket(text: str) -> Bucket:
    parts = _BUCKET.fullmatch(text)
    if parts is None:
        raise InputError(
            f"expected a folder, or s3://bucket/prefix of letters, digits and _ . = - alone, got {text}"
        )
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if endpoint.startswith("http://") and not _allows_http():
        raise InputError(
            f"expected AWS_ALLOW_HTTP=true beside AWS_ENDPOINT_URL={endpoint}: it is not encrypted"
        )
    return Bucket(parts[1], parts[2].strip("/"))


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _allows_http() -> bool:
    return os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
