"""Who is answered: the page of this session, and nobody else."""

import gzip
import http.client
import json
import socket

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.masks.label_files import read_mask
from tasks.drawing.server import POLICY, PageServer

pytestmark = pytest.mark.usefixtures("drawing")
MASK = bytes(120 * 160 - 400) + bytes([2]) * 400


@pytest.fixture
def ask(drawing):
    """Return a function that asks at a path below the token, or at a whole path."""

    def asked(method, path="", body=None, whole=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", drawing.server.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, whole or f"/{drawing.server.token}/{path}", body, named)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    return asked


def test_the_page_and_its_files(ask):
    page, content = ask("GET")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in page.headers
    for name in ("page.css", "page.js", "label_map.js", "panel.js"):
        assert ask("GET", name)[0].status == 200
        assert f'"{name}"'.encode() in content or f'"./{name}"'.encode() in ask("GET", "page.js")[1] + content


def test_what_is_shown(ask, drawing):
    facts = json.loads(ask("GET", "facts")[1])
    assert (facts["width"], facts["height"]) == (160, 120)
    assert ask("GET", "frames/1/picture")[1][:2] == b"\xff\xd8"
    assert json.loads(ask("GET", "frames/1/facts")[1]) == {"is_damaged": False}
    pieces = np.frombuffer(gzip.decompress(ask("GET", "frames/1/pieces/2")[1]), "<u2").reshape(120, 160)
    np.testing.assert_array_equal(pieces, drawing.session.pieces(1, 2))
    assert gzip.decompress(ask("GET", "frames/1/mask")[1]) == bytes(120 * 160)


def test_what_is_kept(ask, drawing):
    answer, content = ask("POST", "frames/0/mask", MASK)
    assert answer.status == 200
    assert json.loads(content)["saved"] == [
        {"frame": 0, "path": str(drawing.out), "shares": {"2": 400 / (120 * 160)}}
    ]
    assert json.loads(content)["command"].startswith(f"shls segment {drawing.session.video.path} --mask ")
    assert read_mask(drawing.out).tobytes() == MASK
    assert not drawing.ended.is_set()
    assert ask("POST", "end")[0].status == 200
    assert drawing.ended.wait(10)


@pytest.mark.parametrize("whole", ["/", "/favicon.ico", "/facts", "/page.html", "//", "/../etc/passwd", "*"])
def test_nothing_else_is_there(ask, whole):
    assert ask("GET", whole=whole)[0].status == 404


@pytest.mark.parametrize(
    "path", ["nothing", "frames/x/picture", "../server.py", "page/page.js", "__init__.py"]
)
def test_below_the_token_too(ask, path):
    assert ask("GET", path)[0].status == 404
    assert ask("POST", path, b"")[0].status == 404


@pytest.mark.parametrize("path", ["", "facts", "frames/0/picture"])
def test_another_token_is_refused(ask, drawing, path):
    for token in ("A" * 32, drawing.server.token.swapcase()):
        answer, content = ask("GET", whole=f"/{token}/{path}")
        assert answer.status == 403
        assert json.loads(content) == {"error": "another token"}
    assert ask("POST", whole=f"/{'A' * 32}/end", body=b"")[0].status == 403
    assert not drawing.ended.is_set()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": "example.org:80"},
        {"Host": ""},
        {"Origin": "http://example.org"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_other_sites_are_refused_though_they_know_the_token(ask, drawing, headers):
    assert ask("POST", "frames/0/mask", MASK, **headers)[0].status == 403
    assert not drawing.out.exists()


def test_a_forwarded_port_is_no_other_host(ask):
    assert ask("GET", Host="localhost:8000")[0].status == 200
    forwarded = {"Host": "localhost:9", "Origin": "http://localhost:9"}
    assert ask("POST", "frames/0/mask", MASK, **forwarded)[0].status == 200


def test_a_link_from_elsewhere_may_open_the_page(ask):
    assert ask("GET", Sec_Fetch_Site="cross-site")[0].status == 200


def test_more_than_a_mask_is_not_read(ask, drawing):
    assert ask("POST", "frames/0/mask", MASK + b"\0")[0].status == 413
    assert ask("POST", "frames/0/mask", Content_Length="99999999999")[0].status == 413
    chunked = {"Content_Length": "1", "Transfer_Encoding": "chunked"}
    assert ask("POST", "frames/0/mask", **chunked)[0].status == 411
    assert ask("POST", "frames/0/mask", Content_Length="-1")[0].status == 411
    assert not drawing.out.exists()


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("frames/0/mask", b"\1" * 7, "expected a mask of 160x120, 19200 bytes, got 7 bytes"),
        ("frames/9/mask", MASK, "expected a frame 0..2"),
        ("segmentation", b"", "expected a saved mask, got none"),
    ],
)
def test_what_cannot_be_done_is_one_line(ask, path, body, said):
    answer, content = ask("POST", path, body)
    assert answer.status == 422
    assert json.loads(content)["error"].startswith(said)


def test_other_methods_are_refused(ask):
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        assert ask(method, "facts")[0].status == 501


def test_only_loopback_is_listened_on(drawing):
    assert drawing.server.address.startswith(f"http://127.0.0.1:{drawing.server.port}/")
    own = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in own - {"127.0.0.1"}:
        with pytest.raises(OSError):  # noqa: PT011
            socket.create_connection((address, drawing.server.port), timeout=5)


def test_every_session_has_its_own_token():
    with PageServer() as one, PageServer() as other:
        assert one.token != other.token
        assert len(one.token) == 32


def test_a_port_in_use_is_one_line(drawing):
    with pytest.raises(
        InputError, match=rf"expected a free port, got {drawing.server.port}: Address already"
    ):
        PageServer(drawing.server.port)
