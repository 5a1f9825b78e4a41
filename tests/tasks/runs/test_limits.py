"""Limits of a process, each tried in a process that has it."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource
from shls_core.errors import InputError
from tasks.runs.limits import RUN, refuse_low_limits
try:
    refuse_low_limits(RUN)
except InputError as error:
    print(error)
else:
    print("enough", resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= RUN.files)
"""


def said_under(limits: str) -> str:
    command = ["bash", "-c", f'{limits}; exec "$@"', "bash", sys.executable, "-c", SCRIPT]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("-n 40", "128 open files (ulimit -n 128), got 40"),
        ("-v 2000000", "5859375 kB of address space (ulimit -v 5859375), got 2000000"),
        ("-f 1000", "62500 kB for one file (ulimit -f 62500), got 1000"),
    ],
)
def test_a_limit_that_is_too_low_is_named_with_what_raises_it(limit, said):
    assert said_under(f"ulimit {limit}") == f"expected for a run with Prefect at least {said}"


def test_a_soft_limit_of_open_files_is_raised():
    assert said_under("ulimit -S -n 40") == "enough True"


def test_all_low_limits_are_in_one_line():
    said = said_under("ulimit -n 40; ulimit -f 1000")
    assert "open files" in said
    assert "for one file" in said
