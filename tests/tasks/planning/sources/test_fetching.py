"""Sources of a bucket on this machine: fetched once, compared with the plan, removed afterwards."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from shls_core.errors import InputError
from tasks.planning.sources import scratch
from tasks.planning.sources.fetching import at_hand, fetch, photograph_at_hand
from tasks.planning.sources.scratch import scratch_folder
from tasks.stages.stage import RowPlan

DATA = os.urandom(3_000_000)


@pytest.fixture
def there(upload, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.jpg").write_bytes(DATA)
    (tmp_path / "p" / "b.jpg").write_bytes(b"other")
    return upload(tmp_path / "p", "p")


def digest_of(data):
    return hashlib.sha256(data).hexdigest()


def planned(location, **decided):
    return RowPlan("0" * 64, ("0" * 64,), decided={"duplicate_of": None, **decided}, location=location)


def left():
    return sorted(path.name for path in scratch_folder().iterdir() if path.name != "in-use")


def test_a_photograph_is_one_request_and_is_removed_afterwards(there, requests):
    with at_hand(planned(f"{there}/a.jpg", file_digest=digest_of(DATA))) as plan:
        assert Path(plan.location).read_bytes() == DATA
        assert Path(plan.location).suffix == ".jpg"
    assert dict(requests) == {"p/a.jpg": 1}
    assert left() == []


def test_the_frames_of_a_row_are_in_one_folder(there):
    files = [["b.jpg", digest_of(b"other")]]
    with at_hand(planned(there, files=files, before=["a.jpg", digest_of(DATA)])) as plan:
        assert {path.name for path in Path(plan.location).iterdir()} == {"a.jpg", "b.jpg"}
    assert left() == []


def test_a_film_stays_until_its_last_row_and_gives_way_to_another(there, requests):
    def film(name, data, first, count):
        return planned(f"{there}/{name}", file_digest=digest_of(data), places=[first, count], num_places=9)

    for first in (0, 3):
        with at_hand(film("a.jpg", DATA, first, 3)) as plan:
            assert Path(plan.location).read_bytes() == DATA
    assert requests["p/a.jpg"] == 1
    with at_hand(film("b.jpg", b"other", 0, 3)) as plan:
        assert Path(plan.location).read_bytes() == b"other"
        assert left() == ["film.jpg"]
    with pytest.raises(ZeroDivisionError), at_hand(film("b.jpg", b"other", 6, 3)):
        raise ZeroDivisionError
    assert left() == []


@pytest.mark.parametrize("decided", [{"unreadable": "not readable: archived"}, {"duplicate_of": "a.jpg"}])
def test_what_is_rejected_anyway_is_not_fetched(there, decided, requests):
    plan = planned(f"{there}/a.jpg", file_digest=None, **decided)
    with at_hand(plan) as same:
        assert same is plan
    assert not requests


def test_a_film_is_not_fetched_to_foresee_its_rows(there, requests):
    plan = planned(f"{there}/a.jpg", file_digest=digest_of(DATA), places=[0, 1], num_places=1)
    with photograph_at_hand(plan) as same:
        assert same is plan
    assert not requests


@pytest.mark.parametrize(
    ("name", "expected"),
    [("b.jpg", "changed while it was read"), ("gone.jpg", "was removed while it was read")],
)
def test_what_changed_since_the_build_was_planned_is_named(there, name, expected):
    with pytest.raises(InputError) as raised, at_hand(planned(f"{there}/{name}", file_digest="0" * 64)):
        pass
    assert str(raised.value) == f"{there}/{name} {expected}: run again when nobody writes to it"
    assert left() == []


def test_a_disk_without_room_is_named(there, monkeypatch, tmp_path):
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda folder: _Usage())
    with pytest.raises(
        InputError, match=r"^expected 70 MB free in .* for .*/a\.jpg, got 1 MB; TMPDIR=FOLDER"
    ):
        fetch(f"{there}/a.jpg", tmp_path / "a.jpg")


class _Usage:
    free = 1_000_000


def test_a_process_that_was_killed_leaves_a_folder_and_the_next_one_removes_it(tmp_path):
    script = (
        "import os, signal; from tasks.planning.sources.scratch import scratch_folder; "
        "print(scratch_folder(), flush=True); {}"
    )

    def run(end):
        done = subprocess.run(
            [sys.executable, "-c", script.format(end)],
            capture_output=True,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        return Path(done.stdout.strip())

    killed = run("os.kill(os.getpid(), signal.SIGKILL)")
    assert killed.parent == tmp_path
    assert killed.is_dir()
    ended = run("pass")
    assert not ended.exists()
    assert not killed.exists()


def test_the_folder_of_a_process_at_work_is_left_alone():
    mine = scratch_folder()
    scratch._remove_left_behind()
    assert mine.is_dir()
    assert mine.parent == Path(tempfile.gettempdir())
