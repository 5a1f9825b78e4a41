"""The server that a run starts for itself, as a process."""

import os
import socket
import subprocess
import sys
import urllib.request

import pytest

pytestmark = pytest.mark.slow


def test_it_answers_who_called_before_it_was_there_and_ends_with_its_standard_input(tmp_path):
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:
        port = listening.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "flows.cli.temporary_server", str(listening.fileno())],
            env={**os.environ, "PREFECT_HOME": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[listening.fileno()],
        )
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=180) as response:
        assert response.read() == b"true"
    told, _ = server.communicate(timeout=60)  # closes its standard input
    assert (server.returncode, told) == (0, b"")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)
