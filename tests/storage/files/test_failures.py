"""What a service answers, and what is told of it. The service is a real one, and says what it is told to."""

import errno
import http.server
import os
import threading
import time

import pytest

from shls_core.errors import (
    ObjectMissing,
    StoreError,
    StoreUnreachable,
    StoreUnreadable,
    StoreUnwritable,
)
from storage.files import location as location_module
from storage.files.failures import store_error, store_errors
from storage.store import Store

DIGEST = "0" * 64


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.num_requests += 1
        status, body = self.server.answer
        if status == 0:  # no answer at all
            self.close_connection = True
            return
        data = body.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_HEAD = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture
def service(monkeypatch):
    """A service that gives its `answer` (status, body) to everything; it is asked twice at most."""
    monkeypatch.setattr(location_module, "_MAX_RETRIES", 1)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.num_requests = 0
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


def error(code, message="it says"):
    return f"<?xml version='1.0'?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"


LASTING = [
    ((403, error("AccessDenied")), "the credentials are refused: AccessDenied: it says"),
    ((403, error("SignatureDoesNotMatch")), "the credentials are refused: SignatureDoesNotMatch: it says"),
    ((401, ""), "the credentials are refused: "),
    ((400, error("ExpiredToken")), "ExpiredToken: it says"),
    ((404, error("NoSuchBucket")), "there is no such bucket"),
    ((301, ""), "the bucket is in another region; AWS_REGION names it"),
    ((501, error("NotImplemented")), "NotImplemented: it says"),
]
PASSING = [(500, ""), (503, error("SlowDown")), (429, ""), (0, "")]


@pytest.mark.parametrize(("answer", "told"), LASTING)
def test_what_stays_as_it_is_is_told_in_a_line_and_not_tried_again(service, answer, told):
    service.answer = answer
    for way, kind in ((Store.open, StoreUnreadable), (Store.create, StoreUnwritable)):
        with pytest.raises(StoreError) as raised:
            way("s3://photos/a")
        assert type(raised.value) is kind
        assert told in str(raised.value)
        assert "s3://photos/a" in str(raised.value)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("answer", PASSING)
def test_what_may_pass_is_a_store_that_cannot_be_reached(service, answer):
    service.answer = answer
    store = Store(location_module.locate("s3://photos/a"))
    for use in (
        lambda: Store.open("s3://photos/a"),
        lambda: Store.create("s3://photos/a"),
        lambda: store.objects.get(DIGEST),
        lambda: store.objects.open(DIGEST),
        lambda: store.objects.size(DIGEST),
        lambda: store.objects.put(b"x"),
        lambda: store.objects.find("00"),
        lambda: store.keys.get("stage", "key"),
        lambda: store.keys.put("stage", "key", DIGEST),
        lambda: store.keys.recent("stage", 3),
        lambda: store.names.rows(),
        lambda: store.names.publish("photos", DIGEST),
    ):
        with pytest.raises(StoreUnreachable) as raised:
            use()
        assert str(raised.value).startswith("expected ")
        assert "\n" not in str(raised.value)
        assert "\x1b" not in str(raised.value)


def test_an_address_where_nobody_listens_is_told_soon(service, monkeypatch):
    monkeypatch.setattr(location_module, "_MAX_RETRIES", 4)  # as it is
    service.server_close()
    service.shutdown()
    for way in (Store.open, Store.create):
        started = time.monotonic()
        with pytest.raises(StoreUnreachable, match="error sending request"):
            way("s3://photos/a")
        assert time.monotonic() - started < 20


def test_one_who_has_no_credentials_is_told_how_to_give_them():
    # On a machine of Amazon's it would be this address that gives them; here nobody is asked.
    came = OSError("Error performing PUT http://169.254.169.254/latest/api/token - error sending request")
    told = "expected x: found no credentials; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY give them"
    raised = store_error("expected x", came, StoreUnreadable)
    assert (type(raised), str(raised)) == (StoreUnreadable, told)


@pytest.mark.parametrize("number", [errno.EIO, errno.ETIMEDOUT, errno.ECONNRESET, errno.ESTALE])
def test_passing_faults_of_a_disk_are_known_by_their_number(number):
    for came in (OSError(number, os.strerror(number)), OSError(f"Unable to read (os error {number})")):
        with (
            pytest.raises(StoreUnreachable, match=r"^expected to read x: "),
            store_errors("expected to read x"),
        ):
            raise came


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC, errno.EROFS, errno.ENOTDIR])
def test_lasting_faults_of_a_disk_are_too(number):
    for came in (OSError(number, os.strerror(number)), OSError(f"Unable to read (os error {number})")):
        with pytest.raises(StoreUnreadable), store_errors("expected to read x"):
            raise came
        with pytest.raises(StoreUnwritable), store_errors("expected to write x", StoreUnwritable):
            raise came


def test_a_file_that_is_not_there_is_a_missing_object():
    with pytest.raises(ObjectMissing, match=r"^expected to read x: no$"), store_errors("expected to read x"):
        raise FileNotFoundError("no")
