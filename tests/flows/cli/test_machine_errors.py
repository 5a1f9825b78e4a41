"""Errors of the machine, and paths that the shell did not expand, as commands report them."""

import errno
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli.machine_errors import described

SHLS = str(Path(sys.executable).with_name("shls"))


def run(*arguments, shell='exec "$@"', **options):
    command = ["bash", "-c", shell, "bash", SHLS, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE, errno.EFBIG])
def test_an_error_of_the_machine_names_the_place_and_what_helps(number):
    line = described(OSError(number, os.strerror(number), "a/b.png"))
    assert line.startswith(f"{os.strerror(number)}: a/b.png; ")


def test_defects_are_not_taken_for_errors_of_the_machine():
    assert described(KeyError("x")) is None
    assert described(RuntimeError("other")) is None
    assert described(OSError("without a number")) is None
    assert "memory" in described(MemoryError())
    assert "threads" in described(RuntimeError("can't start new thread"))


def test_a_link_that_leads_back_to_itself_is_named(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises((RuntimeError, OSError)) as raised:  # RuntimeError before Python 3.13
        (tmp_path / "loop").resolve(strict=True)
    assert described(raised.value).endswith("/loop; a link in that path leads back to itself")


@pytest.mark.parametrize(
    "out", ["file/below", *(pytest.param(out, marks=pytest.mark.slow) for out in ("file", "/proc/out"))]
)
def test_a_place_that_cannot_hold_results_is_named(clip, tmp_path, out):
    (tmp_path / "file").touch()
    done = run("segment", *clip, "--out", out, "--checkpoint", "pretrained", cwd=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert re.match(f"error: expected a folder (to write to at|for masks, got) {out}", line)


def test_a_mask_that_does_not_fit_on_the_disk_is_not_left_half(tmp_path):
    import numpy as np

    from shls_core.errors import InputError
    from shls_core.files.masks.indexed_png import write_mask

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(InputError, match=r"^expected to write [^\n]+mask\.png: File too large$"):
            write_mask(tmp_path / "mask.png", noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_segment_works_with_closed_streams_and_paths_the_shell_did_not_expand(clip, tmp_path):
    frames, _, mask = clip
    done = run(
        "segment", "~/frames", f"--mask=~/{mask.name}", "--out=~/out", "--checkpoint", "pretrained",
        shell='exec "$@" <&- >&- 2>&-', env=os.environ | {"HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0
    assert len(list((tmp_path / "out" / "masks").iterdir())) == len(list(frames.iterdir()))


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("", "expected something for store, got an empty text"),
        ("~no-such-user/x", "expected a home folder for the ~ of ~no-such-user/x, found none (--store)"),
    ],
)
def test_a_store_that_is_no_place_is_refused_in_one_line(store, said):
    done = run("dataset", "list", f"--store={store}")
    assert (done.returncode, done.stderr) == (1, f"error: {said}\n")
