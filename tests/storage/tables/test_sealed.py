"""Sealed segments: the rows are those of the log, whatever happens to the segments."""

import json
import shutil
import subprocess
import sys

import obstore
import pyarrow as pa
import pytest
from deltalake import DeltaTable, QueryBuilder

from shls_core.errors import StoreUnwritable
from storage.audit.history import read_history
from storage.audit.witnesses import history_problems
from storage.canonical import digest_bytes
from storage.files.inventory import take_inventory
from storage.files.location import locate
from storage.tables import append_only, naming_chain, sealed
from storage.tables.append_only import AppendOnlyTable, Fold
from storage.tables.log_tail import commit_path, encoded
from storage.tables.sealed import segments_in
from storage.verification.delta_log import log_problems
from storage.verification.tables import bookkeeping_problems

SCHEMA = pa.schema([pa.field("number", pa.int64(), nullable=False), pa.field("word", pa.string())])
WIDER = pa.schema([*SCHEMA, pa.field("colour", pa.string())])
FOLD = Fold(naming_chain.step, naming_chain.FIRST)
WORDS = [f"word {number}" for number in range(11)]

APPEND = """
import sys
import pyarrow as pa
from storage.files.location import locate
from storage.tables import sealed
from storage.tables.append_only import AppendOnlyTable
place, number = sys.argv[1:]
sealed.ROWS = 4
if number == "0":
    AppendOnlyTable.segments = None
    AppendOnlyTable._seal = lambda *_: None
schema = pa.schema([pa.field("number", pa.int64(), nullable=False), pa.field("word", pa.string())])
table = AppendOnlyTable(locate(place).table("words"), schema)
input(">")
for attempt in range(6):
    table.append(lambda rows: {"word": f"{number}.{len(rows)}"})
"""
"""A process that appends six rows; process 0 knows no segments, as writers before them did not."""


@pytest.fixture(autouse=True)
def _four_rows_a_segment(monkeypatch):
    monkeypatch.setattr(sealed, "ROWS", 4)
    monkeypatch.setattr(append_only, "_APPENDS_BETWEEN_CHECKPOINTS", 8)


@pytest.fixture
def location(any_store):
    return locate(any_store.location).table("words")


def words_appended(location, words=WORDS, schema=SCHEMA):
    """A table with a row for each word, each by a writer of its own, as commands are."""
    for word in words:
        AppendOnlyTable(location, schema, FOLD).append(lambda rows, word=word: {"word": word})
    return AppendOnlyTable(location, schema, FOLD)


def by_delta_lake(location):
    table = DeltaTable(location.uri, storage_options=location.options)
    found = QueryBuilder().register("rows", table).execute("SELECT * FROM rows ORDER BY number")
    return pa.RecordBatchReader.from_stream(found.read_all()).read_all().to_pylist()


def test_rows_of_segments_and_of_the_log_are_those_that_delta_lake_reads(location):
    table = words_appended(location)
    assert [(one.first, one.last) for one in segments_in(location.files())] == [(1, 4), (5, 8)]
    rows = [{"number": number, "word": word} for number, word in enumerate(WORDS, 1)]
    assert table.rows() == table.logged_rows() == by_delta_lake(location) == rows
    assert table.last() == rows[-1]
    assert table.folded() == naming_chain.seen(rows)
    assert DeltaTable(location.uri, storage_options=location.options).version() == len(WORDS)


def test_rows_are_read_when_they_are_asked_for(location, monkeypatch):
    table = words_appended(location)
    read = []
    monkeypatch.setattr(sealed.Segments, "rows", lambda self, segments: read.append(segments) or [])
    table.append(
        lambda rows: {"word": f"{len(rows)}, {rows[-1]['word']}, {rows[0]['word']}, {rows[3]['word']}"}
    )
    assert read == []
    assert table.last() == {"number": 12, "word": "11, word 10, word 0, word 3"}


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_table_from_before_segments_is_read_and_sealed_by_its_next_append(location, monkeypatch):
    monkeypatch.setattr(sealed, "ROWS", 1000)
    words_appended(location)
    assert segments_in(location.files()) == []
    monkeypatch.setattr(sealed, "ROWS", 4)
    table = words_appended(location, ["new"])
    assert [(one.first, one.last) for one in segments_in(location.files())] == [(1, 4), (5, 8), (9, 12)]
    assert table.rows() == by_delta_lake(location)
    assert table.folded() == naming_chain.seen(table.rows())


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
@pytest.mark.parametrize("lost", [0, 1, "all"])
def test_without_a_segment_the_log_is_read_and_sealed_again(location, lost):
    before = words_appended(location).rows()
    found = segments_in(location.files())
    obstore.delete(location.files(), [one.path for one in (found if lost == "all" else [found[lost]])])
    table = AppendOnlyTable(location, SCHEMA, FOLD)
    assert table.rows() == before
    words_appended(location, ["one more"])
    assert segments_in(location.files())[: len(found)] == found
    assert [row["word"] for row in table.rows()] == [*WORDS, "one more"]


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
@pytest.mark.parametrize("damaged", [0, 1])
def test_a_damaged_segment_is_passed_over(location, damaged):
    before = words_appended(location).rows()
    path = segments_in(location.files())[damaged].path
    data = bytearray(obstore.get(location.files(), path).bytes().to_bytes())
    data[len(data) // 2] ^= 1
    obstore.put(location.files(), path, bytes(data))
    table = AppendOnlyTable(location, SCHEMA, FOLD)
    assert table.rows() == before
    assert table.folded() == naming_chain.seen(before)
    table.append(lambda rows: {"word": f"after {rows[0]['word']} and {rows[5]['word']}"})
    assert by_delta_lake(location)[-1] == {"number": 12, "word": "after word 0 and word 5"}


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_table_with_segments_gets_a_column_as_one_without(location):
    words_appended(location)
    wider = words_appended(location, ["a", "b", "c", "d", "e"], WIDER)
    assert wider.rows() == by_delta_lake(location)
    assert wider.rows()[0] == {"number": 1, "word": "word 0", "colour": None}
    appended = wider.append(lambda rows: {"word": "f", "colour": "red"})
    assert by_delta_lake(location)[-1] == appended == {"number": 17, "word": "f", "colour": "red"}


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_commit_whose_answer_was_lost_is_not_made_twice(location, monkeypatch):
    table = words_appended(location)
    append, lost = append_only.log_tail.append_row, []

    def append_and_lose_the_answer(*arguments):
        append(*arguments)
        if lost:
            return True
        lost.append(1)
        return False

    monkeypatch.setattr(append_only.log_tail, "append_row", append_and_lose_the_answer)
    assert table.append(lambda rows: {"word": f"after {len(rows)}"}) == {"number": 12, "word": "after 11"}
    assert table.append(lambda rows: {"word": f"after {len(rows)}"}) == {"number": 13, "word": "after 12"}
    assert len(table.rows()) == 13


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_of_two_writers_the_slower_decides_again(location):
    table, other = words_appended(location), AppendOnlyTable(location, SCHEMA, FOLD)
    seen = []

    def decide(rows):
        seen.append(len(rows))
        if len(rows) < 13:
            other.append(lambda rows: {"word": "faster"})
        return {"word": f"after {len(rows)}"}

    table.append(decide)
    assert seen == [11, 12, 13]
    assert [row["word"] for row in by_delta_lake(location)[-3:]] == ["faster", "faster", "after 13"]


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_writers_of_before_and_of_now_append_to_one_table_at_once(location, any_store, in_processes):
    words_appended(location, WORDS[:5])
    in_processes(APPEND, 3, any_store.location)
    table = AppendOnlyTable(location, SCHEMA, FOLD)
    rows = table.rows()
    assert rows == by_delta_lake(location)
    assert [row["number"] for row in rows] == list(range(1, 24))
    # Every row was decided from exactly the rows before it, and nobody's row was lost.
    assert [row["word"].split(".")[1] for row in rows[5:]] == [str(before) for before in range(5, 23)]
    assert sorted(row["word"].split(".")[0] for row in rows[5:]) == ["0"] * 6 + ["1"] * 6 + ["2"] * 6
    words_appended(location, ["one more"])
    ends = [(one.first, one.last) for one in table.segments.listed()]
    assert ends == [(first, first + 3) for first in range(1, 25, 4)]


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_writer_that_is_killed_between_the_log_and_the_segment_loses_nothing(location, monkeypatch):
    words_appended(location, WORDS[:7])

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sealed.Segments, "seal", killed)
        with pytest.raises(KeyboardInterrupt):
            words_appended(location, [WORDS[7]])
    assert [(one.first, one.last) for one in segments_in(location.files())] == [(1, 4)]
    assert [row["word"] for row in AppendOnlyTable(location, SCHEMA, FOLD).rows()] == WORDS[:8]
    table = words_appended(location, [WORDS[8]])
    assert [(one.first, one.last) for one in segments_in(location.files())] == [(1, 4), (5, 8)]
    assert [row["word"] for row in by_delta_lake(location)] == WORDS[:9]
    assert table.folded() == naming_chain.seen(table.rows())


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_segment_that_cannot_be_written_is_a_warning_and_the_row_is_there_once(location, monkeypatch):
    words_appended(location, WORDS[:3])

    def full(*_):
        raise StoreUnwritable("expected to write into the store: no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(sealed, "write_new", full)
        with pytest.warns(UserWarning, match="no space left on device; the row itself was written"):
            words_appended(location, [WORDS[3]])
    assert segments_in(location.files()) == []
    table = words_appended(location, [WORDS[4]])
    assert [(one.first, one.last) for one in segments_in(location.files())] == [(1, 4)]
    assert [row["word"] for row in table.rows()] == WORDS[:5]


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_what_delta_lake_deletes_is_gone_and_nothing_is_sealed_any_more(location):
    words_appended(location)
    sealed_before = segments_in(location.files())
    DeltaTable(location.uri).delete("number = 2")
    table = AppendOnlyTable(location, SCHEMA, FOLD)
    assert [row["number"] for row in table.rows()] == [1, *range(3, 12)]
    words_appended(location, ["x"] * 5)
    assert segments_in(location.files()) == sealed_before


def recorded(store, record_run, count=10):
    """A store whose both tables have segments."""
    for number in range(count):
        digest = digest_bytes(str(number).encode())
        name = store.names.publish("photos", digest)
        record_run(store, "dataset", [], {"name": name}, (digest,))
    return store


def told(store):
    audited = {(problem.path, problem.what) for problem in history_problems(read_history(store))}
    verified = {(problem.path, problem.what) for problem in bookkeeping_problems(store, [], [])}
    return audited, {found for found in verified if "gc" not in found[1]}


def test_a_store_with_segments_is_intact(any_store, record_run):
    store = recorded(any_store, record_run)
    assert len(segments_in(store.ledger.segments.files)) == len(segments_in(store.names.segments.files)) == 2
    assert told(store) == (set(), set())
    assert [*log_problems(store.backend, "runs"), *log_problems(store.backend, "names")] == []
    assert take_inventory(store.backend, "ledger").foreign == ()
    assert store.ledger.runs() == store.ledger.logged_runs()
    assert store.names.seen() == naming_chain.seen(store.names.logged_rows())


@pytest.mark.parametrize("table", ["runs", "names"])
def test_a_forged_segment_is_found_by_audit_and_verify(store, record_run, table):
    recorded(store, record_run)
    segments = store.ledger.segments if table == "runs" else store.names.segments
    forged = segments_in(segments.files)[0]
    content = segments.content(forged)
    rows = content.table.to_pylist()
    rows[1] |= {"outputs": ["f" * 64]} if table == "runs" else {"digest": "f" * 64}
    obstore.delete(segments.files, forged.path)
    segments.seal(rows, content.folded)
    path = segments_in(segments.files)[0].path
    expected = (f"ledger/{table}/{path}", "rows 1 to 4 are not those of the log")
    audited, verified = told(store)
    assert expected in audited
    assert expected in verified


def test_a_forged_digest_over_rows_is_found(store, record_run):
    recorded(store, record_run)
    segments = store.names.segments
    last = segments_in(segments.files)[-1]
    rows = segments.content(last).table.to_pylist()
    obstore.delete(segments.files, last.path)
    segments.seal(rows, "f" * 64)
    assert {what for _, what in told(store)[0]} == {"the digest over the rows up to 8 is not that of the log"}


def test_rows_that_the_log_lost_after_they_were_sealed_are_missed(store, record_run):
    recorded(store, record_run, 8)
    for number in (7, 8):  # the last commits: Delta Lake itself does not miss them
        obstore.delete(store.ledger.segments.files, commit_path(number))
    for checkpoint in (store.root / "ledger" / "runs" / "_delta_log").glob("*checkpoint*"):
        checkpoint.unlink()
    assert "rows 5 to 8 were sealed, and the log has 6 rows" in {what for _, what in told(store)[0]}


def test_a_damaged_segment_is_named_by_audit_and_verify(store, record_run):
    recorded(store, record_run)
    segment = segments_in(store.ledger.segments.files)[0]
    path = store.root / "ledger" / "runs" / segment.path
    path.write_bytes(path.read_bytes()[:-1])
    what = "the segment is damaged: its bytes do not hash to its name; remove that file: the log has its rows"
    audited, verified = told(store)
    assert audited == verified == {(f"ledger/runs/{segment.path}", what)}


def test_equal_rows_are_sealed_as_equal_bytes():
    rows = [{"number": 1, "word": "a"}]
    assert encoded(rows, SCHEMA) == encoded(json.loads(json.dumps(rows)), SCHEMA)


def test_a_copied_store_is_read_with_its_segments(store, record_run, tmp_path):
    recorded(store, record_run)
    copy = type(store).open(shutil.copytree(store.root, tmp_path / "copy"))
    assert copy.ledger.runs() == store.ledger.runs()
    assert copy.ledger.head() == store.ledger.head()


def test_segments_are_read_without_pandas(store, record_run):
    """Arrow imports it for half of its functions, and it takes half a second."""
    recorded(store, record_run)
    script = (
        "import sys; from storage.store import Store; store = Store.open(sys.argv[1]);"
        "assert len(store.ledger.runs()) == len(store.names.rows()) == 10; print('pandas' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", script, str(store.root)], stdout=subprocess.PIPE, check=True)
    assert told.stdout == b"False\n"
