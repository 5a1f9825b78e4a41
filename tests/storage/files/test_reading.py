"""Whole reads: what is no regular file is refused, what breaks off is read again."""

import http.server
import os
import threading
import urllib.error
import urllib.request

import obstore
import pytest

from shls_core.errors import ForeignFile, ObjectCorrupted, StoreUnreachable
from storage.files import reading
from storage.objects.objects import object_path
from storage.store import Store

HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "date", "server")


class Proxy:
    """An S3 service whose answers break off, some of them: every `nth` with a body ends in its middle."""

    def __init__(self, address):
        self.address, self.every, self.answers, self.cut = address, 0, 0, 0

    def cuts(self):
        self.answers += 1
        is_cut = self.every and self.answers % self.every == 0
        self.cut += bool(is_cut)
        return is_cut


@pytest.fixture
def proxy(bucket, s3_address, monkeypatch):
    state = Proxy(s3_address)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            # Without a type of content, urllib would call it a form, and the service would read it as one.
            headers = {"Content-Type": "binary/octet-stream"}
            headers |= {name.title(): value for name, value in self.headers.items() if name != "Connection"}
            request = urllib.request.Request(
                f"{state.address}{self.path}", data=body, headers=headers, method=self.command
            )
            try:
                answer = urllib.request.urlopen(request)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                data = answer.read()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in (
                        "connection",
                        "transfer-encoding",
                        "content-length",
                        "date",
                        "server",
                    ):
                        self.send_header(name, value)
                has_body = self.command == "GET"
                shown = len(data) if has_body else answer.headers.get("Content-Length", "0")
                self.send_header("Content-Length", str(shown))
                self.end_headers()
                if has_body and len(data) > 1 and state.cuts():
                    data = data[: len(data) // 2]
                    self.close_connection = True
                if has_body or self.command != "HEAD":
                    self.wfile.write(data)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = forward

        def log_message(self, *arguments):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *arguments):
            """Say nothing of connections that the client closed."""

    server = Server(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield state
    server.shutdown()
    server.server_close()
    serving.join()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(reading, "_FIRST_PAUSE_SECONDS", 0.001)


@pytest.mark.usefixtures("quick")
def test_answers_that_break_off_are_read_again(bucket, proxy):
    store = Store.create(f"{bucket}/cut")
    data = os.urandom(300_000)
    digest = store.objects.put(data)
    store.keys.put("checkpoints", "a" * 64, digest)
    proxy.every = 2
    for _ in range(3):
        assert store.objects.get(digest) == data
        assert store.keys.get("checkpoints", "a" * 64) == digest
        with store.objects.open(digest) as reader:
            assert reader.read_range(5, 90_000) == data[5:90_005]
            assert reader.read(1000) == data[:1000]
    assert proxy.cut > 5


@pytest.mark.usefixtures("quick")
@pytest.mark.slow
def test_an_answer_that_always_breaks_off_is_told_in_one_line(bucket, proxy):
    store = Store.create(f"{bucket}/never")
    digest = store.objects.put(b"x" * 1000)
    proxy.every = 1
    with pytest.raises(StoreUnreachable, match="expected to read object") as told:
        store.objects.get(digest)
    assert "\n" not in str(told.value)
    assert 3 < proxy.cut < 60  # obstore itself goes on where a body broke off, a few times


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_dataset_is_staged_while_answers_break_off(bucket, proxy, staged, photographs, stage_dataset):
    store = Store.create(f"{bucket}/whole")
    proxy.every = 5
    assert stage_dataset(store, photographs).dataset == staged.dataset
    assert proxy.cut > 10


def test_bytes_that_change_on_the_way_are_read_a_second_time(bucket, monkeypatch):
    store = Store.create(bucket)
    digest = store.objects.put(b"abc")
    answers = iter([b"abd", b"abc"])
    monkeypatch.setattr(reading, "_read_from_bucket", lambda *arguments: next(answers))
    assert store.objects.get(digest) == b"abc"


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"]
)
def test_what_is_no_regular_file_is_refused_at_once(store, make):
    digest = store.objects.put(b"abc")
    path = store.root / object_path(digest)
    path.unlink()
    make(path)
    for read in (store.objects.get, store.objects.open, store.objects.first_byte, store.objects.verify):
        with pytest.raises(ObjectCorrupted, match="no regular file"):
            read(digest)
    (store.root / "keys" / "kind").mkdir(parents=True)
    make(store.root / "keys" / "kind" / ("a" * 64))
    assert store.keys.get("kind", "a" * 64) is None
    with pytest.raises(ForeignFile, match="no regular file"):
        reading.read(store.backend, object_path(digest))


def test_a_file_that_is_too_large_is_not_read(any_store):
    obstore.put(any_store.backend, "keys/kind/x", b"abcd")
    with pytest.raises(ForeignFile, match="expected a file that the store wrote at keys/kind/x"):
        reading.read(any_store.backend, "keys/kind/x", at_most=3)
