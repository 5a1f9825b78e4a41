"""Runs that are told to others, and what others get to see of them."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from storage.files.inventory import EVENTS_FILE
from storage.gate.verdicts import Finding, Verdict
from storage.records.manifests import put_record
from storage.store import Store

Event = dict[str, Any]


@pytest.fixture(autouse=True)
def _nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the settings of whoever runs the tests aside; the client itself writes into the environment."""
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def events() -> Callable[[Store | Path], list[Event]]:
    """Return a function that reads the events in the file of a store, or in any other."""

    def read(where: Store | Path) -> list[Event]:
        path = where.root / EVENTS_FILE if isinstance(where, Store) else where
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    return read


@dataclass
class Receiver:
    """A server that takes events, and answers with a status."""

    url: str
    status: int = 201
    on_event: Callable[[], object] = lambda: None
    received: list[Event] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real server on this machine to which events can be sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.received.append(json.loads(body))
            found.on_event()
            found.paths.append(self.path)
            found.authorizations.append(self.headers["Authorization"])
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Receiver(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


FINDINGS = (
    Finding(
        stage="saliency",
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": "mask_share", "min_value": 0.002, "max_value": 0.9},
        observed="0 of 8 rows outside",
        samples=(),
        passed=True,
    ),
    Finding(
        stage="sequences",
        expectation="ExpectColumnSumToBeBetween",
        arguments={"column": "is_train", "min_value": 99},
        observed="6",
        samples=("a sequence",),
        passed=False,
    ),
)


@pytest.fixture
def judged(staged: Any, staged_copy: Store) -> Store:
    """A store with the staged dataset, published as ``photos``; of two things, the gate found one amiss."""
    verdict = Verdict(dataset=staged.dataset, passed=True, findings=FINDINGS)
    staged_copy.keys.put("verdict-of-dataset", staged.dataset, put_record(staged_copy.objects, verdict))
    staged_copy.names.publish("photos", staged.dataset)
    return staged_copy
