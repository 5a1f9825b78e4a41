"""docs/ledger.md held to its word: every block is run, on a ledger whose answers are known."""

import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from storage.provenance.environment import Environment
from storage.store import Store
from storage.tables.ledger import SCHEMA, Run

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
DATASET, OTHER, CLEAN, DIRTY, SCORE = (digit * 64 for digit in "d0c7e")


def run(kind, inputs, outputs, seconds=1800.0, **facts):
    return Run(
        kind=kind,
        run_id=f"{kind} of {inputs}",
        started_at=datetime(2026, 1, 2, tzinfo=UTC),
        seconds=seconds,
        configuration={"training": {"steps": 500}, "name": "größer"},
        inputs=inputs,
        outputs=outputs,
        **{"status": "completed"} | facts,
    )


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A store, in the folder ``store`` of a folder, with two datasets, two checkpoints and a score."""
    store = Store.create(tmp_path_factory.mktemp("known") / "store")
    clean = Environment(user="me", host="here", code_commit="a" * 40, code_dirty=False, lock_digest=None)
    for number, (done, dirty) in enumerate(
        [
            (run("dataset", [], [OTHER]), False),
            (run("dataset", [], [DATASET], seconds=5400), False),
            (run("train", [OTHER], [CLEAN], seed=3), False),
            (run("train", [DATASET], [DIRTY]), True),
            (run("train", [DATASET], [], status="failed", error="InputError: no"), True),
            (run("evaluate", [DIRTY], [SCORE], details={"scores": {"J&F-Mean": 0.5}}), False),
        ]
    ):
        store.ledger.record(done, clean.model_copy(update={"code_dirty": dirty}))
        if number < 2:
            store.names.publish("photos", done.outputs[0])
    return store


@pytest.fixture
def answers(known, monkeypatch):
    """What the variables of the page hold when all of it was run beside the store."""
    monkeypatch.chdir(known.root.parent)
    found = {}
    for block in BLOCKS:
        exec(block, found)
    return found


def test_every_column_is_on_the_page_with_its_type():
    section = PAGE.split("## Columns")[1].split("\n\n")[1]
    told = [
        (name, kind)
        for names, kind in re.findall(r"^\| (`.*?`) \| `([\w<>]+)` \|", section, flags=re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    ]
    assert told == [(field.name, re.sub("(element|item): ", "", str(field.type))) for field in SCHEMA]


def test_pandas_answers(answers):
    assert list(answers["readers_of_newest"]["kind"]) == ["train", "train"]
    assert list(answers["readers_of_newest"]["status"]) == ["completed", "failed"]
    assert answers["hours_by_kind"].to_dict() == {"dataset": 2.0, "evaluate": 0.5, "train": 1.5}


def test_duckdb_answers(answers):
    assert answers["from_a_dirty_checkout"].fetchall() == [(DIRTY, "a" * 40, "500")]
    assert answers["ancestors"].fetchall() == [(SCORE, "photos@v2")]


def test_the_chain_holds_and_a_changed_row_breaks_it(answers, known):
    assert (answers["broken"], answers["previous"]) == ([], known.ledger.runs()[-1]["entry"])
    rows = answers["runs"].to_pylist()
    rows[2]["code_dirty"] = True
    forged = {"runs": pa.Table.from_pylist(rows, schema=answers["runs"].schema)}
    exec(BLOCKS[-1], forged)
    assert forged["broken"] == [3]


def test_the_page_runs_as_a_script_of_its_own(known):
    script = "\n".join(BLOCKS)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=known.root.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "broken entries: []" in done.stdout


def test_a_refused_commit_leaves_a_file_that_does_not_count(known, tmp_path):
    folder = Path(shutil.copytree(known.root / "ledger" / "runs", tmp_path / "runs"))
    rows = DeltaTable(folder).count()
    seen, late = DeltaTable(folder), known.ledger.runs()[-1]
    once = {"mode": "append", "commit_properties": CommitProperties(max_commit_retries=0)}
    write_deltalake(DeltaTable(folder), pa.Table.from_pylist([late], schema=SCHEMA), **once)
    with pytest.raises(CommitFailedError):
        write_deltalake(seen, pa.Table.from_pylist([late], schema=SCHEMA), **once)
    assert DeltaTable(folder).count() == rows + 1
    assert len(list(folder.glob("*.parquet"))) == rows + 2
