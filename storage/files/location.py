"""Where a store is: a folder, or a prefix in a bucket of an S3 service.

Access to a bucket is configured by the usual environment variables, read when a store is opened:

===========================================  =======================================================
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY     credentials; AWS_SESSION_TOKEN, where they are temporary
AWS_REGION, or AWS_DEFAULT_REGION            region of the bucket; us-east-1 where neither is set
AWS_ENDPOINT_URL                             address of a service that is not Amazon's (AWS_ENDPOINT_URL_S3
                                             and AWS_ENDPOINT are read, too)
AWS_ALLOW_HTTP                               ``true``, where that address begins with ``http://``
===========================================  =======================================================

Without keys, the credentials of the machine (an instance role) are requested; profiles are not read.
"""

import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from obstore.store import LocalStore, S3Store
from obstore.store import ObjectStore as Backend

from shls_core.errors import InputError, StoreUnwritable
from shls_core.files.places import expanded
from shls_core.foreign_text import redacted
from storage.files.failures import store_errors
from storage.files.hard_links import has_hard_links
from storage.files.proxies import refuse_unusable_proxy

ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT")
PUBLIC_SETTINGS = ("AWS_REGION", "AWS_DEFAULT_REGION", *ENDPOINTS, "AWS_ALLOW_HTTP")
"""The variables above that are not secret."""

# A refused connection is reported after two seconds, an unreachable host after half a minute, and a host that
# accepts a request and never answers after two minutes. The upload of a large shard over a slow connection
# must fit into one request timeout.
_CONNECT_TIMEOUT = "5s"
_REQUEST_TIMEOUT = "120s"
_MAX_RETRIES = 4
_RETRY_TIMEOUT_SECONDS = 60

# deltalake converts a path into a URL and back; it loses these characters, or fails.
_LOST_IN_URLS = re.compile(r"%[0-9A-Fa-f]{2}|[\[\]|^\\]")
_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*)/*")


@dataclass(frozen=True)
class TableLocation:
    """The location of a Delta table, and deltalake's options for it."""

    uri: str
    options: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the location."""
        return self.uri.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Folder:
    """A store in a folder of this machine; `path` is absolute."""

    path: Path
    kind: ClassVar[str] = "a folder"

    def __str__(self) -> str:
        return str(self.path)

    def prepare(self) -> None:
        """Create the folder if there is none.

        Raises
        ------
        OSError
            If it cannot be created or written to.
        StoreUnwritable
            If its file system has no hard links.
        """
        objects = self.path / "objects"
        if not has_hard_links(next(folder for folder in (objects, *objects.parents) if folder.is_dir())):
            raise StoreUnwritable(
                "its file system has no hard links (exFAT, FAT, some network shares): of two writers the "
                "slower would win; a folder on another disk, or a bucket, can be a store"
            )
        objects.mkdir(parents=True, exist_ok=True)

    def backend(self) -> Backend:
        """Return the files of the store, named by their path inside it."""
        return LocalStore(prefix=self.path)

    def table(self, name: str) -> TableLocation:
        """Return the location of the Delta table of this name."""
        return TableLocation(str(self.path / "ledger" / name))

    def sweep(self) -> None:
        """Remove the partial files that killed writers left beside the files they wrote: ``FILE#1``.

        Listings do not show them. Call this only while no job is running: a live writer's files look alike.
        """
        for part in ("objects", "keys", "running", "training", "sources"):
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
        """Do nothing: a bucket has no folders, and the project creates no buckets."""

    def sweep(self) -> None:
        """Do nothing: a bucket keeps no partial files of killed writers."""

    def backend(self) -> Backend:
        """Return the objects of the store, named by their key below its prefix."""
        return s3_backend(self.name, self.prefix)

    def table(self, name: str) -> TableLocation:
        """Return the location of the Delta table of this name."""
        options = {
            "region": _region(),
            "conditional_put": "etag",
            # This overrides the environment: with unsafe renames, the slower of two writers would win.
            "AWS_S3_ALLOW_UNSAFE_RENAME": "false",
            "allow_http": str(_allows_http()).lower(),
            "connect_timeout": _CONNECT_TIMEOUT,
            "timeout": _REQUEST_TIMEOUT,
            "max_retries": str(_MAX_RETRIES),
            "retry_timeout": f"{_RETRY_TIMEOUT_SECONDS}s",
        }
        return TableLocation(f"{self}/ledger/{name}", options)


Location = Folder | Bucket


def s3_backend(bucket: str, prefix: str = "") -> Backend:
    """Return the objects of a bucket below a prefix, reached as the environment says."""
    with store_errors("expected settings of a bucket in the variables AWS_…"):
        return S3Store(
            bucket,
            prefix=prefix or None,
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


def locate(text: str | os.PathLike[str]) -> Location:
    """Parse a location from user input, or from `str` of a location.

    Raises
    ------
    InputError
        If it is neither a path nor ``s3://bucket/prefix``.
    StoreUnwritable
        If no store can have this path.
    """
    if not str(text).strip():
        raise InputError("expected a folder, or s3://bucket/prefix, for the store, got an empty text")
    if isinstance(text, str) and re.match(r"[a-z][a-z0-9+.-]*:/", text):
        return _bucket(text)
    path = Path(expanded(os.fspath(text))).absolute()
    if unusable := _LOST_IN_URLS.search(str(path)):
        raise StoreUnwritable(f"expected a store path without [ ] | ^ \\ or %XX, got {unusable[0]} in {path}")
    return Folder(path)


def _bucket(text: str) -> Bucket:
    parts = _BUCKET.fullmatch(text)
    if parts is None:
        raise InputError(
            "expected a folder, or s3://bucket/prefix of letters, digits and _ . = - alone, got "
            f"{redacted(text)}"
        )
    check_service()
    return Bucket(parts[1], parts[2].strip("/"))


def check_service() -> None:
    """Raise InputError if the environment names a service of buckets that cannot be asked."""
    endpoints = {name: os.environ[name] for name in ENDPOINTS if name in os.environ}
    for name, endpoint in endpoints.items():
        _check_endpoint(name, endpoint)
    for endpoint in endpoints.values() or ("https://s3.amazonaws.com",):
        refuse_unusable_proxy(endpoint, "the bucket")


def _check_endpoint(name: str, endpoint: str) -> None:
    """Raise InputError if no service can be asked at an address: obstore would panic, or ask in the clear."""
    if not _is_address(endpoint):
        got = "another text" if endpoint.strip() else "an empty text: unset it"
        raise InputError(f"expected {name} to be http://HOST:PORT or https://HOST, got {got}")
    if holds_password(endpoint):
        raise InputError(
            f"expected {name} without a user, got {redacted(endpoint)}: requests are signed with "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if endpoint.startswith("http://") and not _allows_http():
        raise InputError(
            f"expected AWS_ALLOW_HTTP=true beside {name}={redacted(endpoint)}: it is not encrypted"
        )


def holds_password(address: str) -> bool:
    """Whether an address names a user, with or without a password."""
    return "@" in address


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port, or of brackets
        return False
    return is_whole and text.isascii() and text.isprintable() and " " not in text


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _allows_http() -> bool:
    return os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
