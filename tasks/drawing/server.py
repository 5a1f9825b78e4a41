"""A small HTTP server on loopback, for one page and one person."""

import contextlib
import hmac
import json
import re
import secrets
import shutil
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from shls_core.errors import InputError, ShlsError
from tasks.drawing.answers import Answer, Answers
from tasks.terminal import print_line

LOOPBACK = "127.0.0.1"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_OWN_HOSTS = {LOOPBACK, "localhost", "[::1]"}
_TOKEN_BYTES = 24
_TOKEN = re.compile(r"/([A-Za-z0-9_-]{32})/(.*)")


class PageServer:
    """Serves a page under an address that nobody can guess, while the block runs.

    Only programs of this machine reach it. A page of a foreign site does not: the address holds a random
    token, and a request in the name of another host is refused, whatever that name resolves to.

    Parameters
    ----------
    port : int
        The port; 0: a free one.

    Raises
    ------
    InputError
        If the port is in use.
    """

    def __init__(self, port: int = 0) -> None:
        self._is_serving = False
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        handler = type("_PageHandler", (_Handler,), {"token": self.token})
        try:
            self._server = _Server((LOOPBACK, port), handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise InputError(f"expected a free port, got {port}: {why}") from error
        self.port: int = self._server.server_address[1]
        self.address = f"http://{LOOPBACK}:{self.port}/{self.token}/"

    def __enter__(self) -> "PageServer":
        return self

    def serve(self, answers: Answers) -> None:
        """Begin to answer."""
        self._is_serving = True
        self._server.RequestHandlerClass.answers = answers  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_serving:
            self._is_serving = False
            self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, and remember the connection."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End the connections that a browser keeps open: they would be answered on."""
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that break off."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    token: ClassVar[str]
    answers: ClassVar[Answers]

    def do_GET(self) -> None:
        """Answer a request that changes nothing."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer a request that changes something."""
        self._answer("POST")

    def _answer(self, method: str) -> None:
        refused = self._refused()
        path = self._path()
        if refused or path is None:
            self._refuse(*(refused or (404, "nothing is here")))
            return
        body = self._body() if method == "POST" else b""
        if body is None:
            return
        try:
            answer = self.answers.answer(method, path, body)
        except ShlsError as error:
            self._send(Answer(json.dumps({"error": str(error)}).encode(), status=422))
            return
        except Exception as error:  # a defect: the page shows it, the terminal keeps it
            said = f"unexpected {type(error).__name__}: {error}"
            print_line(f"{method} {path}: {said}")
            self._send(Answer(json.dumps({"error": said}).encode(), status=500))
            return
        if answer is None:
            self._refuse(404, "nothing is here")
        elif answer.file:
            self._send_file(answer, answer.file)
        else:
            self._send(answer)

    def _refused(self) -> tuple[int, str] | None:
        """Return why a request is not answered at all, whatever it asks for."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or re.sub(r":\d*$", "", hosts[0]).lower() not in _OWN_HOSTS:
            return 403, "a request to another host"
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{hosts[0]}":
            return 403, "a request of another page"
        if self.command == "POST" and self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return 403, "a request of another page"
        found = _TOKEN.fullmatch(self.path)
        if found and not hmac.compare_digest(found[1], self.token):
            return 403, "another token"
        return None

    def _path(self) -> str | None:
        """Return the path below the token, or None."""
        found = _TOKEN.fullmatch(self.path.partition("?")[0])
        return found and found[2]

    def _body(self) -> bytes | None:
        """Return the body of a request, or refuse it."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,12}", length, re.ASCII) or "Transfer-Encoding" in self.headers:
            self._refuse(411, "a body without its length")
            return None
        if int(length) > self.answers.most_bytes:
            self._refuse(413, "more than a mask")
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _refuse(self, status: int, why: str) -> None:
        self.close_connection = True  # whatever else was sent is not read
        self._send(Answer(json.dumps({"error": why}).encode(), status=status))

    def _send(self, answer: Answer) -> None:
        self._head(answer.status, answer.media_type, len(answer.body), answer.headers)
        self.wfile.write(answer.body)
        if answer.then:
            answer.then()

    def _send_file(self, answer: Answer, path: Path) -> None:
        """Send a file, or the part that a video player asks for."""
        size = path.stat().st_size
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""), re.ASCII)
        first, last, status = 0, size - 1, 200
        if found and any(found.groups()):
            first = int(found[1]) if found[1] else max(0, size - int(found[2]))
            last = min(int(found[2]), size - 1) if found[1] and found[2] else size - 1
            status = 206
        if first > last:
            self._head(416, answer.media_type, 0, {"Content-Range": f"bytes */{size}"})
            return
        part = {"Content-Range": f"bytes {first}-{last}/{size}"} if status == 206 else {}
        with path.open("rb") as opened:
            self._head(status, answer.media_type, last - first + 1, {"Accept-Ranges": "bytes", **part})
            opened.seek(first)
            if status == 200:
                shutil.copyfileobj(opened, self.wfile)
            else:
                self.wfile.write(opened.read(last - first + 1))

    def _head(self, status: int, media_type: str, length: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        sent = {"Content-Type": media_type, "Content-Length": str(length), **_HEADERS, **headers}
        for name, value in sent.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal quiet."""
