import pytest

from tasks import terminal as module
from tasks.runs.progress import progress
from tasks.terminal import print_line


@pytest.fixture
def clock(stopped_clock):
    return stopped_clock(module)


def test_a_line_goes_to_standard_error_as_it_is(capsys):
    print_line("ingest 3 of 4 [bold]rows[/bold]")
    assert capsys.readouterr() == ("", "ingest 3 of 4 [bold]rows[/bold]\n")


def test_where_nobody_watches_a_line_comes_now_and_then(clock, capsys):
    with progress("ingest", "rows") as advance:
        for done in range(26):
            advance(done, 25)
            clock.now += 1
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["ingest: 10 of 25 rows, about 15 s left", "ingest: 20 of 25 rows, about 5 s left"]


def test_an_error_inside_comes_through(capsys):
    with pytest.raises(ZeroDivisionError), progress("ingest", "rows") as advance:
        advance(1, 1 // 0)
    assert capsys.readouterr() == ("", "")
