"""What a Prefect run shows: nothing outside a run, and nothing that work waits for inside one."""

from uuid import uuid4

import httpx
import pytest

from tasks.runs import progress as progress_module
from tasks.runs import run_artifacts as module
from tasks.runs.progress import progress
from tasks.runs.run_artifacts import shown


@pytest.fixture
def clock(stopped_clock):
    return stopped_clock(module)


@pytest.fixture
def in_a_run(monkeypatch, clock):
    monkeypatch.setattr(module.TaskRunContext, "get", classmethod(lambda cls: object()))
    monkeypatch.setattr(module, "_server", module._Server())


def refuse(*args, **kwargs):
    raise httpx.ConnectError("all connection attempts failed")


def test_outside_a_run_nothing_is_shown():
    assert shown("result", refuse) is None


def test_what_the_server_says_comes_back(in_a_run):
    assert shown("result", lambda: 7) == 7


def test_a_server_that_does_not_answer_is_told_of_and_ends_nothing(in_a_run, capsys):
    assert shown("result", refuse) is None
    told = capsys.readouterr().err
    assert "the server did not take the artifact result in 0 s: ConnectError('all connection" in told


def test_a_server_that_does_not_answer_is_left_alone_for_ten_times_as_long_as_it_was_waited_for(
    in_a_run, clock
):
    def refuse_after_a_minute():
        clock.now += 60
        refuse()

    assert shown("result", refuse_after_a_minute) is None
    clock.now += 599
    assert shown("result", lambda: 7) is None
    clock.now += 1
    assert shown("result", lambda: 7) == 7


def test_a_defect_of_what_is_shown_is_not_hidden(in_a_run):
    with pytest.raises(ZeroDivisionError):
        shown("result", lambda: 1 // 0)


@pytest.mark.parametrize("lost", ["create_progress_artifact", "update_progress_artifact"])
def test_work_goes_on_when_its_progress_cannot_be_shown(in_a_run, monkeypatch, lost):
    monkeypatch.setattr(progress_module, "create_progress_artifact", lambda *args, **kwargs: uuid4())
    monkeypatch.setattr(progress_module, "update_progress_artifact", lambda *args: None)
    monkeypatch.setattr(progress_module, lost, refuse)
    monkeypatch.setattr(progress_module, "_ARTIFACT_SECONDS", 0.0)
    done = []
    with progress("train", "steps") as advance:
        for step in range(3):
            advance(step, 3)
            done.append(step)
    assert done == [0, 1, 2]
