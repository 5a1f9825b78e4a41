"""Where events go: as OpenLineage's own configuration states, else into a file of the store."""

import os
from pathlib import Path

from openlineage.client import OpenLineageClient, set_producer
from openlineage.client.transport.noop import NoopConfig, NoopTransport

from shls_core.errors import ConfigError
from storage.files.inventory import EVENTS_FILE
from storage.files.proxies import refuse_unusable_proxy
from storage.provenance.environment import package_version
from storage.store import Store

PACKAGE = "shls-pipelines"


def client_of(store: Store) -> OpenLineageClient | None:
    """Return the client that sends events about a store, or None if none are to be sent.

    Raises
    ------
    ConfigError
        If OPENLINEAGE_CONFIG names a file that is not there: the client would look elsewhere.
    ValueError, RuntimeError, TypeError, KeyError
        If the client cannot make a transport of what is configured.
    """
    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return None
    set_producer(f"pkg:generic/{PACKAGE}@{package_version(PACKAGE)}")
    if _is_configured():
        refuse_unusable_proxy(os.environ.get("OPENLINEAGE_URL", ""), "the receiver of events")
        return OpenLineageClient()
    if store.location.startswith("s3://"):  # objects of a bucket cannot be appended to
        return None
    path = store.root / EVENTS_FILE
    path.parent.mkdir(exist_ok=True)
    if path.is_file():
        _end_last_line(path)
    return OpenLineageClient(
        config={"transport": {"type": "file", "log_file_path": str(path), "append": True}}
    )


def _is_configured() -> bool:
    """Return whether a user has configured where events go, in any of the ways that the client knows."""
    file = os.environ.get("OPENLINEAGE_CONFIG")
    if file and not Path(file).is_file():
        raise ConfigError(f"expected a configuration file at OPENLINEAGE_CONFIG={file}, found none")
    asked = OpenLineageClient(transport=NoopTransport(NoopConfig())).config.transport or {}
    return bool(asked.get("type") or os.environ.get("OPENLINEAGE_URL"))


def _end_last_line(path: Path) -> None:
    """End a last line that was cut short, by a full disk, so that the next event starts a new line.

    Nothing is removed: another run may be writing that line.
    """
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
