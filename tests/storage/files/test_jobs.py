import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import obstore
import pytest

import storage.files.jobs
from shls_core.errors import StoreBusy
from storage.files.jobs import dead_marks, exclusive_removal, running_job, running_jobs
from storage.files.writing import write

KILLED_AT_WORK = """
import os, signal, sys
from storage.files.jobs import running_job
from storage.store import Store
with running_job(Store.open(sys.argv[1]).backend, "train"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _look_often(monkeypatch):
    monkeypatch.setattr(storage.files.jobs, "_LOOK_SECONDS", 0.01)


def place(store, name="other", **changes):
    """Write the mark of a job that nothing here runs."""
    with running_job(store.backend, "dataset") as mark:
        facts = json.loads(mark.model_dump_json()) | {"run_id": name} | changes
    write(store.backend, f"running/{name}.json", json.dumps(facts).encode())


def marks(store):
    return sorted(path.name for path in (store.root / "running").glob("*"))


def test_a_job_is_at_work_while_it_runs_and_not_after(store):
    with running_job(store.backend, "train", "run-1"):
        assert marks(store) == ["run-1.json"]
        (told,) = running_jobs(store.backend)
        assert told.startswith("train by ")
        assert f"(process {os.getpid()})" in told
    assert marks(store) == []


def test_a_job_that_fails_is_over(store):
    with pytest.raises(ZeroDivisionError), running_job(store.backend, "train"):
        _ = 1 / 0
    assert marks(store) == []


def test_a_collection_gives_up_where_a_job_is_at_work(store):
    with (
        running_job(store.backend, "train", "run-1"),
        pytest.raises(StoreBusy, match=r"found train by .* nothing was removed"),
        exclusive_removal(store.backend),
    ):
        pytest.fail("two at once")
    assert marks(store) == []
    with exclusive_removal(store.backend):
        pass


def test_two_collections_never_go_on_together(store):
    with (
        exclusive_removal(store.backend),
        pytest.raises(StoreBusy, match="found gc by"),
        exclusive_removal(store.backend),
    ):
        pytest.fail("two at once")


def test_jobs_share_the_store(store):
    with running_job(store.backend, "train"), running_job(store.backend, "dataset"):
        assert len(running_jobs(store.backend)) == 2


def test_a_job_waits_for_a_collection_and_says_so(store):
    waits, began = threading.Event(), threading.Event()
    told = []

    def job():
        with running_job(store.backend, "train", on_wait=lambda line: (told.append(line), waits.set())):
            began.set()

    with exclusive_removal(store.backend):
        working = threading.Thread(target=job)
        working.start()
        assert waits.wait(10)
        assert not began.is_set()
    assert began.wait(10)
    working.join()
    assert len(told) == 1
    assert told[0].startswith("waiting for gc by ")


def test_waiting_has_an_end(store):
    with (
        exclusive_removal(store.backend),
        pytest.raises(StoreBusy, match="gave up waiting for gc"),
        running_job(store.backend, "train", wait_seconds=0.02),
    ):
        pytest.fail("two at once")
    assert marks(store) == []


@pytest.mark.parametrize("job_first", [True, False])
def test_whichever_mark_is_written_first_job_and_collection_never_overlap(store, monkeypatch, job_first):
    """Both write their marks, then both look: the worst of all interleavings."""
    both_marked = threading.Barrier(2, timeout=10)
    first_marked = threading.Event()
    inside, overlaps, refused = [], [], []
    first_looks = set()
    look = storage.files.jobs._others

    def look_when_both_are_marked(backend, mark):
        if mark.kind not in first_looks:
            first_looks.add(mark.kind)
            first_marked.set()
            both_marked.wait()
        return look(backend, mark)

    monkeypatch.setattr(storage.files.jobs, "_others", look_when_both_are_marked)

    def enter(kind, block):
        with block:
            inside.append(kind)
            if len(inside) > 1:
                overlaps.append(list(inside))
            inside.remove(kind)

    def job():
        enter("job", running_job(store.backend, "train"))

    def collection():
        try:
            enter("gc", exclusive_removal(store.backend))
        except StoreBusy:
            refused.append("gc")

    order = (job, collection) if job_first else (collection, job)
    first, second = (threading.Thread(target=target) for target in order)
    first.start()
    assert first_marked.wait(10)
    second.start()
    for thread in (first, second):
        thread.join(10)
        assert not thread.is_alive()
    assert (overlaps, refused) == ([], ["gc"])


def test_a_killed_job_does_not_count(store):
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_WORK, str(store.root)], check=False)
    assert killed.returncode == -9
    assert len(marks(store)) == 1
    assert running_jobs(store.backend) == []
    assert dead_marks(store.backend) == [f"running/{marks(store)[0]}"]
    with exclusive_removal(store.backend):
        pass


def test_a_job_that_starts_removes_the_marks_of_killed_ones_and_no_other(store):
    subprocess.run([sys.executable, "-c", KILLED_AT_WORK, str(store.root)], check=False)
    (killed,) = marks(store)
    with running_job(store.backend, "dataset"), running_job(store.backend, "train"):
        assert len(marks(store)) == 2
        assert killed not in marks(store)
    assert marks(store) == []


def test_a_process_number_that_is_used_again_is_another_process(store):
    place(store, process_started="1")
    assert running_jobs(store.backend) == []


@pytest.mark.parametrize(("minutes", "is_alive"), [(9, True), (11, False)])
def test_a_job_elsewhere_counts_as_long_as_its_mark_is_renewed(store, minutes, is_alive):
    place(store, machine="another")
    last = (datetime.now(UTC) - timedelta(minutes=minutes)).timestamp()
    os.utime(store.root / "running" / "other.json", (last, last))
    assert bool(running_jobs(store.backend)) is is_alive
    if is_alive:
        with pytest.raises(StoreBusy), exclusive_removal(store.backend):
            pytest.fail("two at once")
    else:
        with exclusive_removal(store.backend):
            pass


def test_the_mark_is_renewed_while_a_job_runs(store, monkeypatch):
    monkeypatch.setattr(storage.files.jobs, "RENEWED_EVERY_SECONDS", 0.01)
    renewed = threading.Event()
    writes = []

    def counted(backend, path, data):
        write(backend, path, data)
        writes.append(path)
        if len(writes) == 3:
            renewed.set()

    monkeypatch.setattr(storage.files.jobs, "write", counted)
    with running_job(store.backend, "train", "run-1"):
        assert renewed.wait(10)
    assert set(writes) == {"running/run-1.json"}
    assert marks(store) == []  # and not written again by the thread that renews it


def test_a_mark_that_cannot_be_read_counts_until_it_is_old(store):
    obstore.put(store.backend, "running/odd.json", b"{}")
    assert running_jobs(store.backend) == ["running/odd.json"]
    with pytest.raises(StoreBusy, match=r"running/odd\.json"), exclusive_removal(store.backend):
        pytest.fail("two at once")
