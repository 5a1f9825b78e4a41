import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import obstore
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from shls_core.errors import StoreError, StoreUnreadable, StoreUnwritable
from storage.files.location import TableLocation, locate
from storage.tables import append_only
from storage.tables.append_only import AppendOnlyTable

SCHEMA = pa.schema([pa.field("number", pa.int64(), nullable=False), pa.field("word", pa.string())])

APPEND = """
import sys
import pyarrow as pa
from storage.tables.append_only import AppendOnlyTable
from storage.files.location import locate
schema = pa.schema([pa.field("number", pa.int64(), nullable=False), pa.field("word", pa.string())])
input(">")
for attempt in range(4):
    table = AppendOnlyTable(locate(sys.argv[1]).table("words"), schema)
    table.append(lambda rows: {"word": f"{sys.argv[2]}.{len(rows)}"})
"""

WIDER = pa.schema([*SCHEMA, pa.field("colour", pa.string())])

APPEND_WIDER = """
import sys
import pyarrow as pa
from storage.tables.append_only import AppendOnlyTable
from storage.files.location import locate
columns = [pa.field("number", pa.int64(), nullable=False), pa.field("word", pa.string())]
schema = pa.schema([*columns, pa.field("colour", pa.string())])
input(">")
for attempt in range(3):
    table = AppendOnlyTable(locate(sys.argv[1]).table("words"), schema)
    table.append(lambda rows: {"word": f"{sys.argv[2]}.{len(rows)}", "colour": "red"})
"""

READ = """
import sys
from storage.store import Store
print(len(Store.open(sys.argv[1]).names.rows()))
"""


@pytest.fixture
def location(any_store):
    return locate(any_store.location).table("words")


@pytest.fixture
def table(location):
    return AppendOnlyTable(location, SCHEMA)


def test_rows_are_numbered_in_the_order_in_which_they_came(table):
    assert table.rows() == []
    for word in "cab":
        assert table.append(lambda rows, word=word: {"word": word})["number"] == len(table.rows())
    assert table.rows() == [
        {"number": 1, "word": "c"},
        {"number": 2, "word": "a"},
        {"number": 3, "word": "b"},
    ]


def test_nothing_is_appended_where_nothing_was_decided(table):
    table.append(lambda rows: {"word": "first"})
    seen = []
    assert table.append(lambda rows: seen.append(list(rows))) is None
    assert seen == [[{"number": 1, "word": "first"}]]
    assert len(table.rows()) == 1


def test_a_row_is_decided_again_when_another_writer_came_between(table, location):
    other, seen = AppendOnlyTable(location, SCHEMA), []

    def decide(rows):
        seen.append(len(rows))
        if len(rows) < 2:
            other.append(lambda rows: {"word": "faster"})
        return {"word": f"after {len(rows)}"}

    table.append(decide)
    assert seen == [0, 1, 2]
    assert [row["word"] for row in table.rows()] == ["faster", "faster", "after 2"]


def test_who_is_never_fast_enough_gives_up(table, location, monkeypatch):
    monkeypatch.setattr(append_only, "_ATTEMPTS", 3)
    other = AppendOnlyTable(location, SCHEMA)

    def decide(rows):
        other.append(lambda rows: {"word": "faster"})
        return {"word": "never"}

    with pytest.raises(StoreError, match="gave up after 3 attempts to append to words: too many writers"):
        table.append(decide)


@pytest.mark.parametrize(
    "any_store", ["folder", pytest.param("bucket", marks=pytest.mark.slow)], indirect=True
)
def test_processes_that_append_at_once_lose_nothing_and_number_nothing_twice(table, any_store, in_processes):
    in_processes(APPEND, 3, any_store.location)
    rows = table.rows()
    assert [row["number"] for row in rows] == list(range(1, 13))
    # Every row was decided from exactly the rows before it.
    assert [row["word"].split(".")[1] for row in rows] == [str(before) for before in range(12)]
    assert sorted(row["word"].split(".")[0] for row in rows) == ["0"] * 4 + ["1"] * 4 + ["2"] * 4


def test_a_table_from_before_a_column_is_read_and_goes_on_with_it(table, location):
    table.append(lambda rows: {"word": "old"})
    wider = AppendOnlyTable(location, WIDER)
    old = {"number": 1, "word": "old", "colour": None}
    assert wider.rows() == [old]
    seen = []
    wider.append(lambda rows: seen.extend(rows) or {"word": "new", "colour": "red"})
    assert seen == [old]
    table.append(lambda rows: {"word": "by another version"})
    assert wider.rows() == [
        old,
        {"number": 2, "word": "new", "colour": "red"},
        {"number": 3, "word": "by another version", "colour": None},
    ]
    history = DeltaTable(location.uri, storage_options=location.options).history()
    assert [commit["operation"] for commit in history] == ["WRITE"] * 3 + ["CREATE TABLE"]


@pytest.mark.parametrize(
    "any_store", ["folder", pytest.param("bucket", marks=pytest.mark.slow)], indirect=True
)
def test_processes_that_widen_a_table_at_once_lose_nothing_either(table, location, any_store, in_processes):
    table.append(lambda rows: {"word": "old.0"})
    in_processes(APPEND_WIDER, 3, any_store.location)
    rows = AppendOnlyTable(location, WIDER).rows()
    assert [row["number"] for row in rows] == list(range(1, 11))
    assert [row["word"].split(".")[1] for row in rows] == [str(before) for before in range(10)]
    assert [row["colour"] for row in rows] == [None] + ["red"] * 9


def test_a_table_that_another_writer_made_meanwhile_is_as_good(table, monkeypatch):
    create = DeltaTable.create

    def create_second(*arguments, **options):
        create(*arguments, **options)
        raise DeltaError("Failed to commit transaction: Protocol changed since last commit")

    monkeypatch.setattr(DeltaTable, "create", create_second)
    assert table.append(lambda rows: {"word": "x"}) == {"number": 1, "word": "x"}


def test_delta_lake_never_deletes_the_history(table, location):
    table.append(lambda rows: {"word": "x"})
    configuration = DeltaTable(location.uri, storage_options=location.options).metadata().configuration
    assert configuration["delta.enableExpiredLogCleanup"] == "false"


def test_a_table_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "table").write_text("in the way")
    with pytest.raises(StoreUnwritable, match=r"^expected to append to the table table: ."):
        AppendOnlyTable(TableLocation(str(tmp_path / "table")), SCHEMA).append(lambda rows: {"word": "x"})


def test_a_table_that_cannot_be_read_says_so(table, any_store):
    table.append(lambda rows: {"word": "x"})
    files = [entry["path"] for entry in obstore.list(any_store.backend, "ledger/words").collect()]
    obstore.delete(any_store.backend, [path for path in files if path.endswith(".parquet")])
    with pytest.raises(StoreUnreadable, match=r"^expected to read the table words: .*\n?$"):
        table.rows()


def test_a_commit_whose_answer_was_lost_is_not_made_twice(table, monkeypatch):
    write, num_lost = append_only.write_deltalake, []

    def write_and_lose_the_answer(*arguments, **options):
        write(*arguments, **options)
        if not num_lost:
            num_lost.append(1)
            raise CommitFailedError("412: it is there already")

    monkeypatch.setattr(append_only, "write_deltalake", write_and_lose_the_answer)
    assert table.append(lambda rows: {"word": f"after {len(rows)}"}) == {"number": 1, "word": "after 0"}
    assert table.append(lambda rows: {"word": f"after {len(rows)}"}) == {"number": 2, "word": "after 1"}
    assert len(table.rows()) == 2


def test_a_mistake_in_deciding_comes_through(table):
    with pytest.raises(ZeroDivisionError):
        table.append(lambda rows: {"word": str(1 / 0)})
    assert table.rows() == []


@pytest.mark.slow
def test_processes_that_read_and_end_at_once_end_well(store):
    # Threads of a reader that still call Python while it ends abort the process: seen in one of eight.
    for number in range(5):
        store.names.publish("photos", f"{number}")

    def read(_):
        done = subprocess.run(
            [sys.executable, "-c", READ, store.location], capture_output=True, text=True, timeout=120
        )
        return done.returncode, done.stdout

    with ThreadPoolExecutor(6) as readers:
        assert set(readers.map(read, range(48))) == {(0, "5\n")}
