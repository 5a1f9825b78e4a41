"""`shls mask` as a person runs it: the address it prints, what it saves, how it ends."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import numpy as np
import pytest

from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.label_files import read_mask

MASK = np.zeros((64, 96), np.uint8)
MASK[20:44, 20:50] = 1
MASK[50:60, 60:90] = 2


@contextmanager
def running(*words):
    """Run the command in a process of its own; give that process, and the address that it prints."""
    script = "from flows.cli.app import app; app()"
    no_screen = os.environ | {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with subprocess.Popen(
        [sys.executable, "-c", script, "mask", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell starts background jobs with SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        text=True,
        env=no_screen,
    ) as process:
        said = []
        try:
            for line in process.stderr:
                said.append(line)
                if "ssh -L" in line:  # the last line before somebody draws: what follows is not read ahead
                    break
            found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", "".join(said))
            assert found, f"no address: {said}"
            yield process, found[0]
        finally:
            process.kill()


def post(address, path, body=b""):
    request = urllib.request.Request(address + path, body, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_done_prints_what_was_saved_and_a_command_that_runs(shls, clip, tmp_path):
    frames, out = clip[0], tmp_path / "drawn.png"
    with running(frames, "--out", out) as (process, address):
        post(address, "frames/0/mask", MASK.tobytes())
        post(address, "end")
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    np.testing.assert_array_equal(read_mask(out), MASK)
    saved, following = printed.splitlines()
    assert saved == f"frame 0, 2 objects (1: 11.7%, 2: 4.9% of it): {out}"
    assert following.startswith("next: shls segment ")
    done = shls(*shlex.split(following.removeprefix("next: shls ")), "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["num_objects"] == 2


@pytest.mark.slow
def test_ctrl_c_ends_it_with_what_is_saved(clip, tmp_path):
    frames, out = clip[0], tmp_path / "drawn.png"
    with running(frames, "--out", out, "--frame", 2, "--json") as (process, address):
        post(address, "frames/2/mask", MASK.tobytes())
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    found = json.loads(printed)
    assert found["masks"] == [
        {"frame": 2, "mask": str(tmp_path / "drawn" / "2.png"), "shares": {"1": 0.117188, "2": 0.048828}}
    ]
    assert f"--mask {tmp_path / 'drawn'} " in found["next"]
    assert found["result"] is None
    np.testing.assert_array_equal(read_mask(tmp_path / "drawn" / "2.png"), MASK)
    assert not out.exists()


@pytest.mark.slow
def test_an_end_without_a_mask_is_no_success(clip, tmp_path):
    with running(clip[0], "--out", tmp_path / "drawn.png") as (process, address):
        post(address, "end")
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert printed == ""
    assert errors.splitlines()[-1] == (
        f"error: expected a mask to be saved to {tmp_path / 'drawn.png'}, none was"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.png", "frames"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("no png", "expected a file for the mask whose name ends in .png, got "),
        ("nowhere", "expected a video file or a folder of frames, found none at "),
        ("late frame", "expected a frame 0..2 of "),
        ("other mask", "expected a mask of the clip's size, 96x64, got 10x12"),
        ("no checkpoint", "expected a store at "),
        ("twice the same", "expected two checkpoints to join, got "),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(shls, clip, tmp_path, how, said):
    video, out, options = clip[0], tmp_path / "drawn.png", ("--no-browser",)
    if how == "no png":
        out = tmp_path / "drawn.jpg"
    elif how == "nowhere":
        video = tmp_path / "nowhere"
    elif how == "late frame":
        options += ("--frame", 3)
    elif how == "other mask":
        write_mask(out, np.ones((12, 10), np.uint8))
    elif how == "no checkpoint":
        options += ("--checkpoint", "abcdef", "--store", tmp_path / "no store")
    elif how == "twice the same":
        options += ("--checkpoint", "pretrained", "--checkpoint", "pretrained")
    result = shls("mask", video, "--out", out, *options)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
