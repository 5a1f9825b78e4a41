"""A Ray of our own listens on loopback alone, and lets nobody in without its token; slowly."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

# In a process of its own: Ray reads its settings when it is imported.
SCRIPT = """
import os, pathlib, sys
from tasks.cluster.pool import pool
from tasks.executor import run_jobs

def children(pid):
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += children(child)
    return found

assert list(run_jobs(len, ["abc"], "ray", 1)) == [3]
inodes = set()
for pid in children(str(os.getpid())):
    for link in pathlib.Path(f"/proc/{pid}/fd").glob("*"):
        try:
            inodes.add(os.readlink(link).removeprefix("socket:[").removesuffix("]"))
        except OSError:
            pass
for table in ("tcp", "tcp6"):
    for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            print(fields[1].partition(":")[0])
print(os.environ["RAY_AUTH_MODE"], len(os.environ["RAY_AUTH_TOKEN"]) >= 32)
"""
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def test_every_socket_of_ours_listens_on_loopback_and_nothing_is_left(monkeypatch, tmp_path):
    for name in ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,::1")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=240, check=True
    )
    *addresses, token = done.stdout.splitlines()
    assert len(addresses) >= 5
    assert set(addresses) <= LOOPBACK
    assert token == "token True"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("shls-ray-")]
