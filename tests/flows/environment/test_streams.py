"""Standard streams that were closed before."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
from flows.environment.streams import open_closed_streams
open_closed_streams()
with open(sys.argv[1], "w") as file:
    file.write("content")
    file.flush()
    assert file.fileno() > 2
    print("to nobody", file=sys.stderr)
    print("to nobody")
    os.write(2, b"from a library")
sys.stdin.read()
"""


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_what_is_printed_goes_into_no_file(tmp_path, closed):
    shell = f'exec "$@" {closed}'
    subprocess.run(
        ["bash", "-c", shell, "bash", sys.executable, "-c", SCRIPT, str(tmp_path / "file")],
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "file").read_text() == "content"
