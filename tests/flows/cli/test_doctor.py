"""`shls doctor`, as a process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SHLS = str(Path(sys.executable).with_name("shls"))


def doctor(*arguments, limits="true", **environment):
    command = ["bash", "-c", f'{limits}; exec "$@"', "bash", SHLS, "doctor", *map(str, arguments)]
    variables = os.environ | environment
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=120)


def by_check(result):
    return {finding["check"]: finding for finding in json.loads(result.stdout)["findings"]}


def test_a_machine_that_works(tmp_path):
    result = doctor("--store", tmp_path / "store")
    assert result.stderr == ""
    assert "\x1b" not in result.stdout
    lines = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    for check in ("Python", "packages", "processor", "superpixels", "pictures", "videos", "store", "Ray"):
        assert any(line.split()[1] == check for line in lines[:-1] if line), check
    assert result.returncode == (1 if "problem  " in result.stdout else 0)
    assert not (tmp_path / "store").exists()


def test_what_is_wrong_is_named_with_a_remedy_and_the_exit_code_says_it(tmp_path):
    (tmp_path / "file").touch()
    result = doctor(
        "--json", "--store", tmp_path / "file" / "store", limits="ulimit -n 40; ulimit -f 1000",
        HOME="/nonexistent", PREFECT_HOME="", ALL_PROXY="socks4://me:secret@192.0.2.7", TMPDIR="/nonexistent",
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (1, "")
    found = by_check(result)
    states = {
        name: found[name]["state"] for name in ("store", "home", "temporary files", "limits", "proxies")
    }
    assert states == {
        "store": "problem",
        "home": "warning",
        "temporary files": "warning",
        "limits": "problem",
        "proxies": "warning",
    }
    assert all(found[name]["remedy"] for name in states)
    assert found["limits"]["remedy"] == "ulimit -n 128 && ulimit -f 62500"
    assert "secret" not in result.stdout
    assert json.loads(result.stdout)["problems"] == sum(
        finding["state"] == "problem" for finding in found.values()
    )


@pytest.mark.slow
def test_thoroughly_ray_and_prefect_are_started(tmp_path):
    found = by_check(doctor("--json", "--thorough", "--store", tmp_path, PREFECT_HOME=str(tmp_path)))
    assert "a worker answered" in found["Ray"]["what"]
    assert "its server answered" in found["Prefect"]["what"]
